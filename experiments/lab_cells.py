"""The laboratory's cells: what each student was taught from, and what became of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.accuracies import Axes
from experiments.sweeps import Sweep
from simula.composition import cells
from simula.report.grid import Values
from simula.report.loading import load_result
from simula.report.results import CellResult
from simula.stages.bench import MECHANISM, REPLICATE, axes
from simula.stages.record import CellRecord, all_records
from simula.store.artifacts import Store
from simula.sweep.state import overlaid
from simula.teacher.simulated import SimulatedTeacher

_USUAL = {"recipe": "simula", "taxonomy": "all_levels", "scenarios": "five"}
"""Axes that are not named where a cell without a system has these values."""


@dataclass(frozen=True, slots=True)
class Arm:
    """What data sets of the laboratory differ in, besides their luck."""

    system: str
    """A system's name, or complexity and critic where a cell chooses these by themselves."""
    skill: float
    """Of the simulated teacher."""
    size: int
    """Rows, before a selection."""

    def __str__(self) -> str:
        return f"{self.system}, skill {self.skill:g}, {self.size:,} rows"


@dataclass(frozen=True, slots=True)
class LabCell:
    """One cell of an arm, finished or not."""

    arm: Arm
    luck: Values
    """Data seed and seed."""
    record: CellRecord
    root: Path
    """The store's folder."""

    @property
    def finished(self) -> bool:
        """Whether its student has been examined."""
        return self.record.state == "done"

    def folder(self, artifact: str) -> Path | None:
        """Of an artifact that is published; None where it is not."""
        known = artifact in self.record.manifests
        return self.root / self.record.artifacts[artifact] if known else None

    def result(self, store: Store) -> CellResult:
        """Its answers, item by item."""
        return load_result(store, self.record)


def declared(sweeps: Sequence[Sweep]) -> dict[Arm, int]:
    """Arm to the number of its cells, in the order of the sweeps."""
    found: dict[Arm, set[Values]] = {}
    for known, skill in _composed(sweeps):
        found.setdefault(_arm(known, skill), set()).add(_luck(known))
    return {arm: len(lucks) for arm, lucks in found.items()}


def lab_cells(store: Store, wanted: Mapping[str, str], sweeps: Sequence[Sweep]) -> list[LabCell]:
    """What the store has of these experiments at the skills and settings that the sweeps declare.

    A longer sweep than is declared, of other sizes, systems or seeds, is in it.

    Args:
        store: where results are.
        wanted: axis to value: other cells are left out.
        sweeps: which experiments.
    """
    skills = {_panel(known): skill for known, skill in _composed(sweeps)}
    found = []
    for record in overlaid(store, all_records(store)):
        own = all(str(record.axes.get(name)) == value for name, value in wanted.items())
        skill = skills.get(_panel(record.axes))
        if own and skill is not None and "evaluate" in record.artifacts:
            found.append(LabCell(_arm(record.axes, skill), _luck(record.axes), record, store.root))
    return found


def _composed(sweeps: Sequence[Sweep]) -> Iterator[tuple[Axes, float]]:
    """Axes and the teacher's skill of every cell of the sweeps."""
    for sweep in sweeps:
        for cell in cells(sweep.words(), sweep=True):
            teacher = cell.config.teacher
            if isinstance(teacher, SimulatedTeacher):
                yield axes(cell.config), teacher.skill


def _panel(known: Axes) -> tuple[str, str, str]:
    """The experiment, a hash of what its cells share, the teacher's traits among it, and the rate."""
    return str(known["experiment"]), str(known["variant"]), str(known["learning_rate"])


def _luck(known: Axes) -> Values:
    return tuple(known[name] for name in REPLICATE)


def _arm(known: Axes, skill: float) -> Arm:
    system = str(known["system"])
    if system == "custom":
        axis_names = [name for name in MECHANISM if name not in _USUAL or known[name] != _USUAL[name]]
        system = " ".join(f"{name}={known[name]}" for name in axis_names)
    return Arm(system, skill, int(known["size"]))
