"""Coverage by level, and the rarefaction curves of each level."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter

from simula.metrics.coverage import Coverage
from simula.report.figure import STYLE, Drawing, drawing, looks_of, short_name

_DODGE = 0.09
"""Levels by which sets stand apart, so that their intervals do not cover each other."""


@dataclass(frozen=True, slots=True)
class Series:
    """One set, its points placed in one way."""

    name: str
    way: str
    found: Coverage


def draw_coverage(series: Sequence[Series]) -> Drawing:
    """The figure of `coverage_figure` in its three formats."""
    with mpl.rc_context(fname=STYLE):
        return drawing(coverage_figure(series))


def coverage_figure(series: Sequence[Series]) -> Figure:
    """Share of nodes by level in percent with 95 % intervals; then one axes a level with rarefaction curves.

    A curve's band is the 95 % interval at that many points. Of several sets each is drawn in one way, by
    assignment where there is one; a single set in all its ways.
    """
    shown = _chosen(series)
    looks = looks_of(one.name for one in shown)
    levels = sorted({level.level for one in shown for level in one.found.levels if level.level})
    lines = -(-(1 + len(levels)) // 2)
    figure = Figure(figsize=(10.0, 3.2 * lines))
    _by_level(figure.add_subplot(lines, 2, 1), shown, looks)
    for at, level in enumerate(levels):
        _curves(figure.add_subplot(lines, 2, at + 2), level, shown, looks)
    return figure


def _chosen(series: Sequence[Series]) -> list[Series]:
    if len({one.name for one in series}) == 1:
        return list(series)
    chosen: dict[str, Series] = {}
    for one in series:
        chosen.setdefault(one.name, one)
    return list(chosen.values())


def _by_level(axes: Axes, shown: Sequence[Series], looks: dict[str, dict[str, Any]]) -> None:
    for at, one in enumerate(shown):
        levels = one.found.levels
        ends = [level.curve[-1] for level in levels]
        values = [100 * level.share for level in levels]
        below = [value - _percent_of(end.low) for value, end in zip(values, ends, strict=True)]
        above = [_percent_of(end.high) - value for value, end in zip(values, ends, strict=True)]
        shift = _DODGE * (at - (len(shown) - 1) / 2)
        axes.errorbar(
            [level.level + shift for level in levels],
            values,
            yerr=(below, above),
            label=f"{short_name(one.name)}, {one.way}, {one.found.points:,} points",
            **_look(one, looks, faint=True),
        )
    axes.set_title("by level")
    axes.xaxis.set_major_locator(
        FixedLocator(sorted({level.level for one in shown for level in one.found.levels}))
    )
    axes.set_xlabel("level of the taxonomies (0: the factors)")
    _percent(axes)
    axes.legend(fontsize="small")


def _curves(axes: Axes, level: int, shown: Sequence[Series], looks: dict[str, dict[str, Any]]) -> None:
    nodes = []
    for one in shown:
        for found in one.found.levels:
            if found.level != level:
                continue
            nodes.append(found.nodes)
            look = _look(one, looks)
            points = [each.points for each in found.curve]
            axes.plot(points, [100 * each.share for each in found.curve], **look | {"marker": ""})
            axes.plot(points[-1], 100 * found.share, **look)
            low = [_percent_of(each.low) for each in found.curve]
            high = [_percent_of(each.high) for each in found.curve]
            axes.fill_between(points, low, high, color=look["color"], alpha=0.15, linewidth=0)
    many = f"{nodes[0]:,}" if len(set(nodes)) == 1 else f"{min(nodes):,} to {max(nodes):,}"
    axes.set_title(f"level {level}, {many} nodes")
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(FuncFormatter(lambda points, _: f"{points:,.0f}"))
    axes.set_xlabel("points, drawn at random")
    _percent(axes)


def _percent_of(end: float | None) -> float:
    """An end of an interval; not a number where there is none, which is not drawn."""
    return math.nan if end is None else 100 * end


def _percent(axes: Axes) -> None:
    axes.set_ylabel("nodes reached, %")
    axes.set_ylim(0, 105)


def _look(one: Series, looks: dict[str, dict[str, Any]], *, faint: bool = False) -> dict[str, Any]:
    """A set's own colour and marker; by lineage the marker is hollow and the line broken."""
    lineage = one.way == "lineage"
    hollow = {"markerfacecolor": "none"} if lineage else {}
    return looks[one.name] | hollow | {"linestyle": ":" if faint else "--" if lineage else "-"}
