"""The cells of a sweep put in order: panels, and in each the systems at every size."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simula.errors import BenchmarkError, SimulaError
from simula.report.results import CellResult
from simula.stages.bench import ARM, PANEL, REPLICATE

SYSTEMS = ("baseline", "local", "global", "local_global", "full")
"""The paper's order; other systems follow as they come."""

Values = tuple[str | int | float, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """One system at one size: its cells by replicate, None where the sweep has no such cell."""

    system: str
    size: int
    cells: dict[Values, CellResult | None]

    @property
    def axes(self) -> Mapping[str, str | int | float]:
        """Of the system; of a replicate, those of one that is there."""
        return next((cell.axes for cell in self.cells.values() if cell is not None), {})

    @property
    def done(self) -> dict[Values, CellResult]:
        """The finished cells."""
        return {key: cell for key, cell in self.cells.items() if cell is not None and cell.status == "done"}


@dataclass(frozen=True, slots=True)
class CellPanel:
    """All systems and sizes of one domain, student, teacher and training."""

    title: str
    groups: tuple[Group, ...]
    reference: str
    """The system that the others are compared with: `baseline`, else the first."""


def panels(results: Sequence[CellResult]) -> tuple[CellPanel, ...]:
    """The results in order.

    Raises:
        SimulaError: two results stand for the same cell.
        BenchmarkError: cells of one domain were examined on different items.
    """
    found: dict[Values, list[CellResult]] = {}
    for result in results:
        found.setdefault(values_of(result, PANEL), []).append(result)
    varying = [name for name in PANEL if name in ("domain", "student") or len(distinct(results, name)) > 1]
    return tuple(_panel(members, varying) for members in found.values())


def _panel(members: list[CellResult], varying: list[str]) -> CellPanel:
    _check_items(members)
    labels = _labels(members)
    systems = list(labels.values())
    sizes = sorted({int(result.axes.get("size", 0)) for result in members})
    groups = []
    for size in sizes:
        here = [result for result in members if int(result.axes.get("size", 0)) == size]
        replicates = sorted({values_of(result, REPLICATE) for result in here}, key=str)
        groups += [
            Group(system, size, _cells(replicates, [r for r in here if labels[values_of(r, ARM)] == system]))
            for system in systems
        ]
    return CellPanel(
        title=", ".join(str(members[0].axes[name]) for name in varying if members[0].axes.get(name)),
        groups=tuple(groups),
        reference="baseline" if "baseline" in systems else systems[0],
    )


def _cells(replicates: list[Values], results: list[CellResult]) -> dict[Values, CellResult | None]:
    cells: dict[Values, CellResult | None] = dict.fromkeys(replicates)
    for result in results:
        place = values_of(result, REPLICATE)
        if (taken := cells[place]) is not None:
            raise SimulaError(
                f"cells {taken.key} and {result.key} have the same place in the grid: name the cells to"
                " report on (simula report -m experiment=...), or give each variant its own experiment= name"
            )
        cells[place] = result
    return cells


def _labels(members: Sequence[CellResult]) -> dict[Values, str]:
    """Each mechanism's name, in order: its system, and the axes in which mechanisms of that system differ."""
    arms = {values_of(result, ARM): result for result in sorted(members, key=_rank)}
    labels = {}
    for values, result in arms.items():
        system = result.axes.get("system", "")
        same = [other for other in arms.values() if other.axes.get("system", "") == system]
        differing = [name for name in ARM if len(distinct(same, name)) > 1]
        settings = ", ".join(f"{name} {result.axes.get(name, '')}" for name in differing)
        labels[values] = f"{system} ({settings})" if settings else str(system)
    return labels


def _rank(result: CellResult) -> int:
    system = result.axes.get("system")
    return SYSTEMS.index(system) if isinstance(system, str) and system in SYSTEMS else len(SYSTEMS)


def values_of(result: CellResult, names: Iterable[str]) -> Values:
    """Where a result stands on these axes; "" on those that it does not know."""
    return tuple(result.axes.get(name, "") for name in names)


def distinct(results: Iterable[CellResult], name: str) -> set[str | int | float]:
    """The values of an axis among these results."""
    return {result.axes.get(name, "") for result in results}


def _check_items(members: Sequence[CellResult]) -> None:
    tested = [result for result in members if result.items]
    for other in tested[1:]:
        first = tested[0]
        if first.items != other.items:
            common = len(set(first.items) & set(other.items))
            raise BenchmarkError(
                f"cells {first.key} and {other.key} were examined on different items ({len(first.items)} and"
                f" {len(other.items)}, {common} in common): their accuracies cannot be compared; evaluate"
                " both with the same benchmark and evaluation settings, or report them apart"
            )
