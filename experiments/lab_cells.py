"""The laboratory's cells: what each student was taught from, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from experiments.accuracies import Axes
from experiments.results import records_of
from experiments.sweeps import Sweep
from simula.composition import cells
from simula.config import Config
from simula.generation import Candidate
from simula.progress import Progress
from simula.report.grid import Values
from simula.report.loading import load_result
from simula.report.results import CellResult
from simula.stages.bench import MECHANISM, REPLICATE, Bench, axes
from simula.stages.keys import cell_key
from simula.stages.record import CellRecord
from simula.stages.train import selected_rows
from simula.store.artifacts import Store
from simula.store.rows import REFUSED, ROWS, read_rows
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
    store: Store
    config: Config | None
    """None where the cell is not declared."""

    @property
    def finished(self) -> bool:
        """Whether its student has been examined."""
        return self.record.state == "done"

    def folder(self, artifact: str) -> Path | None:
        """Of an artifact that is published; None where it is not."""
        known = artifact in self.record.manifests
        return self.store.root / self.record.artifacts[artifact] if known else None

    def rows(self) -> list[Candidate]:
        """The rows that its student is taught from; empty where they are not there yet."""
        folder = self.folder("dataset")
        if folder is None:
            return []
        if self.config is None or not self.config.selection.rated:
            return read_rows(folder / ROWS)
        chosen = self.folder("rate") is not None
        return selected_rows(Bench(self.config, self.store, Progress("lab")))[0] if chosen else []

    def refused(self) -> list[Candidate]:
        """The candidates that critics refused beside its rows."""
        folder = self.folder("dataset")
        candidates = [] if folder is None else read_rows(folder / REFUSED)
        return [one for one in candidates if one.status == "rejected"]

    def result(self) -> CellResult:
        """Its answers, item by item."""
        return load_result(self.store, self.record)


@dataclass(frozen=True, slots=True)
class Declared:
    """A cell of a sweep, whether it was ever started or not."""

    arm: Arm
    luck: Values
    config: Config

    @property
    def panel(self) -> tuple[str, ...]:
        """What says which cells have the same teacher and student."""
        return _panel(axes(self.config))


def declared(sweeps: Sequence[Sweep]) -> list[Declared]:
    """The cells of the sweeps that have the laboratory's teacher, in the order of the sweeps."""
    found = []
    for sweep in sweeps:
        for cell in cells(sweep.words(), sweep=True):
            known, teacher = axes(cell.config), cell.config.teacher
            if isinstance(teacher, SimulatedTeacher):
                found.append(Declared(_arm(known, teacher.skill), _luck(known), cell.config))
    return found


def lab_cells(store: Store, wanted: Mapping[str, str], known: Sequence[Declared]) -> list[LabCell]:
    """What the store has of the experiments of these cells, at their skills and settings.

    A longer sweep than is declared, of other sizes, systems or seeds, is in it; of selections, what is
    declared.

    Args:
        store: where results are.
        wanted: axis to value: other cells are left out.
        known: declared cells.
    """
    experiments = {one.config.scalars.experiment for one in known}
    configs = {cell_key(one.config): one.config for one in known}
    skills = {one.panel: one.arm.skill for one in known}
    found = []
    for record in records_of(store, wanted):
        asked = record.axes["experiment"] in experiments and "evaluate" in record.artifacts
        skill, config = skills.get(_panel(record.axes)), configs.get(record.key)
        if asked and skill is not None and (config or "rate" not in record.artifacts):
            arm, luck = _arm(record.axes, skill), _luck(record.axes)
            found.append(LabCell(arm, luck, record, store, config))
    return found


def _panel(known: Axes) -> tuple[str, ...]:
    """A hash of what cells share, the teacher's traits among it, and the learning rate."""
    return str(known["variant"]), str(known["learning_rate"])


def _luck(known: Axes) -> Values:
    return tuple(known[name] for name in REPLICATE)


def _arm(known: Axes, skill: float) -> Arm:
    system = str(known["system"])
    if system == "custom":
        axis_names = [name for name in MECHANISM if name not in _USUAL or known[name] != _USUAL[name]]
        system = " ".join(f"{name}={known[name]}" for name in axis_names)
    return Arm(system, skill, int(known["size"]))
