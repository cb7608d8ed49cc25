"""What each axis of a mechanism does to accuracy: a factorial model over the cells of a sweep."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations, product
from typing import Literal

import numpy as np
import numpy.typing as npt

from simula.evaluation.spread import Floats, Groups
from simula.evaluation.statistics import Comparison, contrasts, holm

Level = str | int | float
_ESTIMABLE = 1e-8
_JOINED = " + "


@dataclass(frozen=True, slots=True)
class Arm:
    """One combination of levels, and its answers in the runs that all combinations share."""

    levels: Mapping[str, Level]
    """Axis to its value; of the blocks, too."""
    right: npt.NDArray[np.bool_]
    """Right or wrong, shape (runs, items), seed by seed and item by item as in every other arm."""


@dataclass(frozen=True, slots=True)
class Effect:
    """What changes where one axis, or two at once, leave the reference's level."""

    kind: Literal["main", "interaction"]
    axis: str
    """Its name; "scenarios + complexity" where two vary together alone, "a × b" for an interaction."""
    change: str
    """"double instead of none"."""
    found: Comparison
    """Of accuracy, Holm's p over all effects of the model."""


@dataclass(frozen=True, slots=True)
class Factorial:
    """The effects that a grid can tell, and those that it cannot."""

    effects: tuple[Effect, ...]
    confounded: tuple[str, ...]
    """Effects for which the grid holds too few combinations."""
    joined: tuple[str, ...]
    """Axes that were taken as one, since neither varies without the other."""
    blocks: tuple[str, ...]
    """Axes that vary, and whose effect is taken out."""
    arms: int
    complete: bool
    """Whether every combination of levels is there: else a main effect is what it is if axes add up."""


@dataclass(frozen=True, slots=True)
class _Term:
    axes: tuple[str, ...]
    levels: tuple[Level, ...]
    change: str
    column: Floats


def factorial(
    arms: Sequence[Arm],
    axes: Sequence[str],
    draw: np.random.Generator,
    *,
    blocks: Sequence[str] = (),
    groups: Groups | None = None,
    resamples: int = 4_000,
) -> Factorial:
    """Main effects and two-way interactions of the axes.

    Args:
        arms: the first one's levels are the reference.
        axes: what is asked about; those that do not vary are left out.
        draw: the generator of the bootstrap.
        blocks: axes whose effect is taken out and not reported, such as the size; those that do not vary are
            left out.
        groups: the data seed of each run; None: each run has its own.
        resamples: bootstrap resamples.

    Ordinary least squares over the arms' accuracies, y = X·β, in the coding of the reference's level (Wu and
    Hamada 2009, "Experiments", chapter 4). Main effects are coefficients of the model of all axes and blocks
    without interactions; in a complete grid that is the change averaged over the other axes. Interactions are
    coefficients of the model with all two-way products: how much more (or less) two changes do together than
    the sum of each alone. A coefficient e'β is estimable where e lies in the row space of X (Searle 1971); it
    is then a fixed combination l = e'X⁺ of the arms, so that its interval is that of the mean of
    Σ_a l_a·right_a over runs and items, which are redrawn as in every other comparison (`contrast`).

    Raises:
        ValueError: the arms' answers differ in shape.
    """
    if len({arm.right.shape for arm in arms}) > 1:
        raise ValueError("arms of a factorial model need the same runs and items")
    joined, factors = _factors(arms, axes)
    blocks = [name for name in blocks if len({arm.levels.get(name, "") for arm in arms}) > 1]
    mains = [_terms(arms, (axis,), factors) for axis in factors]
    pairs = [_terms(arms, pair, factors) for pair in combinations(factors, 2)]
    fixed = [np.ones(len(arms)), *_block_columns(arms, [name for name in blocks if name not in axes])]
    additive = [term for terms in mains for term in terms]
    crossed = [term for terms in pairs for term in terms]
    found: list[tuple[_Term, Floats]] = []
    confounded: list[str] = []
    for terms, others in ((additive, []), (crossed, additive)):
        weights = _weights([*fixed, *(term.column for term in others)], [term.column for term in terms])
        for term, weight in zip(terms, weights, strict=True):
            if weight is None:
                confounded.append(f"{_name(term)}: {term.change}")
            else:
                found.append((term, weight))
    return Factorial(
        effects=_effects(arms, found, draw, groups, resamples),
        confounded=tuple(confounded),
        joined=tuple(joined),
        blocks=tuple(blocks),
        arms=len(arms),
        complete=_complete(arms, factors, blocks),
    )


def _effects(
    arms: Sequence[Arm],
    found: Sequence[tuple[_Term, Floats]],
    draw: np.random.Generator,
    groups: Groups | None,
    resamples: int,
) -> tuple[Effect, ...]:
    if not found:
        return ()
    answers = np.stack([arm.right for arm in arms]).astype(np.float64)
    weights = np.stack([weight for _, weight in found])
    # Accuracies lie between 0 and 1.
    possible = [(float(one[one < 0].sum()), float(one[one > 0].sum())) for one in weights]
    corrected = holm(contrasts(np.tensordot(weights, answers, axes=1), draw, resamples, groups, possible))
    return tuple(
        Effect("main" if len(term.axes) == 1 else "interaction", _name(term), term.change, one)
        for (term, _), one in zip(found, corrected, strict=True)
    )


def _factors(arms: Sequence[Arm], axes: Sequence[str]) -> tuple[list[str], dict[str, list[Level]]]:
    """Axes that vary, those that divide the arms alike taken as one: name to the level of each arm."""
    divisions: dict[tuple[int, ...], list[str]] = {}
    for axis in axes:
        values = [arm.levels.get(axis, "") for arm in arms]
        order = list(dict.fromkeys(values))
        if len(order) > 1:
            divisions.setdefault(tuple(order.index(value) for value in values), []).append(axis)
    factors: dict[str, list[Level]] = {}
    for names in divisions.values():
        levels = [tuple(arm.levels.get(name, "") for name in names) for arm in arms]
        factors[_JOINED.join(names)] = [
            one[0] if len(names) == 1 else _JOINED.join(map(str, one)) for one in levels
        ]
    return [_JOINED.join(names) for names in divisions.values() if len(names) > 1], factors


def _terms(arms: Sequence[Arm], axes: tuple[str, ...], factors: Mapping[str, list[Level]]) -> list[_Term]:
    """One column for every combination of levels other than the reference's."""
    others = [[level for level in dict.fromkeys(factors[axis]) if level != factors[axis][0]] for axis in axes]
    terms = []
    for levels in product(*others):
        column = np.ones(len(arms))
        for axis, level in zip(axes, levels, strict=True):
            column *= np.array([value == level for value in factors[axis]])
        change = " and ".join(
            f"{level} instead of {factors[axis][0]}" for axis, level in zip(axes, levels, strict=True)
        )
        terms.append(_Term(axes, levels, change, column))
    return terms


def _block_columns(arms: Sequence[Arm], blocks: Sequence[str]) -> list[Floats]:
    columns = []
    for name in blocks:
        values = [arm.levels.get(name, "") for arm in arms]
        columns += [
            np.array([value == level for value in values], float)
            for level in dict.fromkeys(values[1:])
            if level != values[0]
        ]
    return columns


def _weights(others: Sequence[Floats], asked: Sequence[Floats]) -> list[Floats | None]:
    """For each asked coefficient the combination of arms that it is; None where it is not estimable."""
    if not asked:
        return []
    design = np.stack([*others, *asked], axis=1)
    inverse = np.linalg.pinv(design)
    reached = inverse @ design
    found: list[Floats | None] = []
    for at in range(len(others), design.shape[1]):
        unit = np.eye(design.shape[1])[at]
        estimable = bool(np.abs(reached[at] - unit).max() < _ESTIMABLE)
        found.append(inverse[at] if estimable else None)
    return found


def _complete(arms: Sequence[Arm], factors: Mapping[str, list[Level]], blocks: Sequence[str]) -> bool:
    columns = [*factors.values(), *([arm.levels.get(name, "") for arm in arms] for name in blocks)]
    if not columns:
        return True
    seen = list(zip(*columns, strict=True))
    possible = int(np.prod([len(set(column)) for column in columns]))
    return len(set(seen)) == len(seen) == possible


def _name(term: _Term) -> str:
    return " × ".join(term.axes)
