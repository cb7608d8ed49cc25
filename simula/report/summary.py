"""The numbers of a report: accuracy, differences and cost of every system at every size."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Literal

import numpy as np

from simula.draws import entropy
from simula.evaluation.gap import gap_closed
from simula.evaluation.spread import run_groups
from simula.evaluation.statistics import (
    Comparison,
    Right,
    compare,
    contrast,
    holm,
    mean_over_seeds,
    wilson,
)
from simula.report.analysis import Analysis, analyse
from simula.report.grid import CellPanel, Group, Values, panels
from simula.report.rates import By, Choice, chosen_rates, group_of
from simula.report.results import CellResult, DatasetSummary, Overlap


@dataclass(frozen=True, slots=True)
class Estimate:
    """An accuracy with its 95 % interval."""

    value: float
    low: float
    high: float
    over: Literal["seeds", "items"]
    """What the interval covers: t over seeds; Wilson over items with one run, and with runs that do not
    differ, whose t interval would have no width."""
    normal_half: float | None = None
    """Half of the paper's interval over seeds; None of an interval over items."""


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
    with_items: Comparison | None
    """The mean accuracy once more, with the interval that covers other test items of the kind, too."""
    readings: Mapping[str, float]
    """Mean accuracy by each way of reading the answers."""
    gap: Comparison | None
    """Share of the way from the untuned student to the teacher; None where one of them is not known, or
    the teacher is not told to be above."""
    overlap: Overlap | None
    """Of its rows with the test items, the mean of its cells."""
    rates: Choice | None
    """Which learning rates were tried, and which one is shown."""
    by_data_seed: tuple[int, ...]
    """Finished cells of each data seed."""
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
    """The student before tuning, or the teacher."""

    accuracy: Estimate
    unanswered: float
    readings: Mapping[str, float]
    """Accuracy by each way of reading the answers."""


@dataclass(frozen=True, slots=True)
class Panel:
    """All systems and sizes of one domain and student."""

    title: str
    reference: str
    items: int
    untuned: Untuned | None
    teacher: Untuned | None
    """The teacher itself, on the same items."""
    chance: float | None
    rows: tuple[Row, ...]
    analysis: Analysis

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


def summarise(results: Sequence[CellResult], learning_rate_by: By = "validation") -> Summary:
    """The numbers of a report; the same results give the same numbers.

    Where systems were tuned at several learning rates, one is chosen for each system and size
    (`rates.chosen_rates`), and only its cells are in the panels.

    Comparisons with the reference are corrected together (Holm) over the whole report.

    Raises:
        SimulaError: the results cannot stand in one table (`grid.panels`).
    """
    draw = np.random.default_rng(entropy("report", *sorted(result.key for result in results)))
    kept, choices = chosen_rates(results, learning_rate_by)
    found = _corrected([_panel(panel, choices, draw) for panel in panels(kept)])
    states = Counter[str](result.status for result in results)
    states["missing"] = sum(row.states.get("missing", 0) for panel in found for row in panel.rows)
    return Summary(
        experiment=", ".join(sorted({str(result.axes.get("experiment", "")) for result in results} - {""})),
        panels=tuple(found),
        states={name: count for name, count in states.items() if count},
        failures=tuple((result.key, result.reason) for result in results if result.status == "failed"),
    )


def _panel(panel: CellPanel, choices: Mapping[Values, Choice], draw: np.random.Generator) -> Panel:
    by_size = {group.size: group for group in panel.groups if group.system == panel.reference}
    finished = [cell for group in panel.groups for cell in group.done.values()]
    return Panel(
        title=panel.title,
        reference=panel.reference,
        items=len(finished[0].items) if finished else 0,
        untuned=_untuned(finished),
        chance=next((cell.chance for cell in finished if cell.chance is not None), None),
        teacher=_teacher(finished),
        rows=tuple(_row(group, by_size[group.size], choices, draw) for group in panel.groups),
        analysis=analyse(panel, draw),
    )


def _row(group: Group, reference: Group, choices: Mapping[Values, Choice], draw: np.random.Generator) -> Row:
    done = list(group.done.values())
    there = [cell for cell in group.cells.values() if cell is not None]
    common = [place for place in group.done if place in reference.done]
    compared = common and group is not reference
    tested = [cell for cell in done if cell.base_right is not None]
    datasets = {cell.axes.get("data_seed"): cell.dataset for cell in done if cell.dataset is not None}
    return Row(
        system=group.system,
        size=group.size,
        states=Counter(cell.status if cell is not None else "missing" for cell in group.cells.values()),
        runs=tuple(sum(cell.right) / len(cell.right) for cell in done),
        accuracy=estimate([cell.right for cell in done], [cell.axes.get("data_seed", 0) for cell in done])
        if done
        else None,
        difference=compare(
            _stack(group.done[place].right for place in common),
            _stack(reference.done[place].right for place in common),
            draw,
            groups=[place[0] for place in common],
        )
        if compared
        else None,
        gain=compare(
            _stack(cell.right for cell in tested),
            _stack(cell.base_right or () for cell in tested),
            draw,
            resamples=2_000,
            groups=[cell.axes.get("data_seed", 0) for cell in tested],
        )
        if tested
        else None,
        with_items=_with_items(done, draw),
        readings=_means([cell.readings for cell in done]),
        gap=_gap(tested, draw),
        overlap=_mean_overlap([cell.overlap for cell in done if cell.overlap is not None]),
        rates=choices.get(group_of(there[0])) if there else None,
        by_data_seed=tuple(len(at) for at in run_groups([cell.axes.get("data_seed", 0) for cell in done])),
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
            unanswered = cell.base_unanswered / len(cell.items)
            return Untuned(estimate([cell.base_right]), unanswered, cell.base_readings)
    return None


def _teacher(finished: Sequence[CellResult]) -> Untuned | None:
    for cell in finished:
        if cell.teacher_right is not None:
            unanswered = cell.teacher_unanswered / len(cell.items)
            return Untuned(estimate([cell.teacher_right]), unanswered, cell.teacher_readings)
    return None


def _with_items(done: Sequence[CellResult], draw: np.random.Generator) -> Comparison | None:
    if not done:
        return None
    right = _stack(cell.right for cell in done).astype(float)
    return contrast(right, draw, 2_000, [cell.axes.get("data_seed", 0) for cell in done], (0.0, 1.0))


def _gap(tested: Sequence[CellResult], draw: np.random.Generator) -> Comparison | None:
    """Of the runs whose untuned student and teacher answered the same items."""
    known = [cell for cell in tested if cell.teacher_right is not None]
    if not known:
        return None
    base, teacher = (np.array(right, bool) for right in (known[0].base_right, known[0].teacher_right))
    student = _stack(cell.right for cell in known)
    return gap_closed(student, base, teacher, draw, [cell.axes.get("data_seed", 0) for cell in known])


def _mean_overlap(found: Sequence[Overlap]) -> Overlap | None:
    if not found:
        return None
    without = [one.accuracy_without for one in found if one.accuracy_without is not None]
    return Overlap(
        ngram=found[0].ngram,
        items_sharing=float(np.mean([one.items_sharing for one in found])),
        items_similar=float(np.mean([one.items_similar for one in found])),
        rows_sharing=float(np.mean([one.rows_sharing for one in found])),
        rows_similar=float(np.mean([one.rows_similar for one in found])),
        accuracy_without=float(np.mean(without)) if len(without) == len(found) else None,
    )


def estimate(runs: Sequence[tuple[bool, ...]], data_seeds: Sequence[str | int | float] = ()) -> Estimate:
    """The mean accuracy of runs on the same items.

    Args:
        runs: right or wrong, item by item.
        data_seeds: of each run; empty: each has its own.
    """
    shares = [sum(run) / len(run) for run in runs]
    if len(runs) > 1:
        mean = mean_over_seeds(shares, data_seeds or None)
        if mean.low < mean.high:
            return Estimate(mean.value, mean.low, mean.high, "seeds", mean.normal_half)
    items, value = len(runs[0]), sum(shares) / len(shares)
    return Estimate(value, *wilson(round(value * items), items), "items")


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
