"""Students' accuracies beside the paper's: what Figures 6, 7, 11, 12 and 13 are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from experiments.comparison import Compared, Ours, State, number
from experiments.results import records_of
from simula.errors import SimulaError
from simula.report.grid import CellPanel, Group, panels
from simula.report.loading import load_result
from simula.report.rates import Choice, chosen_rates, group_of
from simula.report.results import CellResult
from simula.report.summary import estimate
from simula.stages.bench import ARM, PANEL
from simula.store.artifacts import Store

SEEDS = 10
"""Behind each of the paper's accuracies (Section 4)."""
_RATE = "learning_rate"
Place = tuple[str, str, int]
"""Domain, system or selection, size."""
Axes = Mapping[str, str | int | float]


@dataclass(frozen=True, slots=True)
class Students:
    """The students of one system at one size, over seeds."""

    ours: Ours | None
    """Mean accuracy, a share, with the 95 % t interval over seeds; one seed has none, and seeds that do not
    differ."""
    state: State
    note: str = ""
    """What of them is not finished, or why there is no number; empty where all is there."""


NOBODY = Students(None, "missing")


def against_paper(
    store: Store, wanted: Mapping[str, str], experiment: str, axis: str, lines: Sequence[Mapping[str, str]]
) -> list[Compared]:
    """The paper's accuracies beside those of the store's students.

    Args:
        store: where results are.
        wanted: axis to value, such as teacher to gemini_flash: other cells are left out.
        experiment: whose cells are taken, where `wanted` names no other one.
        axis: system or selection.
        lines: of the paper, with domain, size, accuracy, ci95_half_width, and the axis by our names.

    Raises:
        SimulaError: cells that would stand in one place differ in more than rates and seeds.
    """
    ours = students(results(store, {"experiment": experiment, **wanted}), axis)
    compared = []
    for line in lines:
        size = int(line["size"])
        found = ours.get((line["domain"], line[axis], size), NOBODY)
        compared.append(
            Compared(
                {"domain": line["domain"], axis: line[axis], "size": size},
                "accuracy",
                number(line["accuracy"]),
                paper_half=number(line["ci95_half_width"]),
                ours=found.ours,
                state=found.state,
                note=found.note,
            )
        )
    return compared


def results(store: Store, wanted: Mapping[str, str]) -> list[CellResult]:
    """The cells that examine a student and have these values on their axes, in whatever state they are."""
    return [load_result(store, one) for one in records_of(store, wanted) if "evaluate" in one.artifacts]


def students(found: Sequence[CellResult], axis: str, seeds: int = SEEDS) -> dict[Place, Students]:
    """By place the students' accuracies, each at the better of its learning rates.

    That is the better one on average on held-out synthetic rows, as a report chooses it; the paper does not
    say on what its "better on average" was seen.

    Args:
        found: cells of one experiment.
        axis: which axis tells the students of one domain and size apart: system or selection.
        seeds: how many of each there are to be.

    Raises:
        SimulaError: cells of one place differ in more, such as in their teacher.
    """
    kept, choices = chosen_rates(found, "validation")
    shown = panels(kept)
    _one_panel_a_domain(shown)
    groups: dict[Place, list[Group]] = {}
    for group in (group for panel in shown for group in panel.groups if group.axes):
        place = (str(group.axes["domain"]), str(group.axes[axis]), group.size)
        groups.setdefault(place, []).append(group)
    return {place: _students(place, members, choices, seeds) for place, members in groups.items()}


def _students(
    place: Place, groups: Sequence[Group], choices: Mapping[tuple[str | int | float, ...], Choice], seeds: int
) -> Students:
    cells = [cell for group in groups for cell in group.cells.values() if cell is not None]
    states = Counter(cell.status for cell in cells)
    choice = choices[group_of(cells[0])]
    state: State = "running" if states["running"] else "missing"
    failed = [f"{states['failed']} failed"] if states["failed"] else []
    if len(groups) > 1:
        differing = _differing(ARM, [group.axes for group in groups])
        if differing != [_RATE]:
            raise _refusal(", ".join(map(str, place)), differing, [group.axes for group in groups])
        apart = f"{len(groups)} learning rates, none chosen: {choice.apart}"
        return Students(None, state, ", ".join((apart, *failed)))
    done = list(groups[0].done.values())
    if not done:
        return Students(None, state, ", ".join(failed))
    rates = " or ".join(f"{rate:g}" for rate in choice.tried)
    rate = f"{choice.picked.rate:g} of {rates}" if choice.picked else rates
    axes = done[0].axes
    on = f"student {axes['student']}, teacher {axes['teacher']}, {len(done[0].items):,} test items"
    few = [f"{len(done)} of {seeds} seeds"] if len(done) < seeds else []
    return Students(_mean(done, f"{on}, learning rate {rate}"), "done", ", ".join((*few, *failed)))


def _mean(done: Sequence[CellResult], on: str) -> Ours:
    mean = estimate([cell.right for cell in done], [cell.axes.get("data_seed", 0) for cell in done])
    # One over items is no interval of a mean over seeds, and the paper's students have the same items.
    return Ours(mean.value, mean.low, mean.high, on) if mean.over == "seeds" else Ours(mean.value, on=on)


def _one_panel_a_domain(shown: Sequence[CellPanel]) -> None:
    by_domain: dict[str, list[Axes]] = {}
    for panel in shown:
        axes = next(group.axes for group in panel.groups if group.axes)
        by_domain.setdefault(str(axes["domain"]), []).append(axes)
    for domain, found in by_domain.items():
        if len(found) > 1:
            raise _refusal(domain, _differing(PANEL, found), found)


def _differing(names: Sequence[str], axes: Sequence[Axes]) -> list[str]:
    return [name for name in names if len({str(one.get(name)) for one in axes}) > 1]


def _refusal(place: str, differing: Sequence[str], axes: Sequence[Axes]) -> SimulaError:
    values = sorted({str(one.get(differing[0])) for one in axes})
    return SimulaError(
        f"cells of {place} differ in {', '.join(differing)} ({', '.join(values)}): name those to show, such"
        f" as {differing[0]}={values[0]}"
    )
