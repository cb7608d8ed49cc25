"""Of several learning rates one for each system and size, and what that choice costs or adds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from simula.evaluation.picking import Picked, pick
from simula.report.grid import Values, values_of
from simula.report.results import CellResult
from simula.stages.bench import ARM, PANEL, REPLICATE

By = Literal["validation", "test", "none"]
_AXIS = "learning_rate"
_GROUP = (*PANEL, *(name for name in ARM if name != _AXIS), "size")


@dataclass(frozen=True, slots=True)
class Choice:
    """What was chosen where, in results' words."""

    tried: tuple[float, ...]
    picked: Picked | None
    """None where one rate was tried, or none could be chosen."""
    apart: str = ""
    """Why several rates stay apart; empty where one was chosen or tried."""


def chosen_rates(results: Sequence[CellResult], by: By) -> tuple[list[CellResult], dict[Values, Choice]]:
    """The results without those of learning rates that were not chosen, and the choices by group.

    A rate is chosen over the seeds at which every rate is finished ("the better on average reported per
    version and size", Section 4). Where there is no such seed, or the validation has to decide and no rows
    were held out, nothing is chosen: the rates stay apart, each as a system of its own.
    """
    groups: dict[Values, dict[float, list[CellResult]]] = {}
    for result in results:
        rates = groups.setdefault(group_of(result), {})
        rates.setdefault(_rate(result), []).append(result)
    choices = {}
    hidden: set[tuple[Values, float]] = set()
    for group, rates in groups.items():
        picked, why = _picked(rates, by) if len(rates) > 1 else (None, "")
        choices[group] = Choice(tuple(sorted(rates)), picked, why)
        if picked is not None:
            hidden |= {(group, rate) for rate in rates if rate != picked.rate}
    kept = []
    for result in results:
        group = group_of(result)
        if (group, _rate(result)) not in hidden:
            # One rate, tried alone or chosen, is no part of the system's name.
            axes = result.axes if choices[group].apart else {**result.axes, _AXIS: ""}
            kept.append(replace(result, axes=axes))
    return kept, choices


def group_of(result: CellResult) -> Values:
    """What cells that differ in learning rate and seeds alone have in common."""
    return values_of(result, _GROUP)


def _rate(result: CellResult) -> float:
    return float(result.axes.get(_AXIS) or 0.0)


def _picked(rates: Mapping[float, Sequence[CellResult]], by: By) -> tuple[Picked | None, str]:
    """The choice, or why there is none."""
    if by == "none":
        return None, "evaluation.learning_rate_by=none chooses none"
    done = {
        rate: {values_of(cell, REPLICATE): cell for cell in cells if cell.status == "done"}
        for rate, cells in sorted(rates.items())
    }
    common = sorted(set.intersection(*(set(cells) for cells in done.values())), key=str)
    if not common:
        return None, "no seed is finished at all of them"
    if len({cells[place].items for cells in done.values() for place in common}) > 1:
        return None, "they were examined on different items"
    found = pick(
        list(done),
        [[cells[place].validation for place in common] for cells in done.values()],
        np.array([[cells[place].right for place in common] for cells in done.values()], dtype=bool),
        by,
        [place[0] for place in common],
    )
    return found, "" if found else "no rows were held out to choose by (training.validation_share)"
