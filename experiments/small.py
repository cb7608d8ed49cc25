"""The scaled-down figures: accuracies of a few students, and whether they show what the paper finds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.accuracies import NOBODY, Place, results, students
from experiments.comparison import Compared, Ours
from experiments.curves import draw_curves
from experiments.writing import Rendered
from simula.composition import cells
from simula.draws import generator
from simula.evaluation.statistics import Comparison, accuracy, contrast, holm
from simula.report.grid import Values, values_of
from simula.report.results import CellResult
from simula.report.text_table import Line, TextTable
from simula.stages.bench import REPLICATE, axes
from simula.store.artifacts import Store

Signed = tuple[str, int, int]
"""System or selection, size, and with which sign it counts."""
Runs = Mapping[tuple[str, int], Mapping[Values, CellResult]]
"""System or selection and size to its finished cells by data seed and seed."""


@dataclass(frozen=True, slots=True)
class Claim:
    """What the paper finds at its own scale: one is above the other at every size, or gains more by size."""

    better: str
    worse: str
    gains: bool = False

    def contrasts(self, sizes: Sequence[int]) -> Iterator[tuple[str, list[Signed]]]:
        """In words, and what is added up: above zero where the claim holds."""
        if self.gains:
            low, high = sizes[0], sizes[-1]
            said = f"{self.better} gains more than {self.worse} from {low:,} to {high:,} rows"
            yield (
                said,
                [
                    (self.better, high, 1),
                    (self.better, low, -1),
                    (self.worse, high, -1),
                    (self.worse, low, 1),
                ],
            )
            return
        for size in sizes:
            said = f"{self.better} is above {self.worse} at {size:,} rows"
            yield said, [(self.better, size, 1), (self.worse, size, -1)]


@dataclass(frozen=True, slots=True)
class Seen:
    """A claim, and what our students say of it."""

    claim: str
    ours: Comparison | None
    """Above zero where the claim holds, a share; None where no seed is finished everywhere it needs."""

    @property
    def outside(self) -> bool:
        """Whether the contrary is told."""
        return self.ours is not None and self.ours.decided and self.ours.difference < 0

    @property
    def verdict(self) -> str:
        """In words."""
        if self.ours is None:
            return "missing"
        if not self.ours.decided:
            return "cannot tell"
        return "against the paper" if self.outside else "as the paper"

    def record(self) -> dict[str, str | int | float | None]:
        """As plain values, one line of a CSV file."""
        found = self.ours
        return {
            "measure": self.claim,
            "ours": found.difference if found else None,
            "ours_low": found.low if found else None,
            "ours_high": found.high if found else None,
            "mark": self.verdict,
            "computed_on": f"{found.seeds} seeds, {found.items} test items" if found else "",
        }


def rendered(
    store: Store,
    wanted: Mapping[str, str],
    title: str,
    experiment: str,
    axis: str,
    claims: Sequence[Claim],
    source: str,
) -> Rendered:
    """What the store has of the cells that `conf/experiment` declares, and of others by the same name.

    Args:
        store: where results are.
        wanted: axis to value: other cells are left out.
        title: of the item.
        experiment: its name.
        axis: system or selection; claims name its values.
        claims: the paper's.
        source: where it makes them, a sentence.

    Raises:
        SimulaError: cells that would stand in one place differ in more than seeds.
    """
    places = declared(experiment, axis)
    seeds = max(places.values())
    found = results(store, {"experiment": experiment, **wanted})
    known = students(found, axis, seeds)
    # A longer sweep than is declared is shown as far as it is there.
    shown = sorted({**places, **known}, key=lambda place: place[2])
    compared = []
    for domain, name, size in shown:
        one = known.get((domain, name, size), NOBODY)
        where = {"domain": domain, axis: name, "size": size}
        compared.append(Compared(where, "accuracy", None, ours=one.ours, state=one.state, note=one.note))
    seen = weigh(found, axis, sorted({size for _, _, size in shown}), claims)
    untuned = _untuned(found)
    return Rendered(
        title,
        (_accuracies(compared, axis, seeds), _claims(seen)),
        (*compared, *seen),
        draw_curves(compared, axis, untuned),
        (*_sentences(untuned), source),
    )


def declared(experiment: str, axis: str) -> dict[Place, int]:
    """Place to the number of its seeds, in the order of the sweep."""
    found: dict[Place, int] = {}
    for cell in cells([f"experiment={experiment}"], sweep=True):
        known = axes(cell.config)
        place = (str(known["domain"]), str(known[axis]), int(known["size"]))
        found[place] = found.get(place, 0) + 1
    return found


def weigh(
    found: Sequence[CellResult], axis: str, sizes: Sequence[int], claims: Sequence[Claim]
) -> list[Seen]:
    """Each claim at each size, on the seeds that are finished on both sides; p by Holm over all of them."""
    runs: dict[tuple[str, int], dict[Values, CellResult]] = {}
    for cell in found:
        if cell.status == "done":
            group = runs.setdefault((str(cell.axes[axis]), int(cell.axes["size"])), {})
            group[values_of(cell, REPLICATE)] = cell
    seen = [
        Seen(said, _contrast(runs, parts, said)) for claim in claims for said, parts in claim.contrasts(sizes)
    ]
    corrected = iter(holm([one.ours for one in seen if one.ours is not None]))
    return [one if one.ours is None else replace(one, ours=next(corrected)) for one in seen]


def _contrast(runs: Runs, parts: Sequence[Signed], said: str) -> Comparison | None:
    groups = [(runs.get((name, size), {}), sign) for name, size, sign in parts]
    return added_up([({at: one.right for at, one in group.items()}, sign) for group, sign in groups], said)


def added_up(parts: Sequence[tuple[Mapping[Values, Sequence[bool]], int]], said: str) -> Comparison | None:
    """Answers added up with their signs, on the seeds that are finished in every part; None where none is.

    Args:
        parts: by data seed and seed whether each test item was right, and its sign.
        said: the contrast in words; names the draws of the bootstrap.
    """
    common = sorted(set.intersection(*(set(group) for group, _ in parts)), key=str)
    if not common:
        return None
    values = sum(sign * np.array([group[at] for at in common], dtype=float) for group, sign in parts)
    signs = [sign for _, sign in parts]
    return contrast(
        np.asarray(values),
        generator(0, said, "bootstrap"),
        groups=[at[0] for at in common],
        possible=(sum(sign for sign in signs if sign < 0), sum(sign for sign in signs if sign > 0)),
    )


def _untuned(found: Sequence[CellResult]) -> Ours | None:
    """The student before tuning, with its interval over test items."""
    for cell in found:
        if cell.base_right:
            one = accuracy(cell.base_right)
            return Ours(one.value, one.low, one.high, f"{len(cell.base_right)} test items")
    return None


def _sentences(untuned: Ours | None) -> Iterator[str]:
    yield (
        "The paper's experiment scaled down: another domain, a simulated teacher, a student of 135 million"
        " parameters, and data sets of about a hundred rows. It shows that the way from configuration to"
        " figure works; what holds here need not hold there."
    )
    if untuned is not None and untuned.low is not None and untuned.high is not None:
        shown = [f"{100 * value:.1f}" for value in (untuned.value, untuned.low, untuned.high)]
        yield (
            f"Untuned student: {shown[0]} % [{shown[1]}, {shown[2]}] of {untuned.on}, 95 % Wilson interval;"
            " the dotted line."
        )


def _accuracies(compared: Sequence[Compared], axis: str, seeds: int) -> TextTable:
    lines = []
    for one in compared:
        shown = "–"
        if one.ours is not None:
            shown = f"{100 * one.ours.value:.1f}"
            if one.ours.low is not None and one.ours.high is not None:
                shown += f" [{100 * one.ours.low:.1f}, {100 * one.ours.high:.1f}]"
        cells = (str(one.where[axis]), f"{one.where['size']:,}", shown, one.mark)
        lines.append(Line(cells, "none" if one.ours is None else ""))
    grounds = dict.fromkeys(one.ours.on for one in compared if one.ours is not None)
    return TextTable(
        "Accuracy",
        (axis, "rows", "accuracy,\u00a0%", "mark"),
        tuple(lines),
        2,
        (f"Mean over {seeds} seeds with the 95 % t interval of that mean.", *(f"{on}." for on in grounds)),
    )


def _claims(seen: Sequence[Seen]) -> TextTable:
    lines = []
    for one in seen:
        difference, p, seeds = "–", "–", "0"
        if one.ours is not None:
            low, high = (f"{100 * end:+.1f}" for end in (one.ours.low, one.ours.high))
            difference = f"{100 * one.ours.difference:+.1f} [{low}, {high}]"
            p, seeds = f"{one.ours.p:.2g}", str(one.ours.seeds)
        lines.append(Line((one.claim, seeds, difference, p, one.verdict), "none" if one.ours is None else ""))
    return TextTable(
        "What the paper finds, and what is seen here",
        ("the paper's finding", "seeds", "difference, points", "p", "seen here"),
        tuple(lines),
        1,
        (
            "Difference: above zero where the finding holds; same seeds and test items, 95 % interval by"
            " hierarchical bootstrap. p: by Holm over the lines that have one; from 5 % on: cannot tell.",
        ),
    )
