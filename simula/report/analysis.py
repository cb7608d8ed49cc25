"""What a panel's systems and sizes show together: effects of axes, the front, and growth with the size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simula.evaluation.effects import Arm, Factorial, factorial
from simula.evaluation.pareto import dominated_by, front_shares
from simula.evaluation.scaling import FEWEST, Saturation, saturation, slope
from simula.evaluation.spread import run_groups
from simula.evaluation.statistics import Comparison, Right, contrasts, holm
from simula.report.grid import CellPanel, Group
from simula.stages.bench import ARM

AXES = tuple(name for name in ARM if name not in ("system", "learning_rate", "mechanism"))
"""Axes of the mechanism whose effects are asked for."""
BLOCKS = ("size", "learning_rate")
"""What else systems may differ in; its effect is taken out. Rates are only there where none was chosen."""
OTHER = "other settings"
"""The axis of systems that no named one tells apart, such as by a setting inside of one."""


@dataclass(frozen=True, slots=True)
class Point:
    """One system at one size, in accuracy and price."""

    system: str
    size: int
    price: float
    accuracy: float
    low: float
    high: float
    """95 % interval of the accuracy, over seeds and items."""
    beaten_by: str | None
    """A system and size that costs no more and is no less accurate; None on the front."""
    share: float
    """Of redrawn experiments those in which it is on the front."""


@dataclass(frozen=True, slots=True)
class Front:
    """Accuracy against price."""

    unit: Literal["$", "tokens"]
    """Tokens where nothing costs anything."""
    points: tuple[Point, ...]
    runs: tuple[int, ...]
    """Of each data seed the runs that all points share, which accuracies are means over."""


@dataclass(frozen=True, slots=True)
class Growth:
    """How one system's accuracy grows with the rows."""

    system: str
    sizes: tuple[int, ...]
    slope: Comparison
    """What a doubling adds."""
    against: Comparison | None
    """The slope minus the reference's; Holm's p over the panel."""
    ceiling: Saturation | None
    """Only of four sizes or more."""


@dataclass(frozen=True, slots=True)
class Analysis:
    """What can be said of a panel as a whole; None or empty where the grid does not hold it."""

    effects: Factorial | None
    no_effects: str
    """Why the effect of no axis can be told although axes vary; else empty."""
    front: Front | None
    growth: tuple[Growth, ...]
    left_out: int
    """Finished cells whose seeds not every other arm of the effects' model has."""


def analyse(panel: CellPanel, draw: np.random.Generator) -> Analysis:
    """Effects, front and growth of a panel, over the runs that what is compared has in common."""
    groups = [group for group in panel.groups if group.done]
    first = [group for group in groups if group.system == panel.reference]
    ordered = first + [group for group in groups if group.system != panel.reference]
    places = _common(ordered)
    left_out = sum(len(group.done) - len(places) for group in ordered) if places else 0
    effects = _effects(ordered, places, draw)
    return Analysis(
        effects=effects,
        no_effects=_why_not(ordered, effects),
        front=_front(groups, draw),
        growth=_growth(panel, groups, draw),
        left_out=left_out,
    )


def _common(groups: Sequence[Group]) -> list[tuple[str | int | float, ...]]:
    """The replicates that all groups have finished."""
    if not groups:
        return []
    return sorted(set.intersection(*(set(group.done) for group in groups)), key=str)


def _stack(groups: Sequence[Group], places: Sequence[tuple[str | int | float, ...]]) -> Right:
    """Shape (groups, runs, items)."""
    return np.array([[group.done[place].right for place in places] for group in groups], dtype=bool)


def _effects(
    groups: Sequence[Group], places: Sequence[tuple[str | int | float, ...]], draw: np.random.Generator
) -> Factorial | None:
    axes = _varying(groups)
    if not axes or not places:
        return None
    levels = [_levels(group) for group in groups]
    if len({tuple(one.values()) for one in levels}) < len(levels):
        axes.append(OTHER)
        for one, group in zip(levels, groups, strict=True):
            one[OTHER] = group.system
    arms = [Arm(one, right) for one, right in zip(levels, _stack(groups, places), strict=True)]
    return factorial(arms, axes, draw, blocks=BLOCKS, groups=[place[0] for place in places])


def _levels(group: Group) -> dict[str, str | int | float]:
    rate = group.axes.get("learning_rate", "")
    return {name: group.axes.get(name, "") for name in AXES} | {"size": group.size, "learning_rate": rate}


def _varying(groups: Sequence[Group]) -> list[str]:
    levels = [_levels(group) for group in groups]
    return [name for name in AXES if len({one[name] for one in levels}) > 1]


def _why_not(groups: Sequence[Group], found: Factorial | None) -> str:
    """Why there is no effect where one was asked for."""
    if found is None:
        return f"no seed is finished in all {len(groups)} combinations" if _varying(groups) else ""
    if found.effects:
        return ""
    if any(name.split(":")[0] == OTHER for name in found.confounded):
        return "systems of the same axes differ in settings that no axis names"
    return "the grid holds too few combinations"


def _front(groups: Sequence[Group], draw: np.random.Generator) -> Front | None:
    known = [group for group in groups if any(cell.dataset for cell in group.done.values())]
    places = _common(known)
    if len(known) < 2 or not places:
        return None
    prices = [_price(group) for group in known]
    unit: Literal["$", "tokens"] = "$" if any(usd for usd, _ in prices) else "tokens"
    costs = [usd if unit == "$" else tokens for usd, tokens in prices]
    right = _stack(known, places)
    accuracies = [float(answers.mean()) for answers in right]
    beaten = dominated_by(costs, accuracies)
    seeds = [place[0] for place in places]
    spans = contrasts(right.astype(float), draw, 2_000, seeds, [(0.0, 1.0)] * len(right))
    shares = front_shares(right, costs, draw, seeds)
    several = len({group.size for group in known}) > 1
    names = [f"{group.system}, {group.size:,} rows" if several else group.system for group in known]
    points = tuple(
        Point(
            group.system,
            group.size,
            cost,
            span.difference,
            span.low,
            span.high,
            None if by is None else names[by],
            share,
        )
        for group, cost, span, by, share in zip(known, costs, spans, beaten, shares, strict=True)
    )
    return Front(unit, points, tuple(len(at) for at in run_groups(seeds)))


def _price(group: Group) -> tuple[float, float]:
    """Dollars and tokens of a data set, the mean over those of the group."""
    found = {cell.axes.get("data_seed"): cell.dataset for cell in group.done.values() if cell.dataset}
    datasets = list(found.values())
    tokens = [dataset.prompt_tokens + dataset.completion_tokens for dataset in datasets]
    return float(np.mean([dataset.price for dataset in datasets])), float(np.mean(tokens))


def _growth(panel: CellPanel, groups: Sequence[Group], draw: np.random.Generator) -> tuple[Growth, ...]:
    found = []
    for system in dict.fromkeys(group.system for group in groups):
        own = [group for group in groups if group.system == system]
        places = _common(own)
        if len(own) < 2 or not places:
            continue
        sizes, seeds = [group.size for group in own], [place[0] for place in places]
        right = _stack(own, places)
        found.append(
            Growth(
                system=system,
                sizes=tuple(sizes),
                slope=slope(right, sizes, draw, seeds),
                against=_against(panel, own, groups, draw) if system != panel.reference else None,
                ceiling=saturation(right, sizes, draw, seeds) if len(sizes) >= FEWEST else None,
            )
        )
    corrected = iter(holm([one.against for one in found if one.against is not None]))
    return tuple(replace(one, against=next(corrected)) if one.against is not None else one for one in found)


def _against(
    panel: CellPanel, own: Sequence[Group], groups: Sequence[Group], draw: np.random.Generator
) -> Comparison | None:
    """The slope minus the reference's, over the sizes and runs that both have."""
    other = {group.size: group for group in groups if group.system == panel.reference}
    both = [group for group in own if group.size in other]
    references = [other[group.size] for group in both]
    places = _common([*both, *references])
    if len(both) < 2 or not places:
        return None
    values = _stack(both, places).astype(float) - _stack(references, places)
    return slope(values, [group.size for group in both], draw, [place[0] for place in places])
