"""What a single stage made, on the terminal: the tree of `simula taxonomy`, the numbers of the others."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.metrics.shift import FactorShift, most_shifted
from simula.report.measures import shown_measures, write_measures
from simula.report.text_table import terminal
from simula.report.tree import print_trees
from simula.stages.record import CellRecord
from simula.stages.taxonomy import STAGE, stored_taxonomies
from simula.store.artifacts import Store

_ARTIFACT = {"generate": "dataset"}
_HIDDEN = {"stage", "key", "inputs", "made", "templates", "teachers", "shift"}
_NODES = 6
"""Nodes that the table of the shift shows."""


def print_measures(
    store: Store, records: Sequence[CellRecord], pools: Sequence[str], folder: Path, console: Console
) -> None:
    """Print the measures of the cells' sets side by side, and write them and their figures into `folder`.

    Args:
        store: where the artifacts are.
        records: of the cells.
        pools: places of the pools of their sets.
        folder: made where it does not exist.
        console: printed on.
    """
    found = shown_measures(store, records, pools)
    for shown in found.values():
        for table in shown.tables:
            console.print(*terminal(table, console), sep="\n")
            console.print()
        for sentence in shown.sentences:
            console.print(Text(sentence))
    for path in write_measures(found, folder):
        console.print(f"{path}", style="dim", soft_wrap=True)


def print_stage(command: str, store: Store, records: Sequence[CellRecord], console: Console) -> None:
    """Print what `command` made of each cell, shared artifacts once."""
    name = _ARTIFACT.get(command, command)
    for place in dict.fromkeys(record.artifacts[name] for record in records if name in record.manifests):
        manifest = next(r.manifests[name] for r in records if r.artifacts[name] == place)
        if command == "taxonomy":
            found = stored_taxonomies(store, place.removeprefix(f"{STAGE}/"))
            print_trees(found, manifest, store.root / place, console)
        else:
            _print_numbers(manifest, console)
            if manifest.get("shift"):
                _print_shift([FactorShift.from_json(factor) for factor in manifest["shift"]], console)
        console.print(f"{store.root / place}", style="dim", soft_wrap=True)


def _print_numbers(manifest: dict[str, object], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in manifest.items():
        if name in _HIDDEN:
            continue
        for inner, number in value.items() if isinstance(value, dict) else [("", value)]:
            table.add_row(" ".join((name.replace("_", " "), inner)).strip(), _shown(number))
    console.print(table)


def _print_shift(shift: Sequence[FactorShift], console: Console) -> None:
    """How far the accepted rows are from the planned distribution, and where the most."""
    factors = Table(
        title="share of rows that are elsewhere than planned", box=None, pad_edge=False, title_justify="left"
    )
    for name in ("factor", "top nodes", "by chance", "all nodes", "by chance", "p, refusals alike"):
        factors.add_column(name, justify="left" if name == "factor" else "right")
    for one in shift:
        numbers = (one.distance, one.distance_by_chance, one.node_distance, one.node_distance_by_chance)
        shares = ("–" if number is None else f"{number:.1%}" for number in numbers)
        factors.add_row(Text(one.factor), *shares, _p(one))
    console.print(factors)
    nodes = Table(box=None, pad_edge=False)
    for name in ("most shifted", "planned", "accepted", "of its candidates"):
        nodes.add_column(name, justify="left" if name == "most shifted" else "right")
    for name, *rest in most_shifted(shift, _NODES):
        nodes.add_row(Text(name), *rest)
    console.print(nodes)


def _p(shift: FactorShift) -> str:
    """The test's p-value; with fewer than 5 expected in a cell it is rough."""
    if shift.p_value is None or shift.least_expected is None:
        return "–"
    return f"{shift.p_value:.2g}{' (rough)' if shift.least_expected < 5 else ''}"


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
