"""Densities of the ratings of each set (Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import STYLE, Drawing, drawing, looks_of, short_name
from simula.report.measures.shown import Measured
from simula.store.complexity import read_densities

_HIGHEST = 0.85
"""Height of a set's density where it is highest; sets stand 1 apart."""
_BELOW = 0.1
"""Of a set's mean and its interval, under its density."""

_Curve = tuple[str, Mapping[str, Any], Sequence[float], Mapping[str, Sequence[float]]]
"""A set's name, its numbers, the axis, and its density with its interval."""


def draw_complexity(groups: Mapping[str, Sequence[Measured]]) -> Drawing | None:
    """One axes a group of artifacts, in the order of their tables; None where no point was rated."""
    shown = {title: ones for title, ones in groups.items() if _curves(ones)}
    if not shown:
        return None
    with mpl.rc_context(fname=STYLE):
        return drawing(complexity_figure(shown))


def complexity_figure(groups: Mapping[str, Sequence[Measured]]) -> Figure:
    """The figure, in the style that is set; every group has a rated point."""
    counts = [len(_curves(ones)) for ones in groups.values()]
    heights = [1.1 + 0.75 * count for count in counts]
    figure = Figure(figsize=(7.2, sum(heights)))
    grid = figure.add_gridspec(len(groups), 1, height_ratios=heights)
    for at, (title, ones) in enumerate(groups.items()):
        axes = figure.add_subplot(grid[at, 0])
        axes.set_title(title)
        _densities(axes, ones)
    return figure


def _curves(ones: Sequence[Measured]) -> list[_Curve]:
    """Of the sets of which a point was rated."""
    found: list[_Curve] = []
    for each in ones:
        rated = [one for one in each.manifest["sets"] if one["elo"]]
        densities = read_densities(each.folder)["elo"] if rated else {}
        for one in rated:
            name = each.name if len(each.manifest["sets"]) == 1 else one["set"]
            found.append((name, one, densities["axis"], densities["sets"][one["set"]]))
    return found


def _densities(axes: Axes, ones: Sequence[Measured]) -> None:
    """Sets from top to bottom, each density to its own height; under it the mean with its interval.

    Densities of sets of very different sizes have very different peaks: on one scale the largest hides the
    others. So each has its own, with the band cut where the next set begins.
    """
    curves = _curves(ones)
    looks = looks_of(name for name, *_ in curves)
    for at, (name, one, places, found) in enumerate(curves):
        colour, base = looks[name]["color"], len(curves) - 1 - at
        scale = _HIGHEST / max(found["density"])
        density, low, high = (
            base + np.minimum(scale * np.asarray(found[curve]), 1.0) for curve in ("density", "low", "high")
        )
        axes.fill_between(places, low, high, color=colour, alpha=0.3, linewidth=0)
        axes.plot(places, density, color=colour, marker="")
        mean, below, above = one["elo"]["mean"]
        if below is not None:
            errors = ((mean - below,), (above - mean,))
            axes.errorbar(mean, base - _BELOW, xerr=errors, **looks[name])
    names = [f"{short_name(name)}\n{one['points']:,} points" for name, one, *_ in curves]
    axes.set_yticks(range(len(curves) - 1, -1, -1), names)
    axes.set_ylim(-0.3, len(curves) + 0.05)
    axes.tick_params(axis="y", length=0)
    marked = any(one["elo"]["mean"][1] is not None for _, one, *_ in curves)
    marks = " (marks: mean, 95 % interval)" if marked else ""
    axes.set_xlabel(f"{ones[0].manifest['attribute']}, Elo points{marks}")
