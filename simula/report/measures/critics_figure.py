"""Figure 3 of the paper, of any critics: expected and measured accuracy and rejection, and Elo, by level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import INK, STYLE, Drawing, drawing, short_name

_DODGE = 0.12
"""How far what is counted stands apart, in levels, so that intervals do not cover each other."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One critic on one set."""

    name: str
    groups: Sequence[Mapping[str, Any]]
    """Its studies, in the order of the axis."""


def draw_critics(curves: Sequence[Curve], by: str) -> Drawing:
    """Three panels a critic; `by` is what the groups are, such as "level"."""
    with mpl.rc_context(fname=STYLE):
        return drawing(critics_figure(curves, by))


def critics_figure(curves: Sequence[Curve], by: str) -> Figure:
    """A row a critic: (a) expected, (b) measured: right before and after it, and rejected; (c) Elo."""
    rated = any(_elo(group, kind) is not None for c in curves for group in c.groups for kind in _KINDS)
    panels: list[tuple[str, Callable[[Axes, Curve, Sequence[int]], None]]] = [
        ("(a) expected from corrupted answers", _expected),
        ("(b) measured on the writer's answers", _measured),
    ]
    if rated:
        panels.append(("(c) questions accepted and rejected", _rated))
    figure = Figure(figsize=(4.2 * len(panels), 0.6 + 3.0 * len(curves)))
    names = list(dict.fromkeys(group["name"] for curve in curves for group in curve.groups))
    for row, curve in enumerate(curves):
        places = [names.index(group["name"]) for group in curve.groups]
        for column, (title, draw) in enumerate(panels):
            axes = figure.add_subplot(len(curves), len(panels), row * len(panels) + column + 1)
            axes.set_title(title if column else f"{short_name(curve.name)}\n{title}")
            draw(axes, curve, places)
            axes.set_xticks(range(len(names)), [short_name(name) for name in names])
            axes.set_xlim(-0.6, len(names) - 0.4)
            axes.set_xlabel(by if by != "all" else "all questions")
            if draw is not _rated:
                axes.set_ylim(-3, 103)
            axes.set_ylabel("Elo (95 % interval)" if draw is _rated else "% (95 % interval)")
    _legend(figure.axes[len(panels) - 1], rated=rated)
    return figure


_KINDS = ("accepted", "rejected")
_MARKS: Mapping[str, dict[str, Any]] = {
    "before": {"color": INK, "marker": "D", "linestyle": ":", "markerfacecolor": "none"},
    "accepted": {"color": "C4", "marker": "o", "linestyle": "-"},
    "rejected": {"color": "C5", "marker": "v", "linestyle": "--"},
}
"""Right before the critic, right of what is accepted, rejected: told by colour, mark and line."""


def _expected(axes: Axes, curve: Curve, places: Sequence[int]) -> None:
    found = [group["critics"]["double"]["controlled"] for group in curve.groups]
    for name, mark in (("teacher_accuracy", "before"), ("accuracy", "accepted"), ("rejection", "rejected")):
        _line(axes, places, [one[name] for one in found], mark, 100)


def _measured(axes: Axes, curve: Curve, places: Sequence[int]) -> None:
    found = [group["critics"]["double"]["empirical"] for group in curve.groups]
    for name, mark in (("before", "before"), ("accepted", "accepted"), ("rejection", "rejected")):
        _line(axes, places, [one[name] for one in found], mark, 100)


def _rated(axes: Axes, curve: Curve, places: Sequence[int]) -> None:
    for kind in _KINDS:
        found = [group["critics"]["double"]["empirical"][f"elo_{kind}"] for group in curve.groups]
        _line(axes, places, found, kind, 1)


def _line(
    axes: Axes, places: Sequence[int], found: Sequence[Mapping[str, Any]], mark: str, scale: float
) -> None:
    """The known values with their intervals; of a single question there is none, and the mark is bare."""
    shift = _DODGE * (list(_MARKS).index(mark) - 1)
    known = [
        (place + shift, one) for place, one in zip(places, found, strict=True) if one["value"] is not None
    ]
    if not known:
        return
    values = [scale * one["value"] for _, one in known]
    # An end at 100 % may lie below it by a rounding.
    below = [
        max(0.0, value - scale * _or(one["low"], one)) for value, (_, one) in zip(values, known, strict=True)
    ]
    above = [
        max(0.0, scale * _or(one["high"], one) - value) for value, (_, one) in zip(values, known, strict=True)
    ]
    axes.errorbar([place for place, _ in known], values, yerr=(below, above), **_MARKS[mark])


def _or(end: float | None, one: Mapping[str, Any]) -> float:
    return float(one["value"] if end is None else end)


def _elo(group: Mapping[str, Any], kind: str) -> float | None:
    value = group["critics"]["double"]["empirical"][f"elo_{kind}"]["value"]
    return None if value is None else float(value)


def _legend(axes: Axes, *, rated: bool) -> None:
    """What is counted, beside the first critic's row."""
    said = {"before": "right before", "accepted": "right of accepted", "rejected": "rejected"}
    for mark, words in said.items():
        label = words if not rated or mark == "before" else f"{words} (c: {mark})"
        axes.plot([], [], label=label, **_MARKS[mark])
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
