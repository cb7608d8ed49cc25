"""What a store has of a measure: every finished artifact, with whose set it is of."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments.comparison import State
from simula.metrics import Measure
from simula.stages.keys import MEASURES
from simula.stages.record import CellRecord, all_records
from simula.store.artifacts import Store
from simula.store.measured_sets import REAL
from simula.sweep.state import overlaid

ONE_SET = (
    "Each number of ours is of one set and one measurement, of several the last: its interval says nothing of"
    " another draw of the data, or of other answers of the teacher. The paper does not say how many it took."
)
"""What stands below every item that is measured without students: there are no seeds to be missing."""


@dataclass(frozen=True, slots=True)
class Found:
    """A set that was measured, or is to be."""

    domain: str
    system: str
    """`real`, or the mechanism."""
    axes: Mapping[str, Any]
    state: State
    manifest: Mapping[str, Any]
    """Empty where it is not finished."""
    folder: Path

    @property
    def on(self) -> str:
        """What the measure was computed on, in words."""
        rows = self.manifest["measures"].get("rows measured")
        shown = "" if rows is None else f"{rows:,.0f} data points, "
        by = (
            f", {self.axes['embedding']} embedding"
            if "distance" in str(list(self.manifest["measures"]))
            else ""
        )
        drawn = "" if self.system == REAL else f", data seed {self.axes['data_seed']}"
        return f"{self.manifest['set']}: {shown}teacher {self.axes['teacher']}{by}{drawn}"


def found(store: Store, measure: Measure, wanted: Mapping[str, str]) -> dict[tuple[str, str], Found]:
    """By domain and system what the store has of a measure; of several the one that was made last.

    Args:
        store: where results are.
        measure: which.
        wanted: axis to value, such as teacher to gemini_flash: other cells are left out.
    """
    best: dict[tuple[str, str], Found] = {}
    for one in measured(store, measure, wanted):
        place = (one.domain, one.system)
        if place not in best or _rank(one) > _rank(best[place]):
            best[place] = one
    return best


def _rank(one: Found) -> tuple[bool, bool, str]:
    return one.state == "done", one.state == "running", str(one.manifest.get("made", {}).get("started", ""))


def records_of(store: Store, wanted: Mapping[str, str]) -> list[CellRecord]:
    """The cells, in whatever state they are, that have these values on their axes."""
    return [
        record
        for record in overlaid(store, all_records(store))
        if all(str(record.axes.get(name)) == value for name, value in wanted.items())
    ]


def measured(store: Store, measure: Measure, wanted: Mapping[str, str]) -> Iterator[Found]:
    """Every set that was measured so, or is to be, of the cells that are `wanted`."""
    stage, _ = MEASURES[measure]
    for record in records_of(store, wanted):
        if stage in record.artifacts:
            manifest = record.manifests.get(stage, {})
            yield Found(
                domain=str(record.axes["domain"]),
                system=str(record.axes["measured"]),
                axes=record.axes,
                state=_state(record, manifest),
                manifest=manifest,
                folder=store.root / record.artifacts[stage],
            )


def domains_at_work(store: Store, wanted: Mapping[str, str]) -> set[str]:
    """The domains of those `wanted` cells that run."""
    return {str(one.axes["domain"]) for one in records_of(store, wanted) if one.state == "running"}


def _state(record: CellRecord, manifest: Mapping[str, Any]) -> State:
    if manifest:
        return "done"
    return "running" if record.state == "running" else "missing"
