"""`simula status`: every cell, and what a restart would redo."""

from __future__ import annotations

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from simula.composition import Cell
from simula.stages.record import CellRecord, all_records, record_of
from simula.store.artifacts import Store

_SHOWN = ("experiment", "domain", "system", "teacher", "student", "size", "seed", "data_seed")
_STYLE = {
    "done": "green",
    "running": "cyan",
    "failed": "red",
    "stopped": "yellow",
    "interrupted": "yellow",
    "waiting": "dim",
}


def print_status(cells: Sequence[Cell], *, everything: bool, as_json: bool) -> int:
    """Print the state of the cells asked for, or of all that the store knows.

    Args:
        cells: the configured cells; their store is looked at.
        everything: show all cells of the store instead.
        as_json: one JSON list on standard output, for programs.

    Returns:
        The exit code, 0.
    """
    store = Store(cells[0].config.paths.store)
    records = all_records(store) if everything else [record_of(store, cell.config) for cell in cells]
    if as_json:
        print(json.dumps([_plain(record) for record in records], indent=1))
        return 0
    console = Console()
    if not records:
        console.print(f"no cells in {store.root}; simula run -m experiment=quickstart starts some")
        return 0
    table = Table(title=f"cells in {store.root}", box=None, pad_edge=False)
    for name in (*_SHOWN, "state", "a restart makes", "why"):
        table.add_column(name, overflow="fold")
    for record in records:
        named = [str(record.axes[name]) for name in _SHOWN]
        missing = ", ".join(record.missing) if record.missing else "nothing"
        state = f"[{_STYLE[record.state]}]{record.state}[/]"
        table.add_row(*named, state, missing, record.reason)
    console.print(table)
    counts = {state: sum(record.state == state for record in records) for state in _STYLE}
    console.print(", ".join(f"{count} {state}" for state, count in counts.items() if count))
    return 0


def _plain(record: CellRecord) -> dict[str, object]:
    return {
        "key": record.key,
        "axes": record.axes,
        "state": record.state,
        "reason": record.reason,
        "missing": record.missing,
        "artifacts": record.artifacts,
        "seconds": {name: manifest["seconds"] for name, manifest in record.manifests.items()},
    }
