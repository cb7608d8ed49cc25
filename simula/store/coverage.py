"""Where points stand in taxonomies, and what they cover, as files of an artifact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from simula.durable import write_json
from simula.metrics.coverage import Assignment, Coverage, Places, points_by_node
from simula.taxonomy import Taxonomies

CURVES = "coverage.json"
ASSIGNMENTS = "assignments.parquet"
NODES = "nodes.parquet"

_ASSIGNMENTS = pa.schema(
    [
        ("point", pa.string()),
        ("factor", pa.string()),
        ("status", pa.string()),
        ("path", pa.list_(pa.string())),
        ("views", pa.int32()),
        ("reason", pa.string()),
    ]
)
_NODE = [("factor", pa.string()), ("path", pa.list_(pa.string()))]


def write_coverage(folder: Path, found: Mapping[str, Coverage]) -> None:
    """Level ratios, curves and empty branches, by the way in which points were placed."""
    write_json(folder / CURVES, {way: one.to_json() for way, one in found.items()})


def read_coverage(folder: Path) -> dict[str, Coverage]:
    """What `write_coverage` wrote."""
    said = json.loads((folder / CURVES).read_text(encoding="utf-8"))
    return {way: Coverage.from_json(one) for way, one in said.items()}


def write_assignments(
    folder: Path, points: Sequence[str], assignments: Mapping[str, Sequence[Assignment]]
) -> None:
    """One line a point and factor, one factor after the other; `path` is empty where there is no node."""
    lines = [
        (point, factor, one.status, one.path, one.views, one.reason)
        for factor, found in assignments.items()
        for point, one in zip(points, found, strict=True)
    ]
    columns = [list(column) for column in zip(*lines, strict=True)]
    pq.write_table(pa.table(columns, schema=_ASSIGNMENTS), folder / ASSIGNMENTS, compression="zstd")


def write_nodes(folder: Path, taxonomies: Taxonomies, ways: Mapping[str, Places]) -> None:
    """One line a node, in the trees' order: how many points are at it or below it, by each way."""
    nodes = [(tree.factor, path) for tree in taxonomies.taxonomies for path, _ in tree.nodes]
    counts = {way: points_by_node(places) for way, places in ways.items()}
    columns = [[factor for factor, _ in nodes], [path for _, path in nodes]]
    columns += [[found[node] for node in nodes] for found in counts.values()]
    schema = pa.schema([*_NODE, *((way, pa.int64()) for way in counts)])
    pq.write_table(pa.table(columns, schema=schema), folder / NODES, compression="zstd")


def points_below(folder: Path, way: str) -> dict[tuple[str, ...], int]:
    """Factor and path of a node in one, to how many points one way has at it or below it."""
    table = pq.read_table(folder / NODES, columns=["factor", "path", way])
    lines = zip(*(table[name].to_pylist() for name in ("factor", "path", way)), strict=True)
    return {(factor, *path): points for factor, path, points in lines}
