"""The commands that make an item's results, and what they would still cost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.composition import Cell, cells
from simula.plan import still_to_do
from simula.progress import counted


@dataclass(frozen=True, slots=True)
class Sweep:
    """One command of `simula`, a sweep of cells that `conf/experiment` declares."""

    command: str
    """`run`, `assess`, or `generate`, which asks for no student."""
    overrides: tuple[str, ...]

    def words(self, more: Sequence[str] = ()) -> list[str]:
        """All overrides; one of the user's takes the place of the sweep's own."""
        theirs = {line.partition("=")[0] for line in more}
        return [*(line for line in self.overrides if line.partition("=")[0] not in theirs), *more]

    def line(self, more: Sequence[str] = ()) -> str:
        """The command as it is typed; `more` are overrides of the user's."""
        return " ".join(("simula", self.command, "-m", *self.words(more)))


@dataclass(frozen=True, slots=True)
class Cost:
    """What is still to do for some cells, as `simula plan` has it."""

    cells: int
    calls: float
    """Of teachers, and of an embedding behind a network."""
    usd: float
    gpu_hours: float
    """Of students; a teacher on GPUs of one's own is not in it."""

    def __str__(self) -> str:
        shown = (
            counted(self.cells, "cell"),
            f"{self.calls:,.0f} calls",
            f"${self.usd:,.2f}",
            f"{self.gpu_hours:,.1f} GPU hours of students",
        )
        return ", ".join(shown)


def cost(sweeps: Sequence[Sweep], more: Sequence[str] = ()) -> Cost:
    """What the sweeps would still take, planned together so that what they share counts once.

    Raises:
        ConfigurationError: an override of the user's is wrong.
    """
    generated = [sweep for sweep in sweeps if sweep.command == "generate"]
    finished = [sweep for sweep in sweeps if sweep.command != "generate"]
    wanted, data = _cells(finished, more), _cells(generated, more)
    sums = still_to_do(wanted, data)
    return Cost(len(wanted) + len(data), sums["calls"], sums["usd"], sums["gpu_hours"])


def _cells(sweeps: Sequence[Sweep], more: Sequence[str]) -> list[Cell]:
    return [cell for sweep in sweeps for cell in cells(sweep.words(more), sweep=True)]
