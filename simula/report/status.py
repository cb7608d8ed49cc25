"""`simula status`: every cell, what jobs are at work on it, and what a restart would redo."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.composition import Cell
from simula.stages.record import CellRecord, all_records, records_of
from simula.store.artifacts import Store
from simula.sweep.state import Snapshot, TaskState
from simula.visible import empty, visible

WATCH_S = 10.0
"""Seconds between two looks of `--watch`."""
ROWS = 40
"""Cells shown one by one; of more only those that are neither done nor waiting, and the counts."""
_LONG = 70
"""Characters of a reason that a table has room for; longer ones are told below it."""
_SHOWN = ("experiment", "domain", "system", "teacher", "student", "size", "seed", "data_seed")
_STYLE = {
    "done": "green",
    "running": "cyan",
    "failed": "red",
    "stopped": "yellow",
    "interrupted": "yellow",
    "cancelled": "yellow",
    "waiting": "dim",
}
Cost = Callable[[Sequence[Cell]], Mapping[str, float]]
"""What it would take to finish some cells: calls, usd, gpu_hours, …"""


def print_status(
    cells: Sequence[Cell], *, everything: bool, as_json: bool, watch: bool = False, cost: Cost | None = None
) -> int:
    """Print the state of the cells asked for, or of all that the store knows.

    Args:
        cells: the configured cells; their store is looked at.
        everything: show all cells of the store instead.
        as_json: one JSON object on standard output, for programs; with `watch` one a look, a line each.
        watch: look again and again until no job and no process is at work; a table that says what the one
            before it said is not printed.
        cost: says what it would take to finish cells; None: it is not asked for.

    Returns:
        The exit code: 0; of `watch` 1 where something that was asked for is not done in the end.
    """
    store = Store(cells[0].config.paths.store)
    console = Console(markup=False)  # paths and reasons hold brackets of their own
    printed: object = None
    while True:
        snapshot = Snapshot(store)
        known = all_records(store) if everything else records_of(store, [cell.config for cell in cells])
        records = [snapshot.cell(record) for record in known]
        left: Mapping[str, float] = {}
        if cost is not None and not everything:
            unfinished = [cell for cell, record in zip(cells, records, strict=True) if not _made(record)]
            left = cost(unfinished) if unfinished else {}
        if as_json:
            print(json.dumps(_plain(records, snapshot, left), indent=None if watch else 1), flush=True)
        elif (seen := _seen(records, snapshot, left)) != printed:
            _print(records, snapshot, left, console)
            printed = seen
        if not watch:
            return 0
        if not snapshot.live and not any(record.state == "running" for record in records):
            return int(not all(map(_made, records)))
        time.sleep(WATCH_S)


def _seen(records: Sequence[CellRecord], snapshot: Snapshot, left: Mapping[str, float]) -> object:
    """All that a table would say."""
    jobs = sorted((place, work.job.id, work.job.runs) for place, work in snapshot.live.items())
    cells = [(one.key, one.state, one.reason, one.reached, one.missing) for one in records]
    return cells, jobs, snapshot.unseen, list(snapshot.unreadable), dict(left)


def _made(record: CellRecord) -> bool:
    """Whether all that was asked for is there."""
    return record.state == "done" or bool(record.reached)


def _word(record: CellRecord) -> str:
    return f"done up to {record.reached}" if record.reached else record.state


def _order(record: CellRecord) -> tuple[int, str]:
    return (0 if _made(record) else list(_STYLE).index(record.state), record.reached)


def _print(
    records: Sequence[CellRecord], snapshot: Snapshot, left: Mapping[str, float], console: Console
) -> None:
    root = snapshot.store.root
    if not records:
        console.print(f"no cells in {empty(root)}; simula run -m experiment=quickstart starts some")
        return
    shown = records
    if len(records) > ROWS:
        shown = [record for record in records if record.state not in ("done", "waiting")][:ROWS]
    if shown:
        _print_cells(shown, f"cells in {root}", console)
    if len(shown) < len(records):
        console.print(
            f"{len(records) - len(shown)} more cells, done, waiting or like these; --json lists all"
        )
    counts = Counter(_word(record) for record in sorted(records, key=_order))
    console.print(", ".join(f"{count} {word}" for word, count in counts.items()))
    unfinished = not all(map(_made, records))
    if unfinished and snapshot.unseen:
        console.print(f"Slurm was not asked, so that jobs are as the store knows them: {snapshot.unseen}")
    if unfinished and (passed := snapshot.unreadable):
        console.print(f"records of jobs passed over: {len(passed)}, such as {passed[0]}")
    if snapshot.live:
        jobs = {work.job.id: work.job for work in snapshot.live.values()}.values()
        running = sum(job.runs for job in jobs)
        console.print(f"jobs of this store: {running} running, {len(jobs) - running} in the queue")
    if left:
        said = ", ".join(
            f"{_amount(value)} {name.replace('_', ' ')}" for name, value in left.items() if value
        )
        console.print(f"still to do, as simula plan counts it: {said or 'no calls and no GPU hours'}")


def _print_cells(records: Sequence[CellRecord], title: str, console: Console) -> None:
    """What differs between cells are columns, what they share is above: so that it fits a terminal.

    A reason is what a model, a server or a file said: never read as markup, and below where it is long.
    """
    values = {name: {str(record.axes[name]) for record in records} for name in _SHOWN}
    differ = [name for name in _SHOWN if len(values[name]) > 1]
    shared = " ".join(f"{name}={values[name].pop()}" for name in _SHOWN if name not in differ)
    # Not the table's own title, which would be as narrow as the table.
    console.print(Text(f"{title}, {shared}" if shared else title, style="italic"))
    table, below = Table(box=None, pad_edge=False), []
    for name in (*differ, "state"):
        table.add_column(name, no_wrap=True)
    for name in ("a restart makes", "why"):
        table.add_column(name, overflow="fold")
    for record in records:
        named = [str(record.axes[name]) for name in differ]
        left = "nothing" if _made(record) else ", ".join(record.missing)
        state = Text(_word(record), _STYLE["done" if _made(record) else record.state])
        why = visible("" if record.reached else record.reason)
        if len(why) > _LONG:
            where = " ".join(f"{name}={record.axes[name]}" for name in differ) or record.key
            below.append(Text(f"{visible(where)}: {why}"))
            why = "see below"
        table.add_row(*map(Text, map(visible, named)), state, Text(left), Text(why))
    console.print(table)
    for text in below:
        console.print(text, soft_wrap=True)


def _amount(value: float) -> str:
    """Three digits, or all of a whole number: it is an expectation."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _plain(records: Sequence[CellRecord], snapshot: Snapshot, left: Mapping[str, float]) -> dict[str, Any]:
    return {"cells": [_cell(record, snapshot) for record in records], "still_to_do": dict(left)}


def _cell(record: CellRecord, snapshot: Snapshot) -> dict[str, Any]:
    states = {} if record.state == "done" else snapshot.states
    known = {
        name: states[record.artifacts[name]] for name in record.missing if record.artifacts[name] in states
    }
    return {
        "key": record.key,
        "axes": record.axes,
        "state": record.state,
        "reason": record.reason,
        "done_up_to": record.reached,
        "missing": record.missing,
        "artifacts": record.artifacts,
        "jobs": {name: _job(state) for name, state in known.items()},
        "seconds": {name: manifest["seconds"] for name, manifest in record.manifests.items()},
    }


def _job(state: TaskState) -> dict[str, str]:
    return {"state": state.state, "reason": state.reason, "job": state.job, "node": state.node}
