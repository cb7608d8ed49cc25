"""The numbers of a report: accuracy, differences and cost of every system at every size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from simula.draws import entropy
from simula.evaluation.statistics import Comparison, Right, accuracy, compare, holm, mean_over_seeds
from simula.report.grid import CellPanel, Group, panels
from simula.report.results import CellResult, DatasetSummary


@dataclass(frozen=True, slots=True)
class Estimate:
    """An accuracy with its 95 % interval."""

    value: float
    low: float
    high: float
    over: Literal["seeds", "items"]
    """What the interval covers: t over seeds, or, with one run, Wilson over items."""


@dataclass(frozen=True, slots=True)
class Row:
    """One system at one size; what no finished cell has shown is None or empty."""

    system: str
    size: int
    states: Mapping[str, int]
    """Cells by state: done, running, failed, waiting, and missing where other systems have one."""
    runs: tuple[float, ...]
    """Accuracy of each finished cell."""
    accuracy: Estimate | None
    difference: Comparison | None
    """To the panel's reference at the same size, on the seeds that both have."""
    gain: Comparison | None
    """To the untuned student; never corrected, since nothing is chosen by it."""
    unanswered: float | None
    """Share of items without a readable answer."""
    datasets: int
    """Different data sets among the cells."""
    dataset: DatasetSummary | None
    """The mean of those data sets, counts rounded."""
    assessment: Mapping[str, float]
    seconds: Mapping[str, float]

    @property
    def seeds(self) -> int:
        """Finished cells."""
        return self.states.get("done", 0)


@dataclass(frozen=True, slots=True)
class Untuned:
    """The student before tuning."""

    accuracy: Estimate
    unanswered: float


@dataclass(frozen=True, slots=True)
class Panel:
    """All systems and sizes of one domain and student."""

    title: str
    reference: str
    items: int
    untuned: Untuned | None
    chance: float | None
    rows: tuple[Row, ...]

    @property
    def sizes(self) -> tuple[int, ...]:
        """Sizes, ascending."""
        return tuple(dict.fromkeys(row.size for row in self.rows))

    @property
    def systems(self) -> tuple[str, ...]:
        """Systems in the order of the tables."""
        return tuple(dict.fromkeys(row.system for row in self.rows))

    def at(self, size: int) -> tuple[Row, ...]:
        """The rows of one size."""
        return tuple(row for row in self.rows if row.size == size)


@dataclass(frozen=True, slots=True)
class Summary:
    """Everything a report says in numbers."""

    experiment: str
    panels: tuple[Panel, ...]
    states: Mapping[str, int]
    """All cells by state."""
    failures: tuple[tuple[str, str], ...]
    """Key and reason of each failed cell."""


def summarise(results: Sequence[CellResult]) -> Summary:
    """The numbers of a report; the same results give the same numbers.

    Comparisons with the reference are corrected together (Holm) over the whole report.

    Raises:
        SimulaError: the results cannot stand in one table (`grid.panels`).
    """
    draw = np.random.default_rng(entropy("report", *sorted(result.key for result in results)))
    found = _corrected([_panel(panel, draw) for panel in panels(results)])
    states = Counter[str](result.status for result in results)
    states["missing"] = sum(row.states.get("missing", 0) for panel in found for row in panel.rows)
    return Summary(
        experiment=", ".join(sorted({str(result.axes.get("experiment", "")) for result in results} - {""})),
        panels=tuple(found),
        states={name: count for name, count in states.items() if count},
        failures=tuple((result.key, result.reason) for result in results if result.status == "failed"),
    )


def _panel(panel: CellPanel, draw: np.random.Generator) -> Panel:
    by_size = {group.size: group for group in panel.groups if group.system == panel.reference}
    finished = [cell for group in panel.groups for cell in group.done.values()]
    return Panel(
        title=panel.title,
        reference=panel.reference,
        items=len(finished[0].items) if finished else 0,
        untuned=_untuned(finished),
        chance=next((cell.chance for cell in finished if cell.chance is not None), None),
        rows=tuple(_row(group, by_size[group.size], draw) for group in panel.groups),
    )


def _row(group: Group, reference: Group, draw: np.random.Generator) -> Row:
    done = list(group.done.values())
    common = [place for place in group.done if place in reference.done]
    compared = common and group is not reference
    tested = [cell for cell in done if cell.base_right is not None]
    datasets = {cell.axes.get("data_seed"): cell.dataset for cell in done if cell.dataset is not None}
    return Row(
        system=group.system,
        size=group.size,
        states=Counter(cell.status if cell is not None else "missing" for cell in group.cells.values()),
        runs=tuple(sum(cell.right) / len(cell.right) for cell in done),
        accuracy=_estimate([cell.right for cell in done]) if done else None,
        difference=compare(
            _stack(group.done[place].right for place in common),
            _stack(reference.done[place].right for place in common),
            draw,
        )
        if compared
        else None,
        gain=compare(
            _stack(cell.right for cell in tested),
            _stack(cell.base_right or () for cell in tested),
            draw,
            resamples=2_000,
        )
        if tested
        else None,
        unanswered=sum(cell.unanswered for cell in done) / sum(len(cell.items) for cell in done)
        if done
        else None,
        datasets=len(datasets),
        dataset=_mean_dataset(list(datasets.values())),
        assessment=_means([cell.assessment for cell in done]),
        seconds=_means([cell.seconds for cell in done]),
    )


def _untuned(finished: Sequence[CellResult]) -> Untuned | None:
    for cell in finished:
        if cell.base_right is not None:
            return Untuned(_estimate([cell.base_right]), cell.base_unanswered / len(cell.items))
    return None


def _estimate(runs: Sequence[tuple[bool, ...]]) -> Estimate:
    if len(runs) == 1:
        one = accuracy(runs[0])
        return Estimate(one.value, one.low, one.high, "items")
    mean = mean_over_seeds([sum(run) / len(run) for run in runs])
    return Estimate(mean.value, mean.low, mean.high, "seeds")


def _stack(runs: Iterable[tuple[bool, ...]]) -> Right:
    return np.array(list(runs), dtype=bool)


def _mean_dataset(datasets: Sequence[DatasetSummary]) -> DatasetSummary | None:
    if not datasets:
        return None
    means: dict[str, Any] = {}
    for field in fields(DatasetSummary):
        values = [getattr(dataset, field.name) for dataset in datasets]
        if isinstance(values[0], Mapping):
            reasons = Counter[str]()
            for counts in values:
                reasons.update(counts)
            means[field.name] = {reason: round(count / len(values)) for reason, count in reasons.items()}
        else:
            mean = sum(values) / len(values)
            means[field.name] = mean if field.name == "price" else round(mean)
    return DatasetSummary(**means)


def _means(measured: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """The mean of each measure over those that have it."""
    names = dict.fromkeys(name for measures in measured for name in measures)
    return {name: float(np.mean([m[name] for m in measured if name in m])) for name in names}


def _corrected(found: Sequence[Panel]) -> list[Panel]:
    rows = [row for panel in found for row in panel.rows if row.difference is not None]
    corrected = iter(holm([row.difference for row in rows if row.difference is not None]))
    return [
        replace(
            panel,
            rows=tuple(
                replace(row, difference=next(corrected)) if row.difference is not None else row
                for row in panel.rows
            ),
        )
        for panel in found
    ]
