"""Accuracy by data size, the paper's beside ours: the form of Figures 6, 7, 11, 12 and 13."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from experiments.comparison import Compared, Ours
from simula.report.figure import INK, STYLE, Drawing, drawing, looks_of
from simula.report.grid import SYSTEMS

_COLUMNS = 3
_DODGE = 0.05
"""Share of the size by which lines stand apart, so that their intervals do not cover each other."""

_MARGIN = 1.3
"""Factor of the size that is left free on either side."""


def draw_curves(compared: Sequence[Compared], axis: str, untuned: Ours | None = None) -> Drawing:
    """One axes a domain, one colour a system or selection: the paper's pale and dashed, ours solid.

    Args:
        compared: accuracies, shares, each with domain, size and the axis in its place.
        axis: whose values are lines.
        untuned: the student before tuning, of a single domain: a dotted line.
    """
    domains = list(dict.fromkeys(str(one.where["domain"]) for one in compared))
    names = list(dict.fromkeys(str(one.where[axis]) for one in compared))
    with mpl.rc_context(fname=STYLE):
        looks = _looks(names)
        # The legend has a place of its own, after the last panel.
        places = len(domains) + 1
        columns = min(_COLUMNS, places)
        lines = -(-places // columns)
        figure = Figure(figsize=(3.9 * columns, 2.9 * lines))
        for at, domain in enumerate(domains):
            axes = figure.add_subplot(lines, columns, at + 1)
            axes.set_title(domain)
            members = [one for one in compared if one.where["domain"] == domain]
            for shift, name in enumerate(names):
                own = [one for one in members if one.where[axis] == name]
                apart = 1 + _DODGE * (shift - (len(names) - 1) / 2)
                _theirs(axes, own, looks[name])
                _ours(axes, own, apart, looks[name])
            if untuned is not None:
                axes.axhline(100 * untuned.value, color=INK, linestyle=":", linewidth=1.2)
            if not any(one.paper is not None or one.ours for one in members) and untuned is None:
                axes.set_ylim(0, 100)
            _scale(axes, sorted({int(one.where["size"]) for one in members}))
            if at % columns == 0:
                axes.set_ylabel("accuracy, %")
            if at + columns >= len(domains):
                axes.set_xlabel("size of the data set, rows")
        handles = _handles(compared, {name: looks[name] for name in names})
        if untuned is not None:
            handles.append(Line2D([], [], color=INK, linestyle=":", linewidth=1.2, label="untuned student"))
        legend = figure.add_subplot(lines, columns, places)
        legend.set_axis_off()
        legend.legend(handles=handles, loc="center left")
        return drawing(figure)


def _looks(names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Systems as in every other figure; of other names the first ones of the style."""
    if set(names) <= set(SYSTEMS):
        return looks_of(names)
    return dict(zip(names, mpl.rcParams["axes.prop_cycle"], strict=False))


def _theirs(axes: Axes, own: Sequence[Compared], look: Mapping[str, Any]) -> None:
    """The paper's means as small marks on a dashed line, its 95 % intervals as a band."""
    known = [
        (int(one.where["size"]), 100 * one.paper, 100 * (one.paper_half or 0.0))
        for one in own
        if one.paper is not None
    ]
    if known:
        sizes, values, halves = (list(column) for column in zip(*known, strict=True))
        axes.plot(sizes, values, linestyle="--", linewidth=1.2, markersize=3.5, **look)
        low = [value - half for value, half in zip(values, halves, strict=True)]
        high = [value + half for value, half in zip(values, halves, strict=True)]
        axes.fill_between(sizes, low, high, color=look["color"], alpha=0.15, linewidth=0)


def _ours(axes: Axes, own: Sequence[Compared], apart: float, look: Mapping[str, Any]) -> None:
    """Our means as marks with 95 % intervals; where seeds are missing the mark is hollow."""
    done = [(int(one.where["size"]) * apart, one.ours, one.note) for one in own if one.ours is not None]
    values = [100 * ours.value for _, ours, _ in done]
    axes.plot([size for size, _, _ in done], values, marker="", color=look["color"])
    for size, ours, note in done:
        errors = None
        if ours.low is not None and ours.high is not None:
            errors = [[100 * (ours.value - ours.low)], [100 * (ours.high - ours.value)]]
        inside = {"markerfacecolor": "none"} if note else {}
        axes.errorbar(size, 100 * ours.value, yerr=errors, linestyle="", **look, **inside)


def _scale(axes: Axes, sizes: Sequence[int]) -> None:
    axes.set_xscale("log")
    axes.set_xlim(sizes[0] / _MARGIN, sizes[-1] * _MARGIN)
    axes.xaxis.set_major_locator(FixedLocator(sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _rows(size)))
    axes.tick_params(axis="x", labelsize=8)


def _rows(size: float) -> str:
    return f"{size / 1000:g}k" if size >= 1000 else f"{size:g}"


def _handles(compared: Sequence[Compared], looks: Mapping[str, Mapping[str, Any]]) -> list[Line2D]:
    """Names by colour and mark, and what is the paper's, ours, unfinished."""
    handles = [Line2D([], [], label=name, **look) for name, look in looks.items()]
    if any(one.paper is not None for one in compared):
        handles.append(
            Line2D([], [], color=INK, linestyle="--", linewidth=1.2, marker="", label="paper, 95 % band")
        )
    any_ours = any(one.ours for one in compared)
    handles.append(
        Line2D([], [], color=INK, label="ours, 95 % interval" if any_ours else "ours: no finished result")
    )
    if any(one.ours and one.note for one in compared):
        hollow = {"marker": "o", "markerfacecolor": "none", "linestyle": ""}
        handles.append(Line2D([], [], color=INK, label="ours, seeds missing", **hollow))
    return handles
