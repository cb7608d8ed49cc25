"""How far the cells of a report are, as `simula status` has them: for the page of what still runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from simula.report.status import ROWS
from simula.report.text_table import Line, TextTable
from simula.stages.keys import ARTIFACTS
from simula.stages.record import CellRecord
from simula.store.settled import SettledCandidates, settled_path

_AXES = ("experiment", "domain", "system", "teacher", "student", "size", "seed", "data_seed")
"""By which a cell is named, where cells differ in them."""
_ALWAYS = ("system", "size", "seed", "data_seed")
_TALLIED = ("done", "waiting")
"""States of which there may be thousands, and no more to say than how many."""


@dataclass(frozen=True, slots=True)
class Stage:
    """What cells are made of, of one kind."""

    name: str
    made: int
    """Artifacts that exist; cells that share one count it once."""
    wanted: int
    """Of what the cells' last commands make: a cell that is only generated awaits no student."""


@dataclass(frozen=True, slots=True)
class Progress:
    """Everything that is said of how far the cells are."""

    states: Mapping[str, int] = field(default_factory=dict)
    """State to cells, as in the table of `simula status`."""
    stages: tuple[Stage, ...] = ()
    unfinished: TextTable | None = None
    """The cells that are not done; None where all are."""


def progress(records: Sequence[CellRecord], cache: Path | None = None) -> Progress:
    """How far cells are.

    Args:
        records: with what jobs say of them (`simula.sweep.state.overlaid`).
        cache: where the settled candidates of data sets that are being made are; None: nobody looks.
    """
    states = Counter(str(record.state) for record in records)
    rows = _rows(records, cache) if cache is not None else {}
    return Progress(dict(states.most_common()), _stages(records), _unfinished(records, rows))


def _rows(records: Sequence[CellRecord], cache: Path) -> dict[str, int]:
    """By place the rows so far of each data set that a running cell makes, but for the last few."""
    running = {
        record.artifacts["dataset"]
        for record in records
        if record.state == "running" and "dataset" in record.missing
    }
    found = {}
    for place in running:
        path = settled_path(cache, place.removeprefix("dataset/"))
        with suppress(OSError):  # it has just become a data set
            found[place] = SettledCandidates(path).accepted
    return {place: count for place, count in found.items() if count}


def _wanted(record: CellRecord, rows: Mapping[str, int]) -> Iterator[str]:
    """What is still to be made, a data set that is being made with its rows so far."""
    for name in record.missing:
        count = rows.get(record.artifacts[name]) if name == "dataset" else None
        yield name if count is None else f"dataset ({count:,} of {record.axes['size']:,} rows)"


def _stages(records: Sequence[CellRecord]) -> tuple[Stage, ...]:
    found = []
    asked = [(record, set(record.wanted)) for record in records]
    for name in ARTIFACTS:
        wanted = {record.artifacts[name] for record, names in asked if name in names}
        made = {record.artifacts[name] for record, names in asked if name in names & record.manifests.keys()}
        if wanted:
            found.append(Stage(name, len(made), len(wanted)))
    return tuple(found)


def _unfinished(records: Sequence[CellRecord], rows: Mapping[str, int]) -> TextTable | None:
    """Those at work and those that ended otherwise, one by one as far as `simula status` would show them."""
    if all(record.state == "done" for record in records):
        return None
    told = [record for record in records if record.state not in _TALLIED]
    names = [name for name in _AXES if name in _ALWAYS or len({str(r.axes[name]) for r in records}) > 1]
    lines = tuple(
        Line(
            (
                *(str(record.axes[name]) for name in names),
                record.state,
                record.reason,
                ", ".join(_wanted(record, rows)),
            )
        )
        for record in told[:ROWS]
    )
    waiting = sum(record.state == "waiting" for record in records)
    notes = [f"{waiting:,} more wait." if lines else f"{waiting:,} wait."] if waiting else []
    if len(told) > ROWS:
        notes.append(
            f"{len(told) - ROWS:,} more are running or ended like these; simula status --json lists all."
        )
    columns = (*(name.replace("_", " ") for name in names), "state", "why, or where", "still to be made")
    return TextTable("Cells that are not done", columns, lines, len(columns), tuple(notes))
