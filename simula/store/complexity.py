"""Ratings of the points of measured sets, their densities, and scores under several schedules, as files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simula.metrics import Point
from simula.metrics.complexity import Densities, RatedSet
from simula.scoring import ScoredBatch

RATINGS = "ratings.parquet"
BATCHES = "batches.parquet"
DENSITIES = "densities.json"
_RATING = pa.schema(
    [
        ("set", pa.string()),
        ("id", pa.string()),
        ("words", pa.int32()),
        ("raw", pa.float64()),
        ("elo", pa.float64()),
        ("bradley_terry", pa.float64()),
        ("low", pa.float64()),
        ("high", pa.float64()),
        ("appearances", pa.int32()),
    ]
)
_BATCH = pa.schema(
    [
        ("places", pa.list_(pa.int64())),
        ("scores", pa.list_(pa.int32())),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)


def write_rated(folder: Path, sets: Sequence[RatedSet], batches: Sequence[ScoredBatch]) -> None:
    """`ratings.parquet`, a line a point, and `batches.parquet`, whose places are lines of the former."""
    tables = [
        pa.table(
            {
                "set": [one.name] * len(one.points),
                "id": [point.id for point in one.points],
                "words": one.words,
                "raw": pa.array(one.raw, from_pandas=True),
                "elo": one.elo,
                "bradley_terry": one.fitted.value,
                "low": pa.array(one.fitted.low, from_pandas=True),
                "high": pa.array(one.fitted.high, from_pandas=True),
                "appearances": one.appearances,
            }
        ).cast(_RATING)
        for one in sets
    ]
    pq.write_table(pa.concat_tables(tables), folder / RATINGS, compression="zstd")
    table = {
        "places": [list(batch.items) for batch in batches],
        "scores": [list(batch.scores) for batch in batches],
        "status": [batch.status for batch in batches],
        "reason": [batch.reason for batch in batches],
    }
    pq.write_table(pa.table(table, schema=_BATCH), folder / BATCHES, compression="zstd")


def write_densities(folder: Path, found: Densities) -> None:
    """`densities.json`: kind of rating to its axis, and to each set's density with its interval."""
    said = {
        kind: {
            "axis": places.round(2).tolist(),
            "sets": {
                name: {
                    "density": kinds[kind].density.tolist(),
                    "low": kinds[kind].low.tolist(),
                    "high": kinds[kind].high.tolist(),
                }
                for name, kinds in found.sets.items()
            },
        }
        for kind, places in found.places.items()
    }
    (folder / DENSITIES).write_text(json.dumps(said), encoding="utf-8")


def read_densities(folder: Path) -> dict[str, Any]:
    """What `write_densities` wrote."""
    return dict(json.loads((folder / DENSITIES).read_text(encoding="utf-8")))


def write_scores(path: Path, points: Sequence[Point], columns: Mapping[str, Sequence[Any]]) -> None:
    """One line a point: its id, its level, and what else is known of it, a column each."""
    names = {"id": [point.id for point in points], "level": [point.level for point in points]}
    pq.write_table(pa.table({**names, **columns}), path, compression="zstd")
