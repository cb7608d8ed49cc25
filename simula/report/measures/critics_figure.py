"""Figure 3 of the paper, of any critics: expected and measured accuracy and rejection, and Elo, by level."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import INK, STYLE, Drawing, drawing, looks_of, short_name

_DODGE = 0.12
"""How far critics stand apart, in levels, so that their intervals do not cover each other."""


@dataclass(frozen=True, slots=True)
class Curve:
    """One critic on one set."""

    name: str
    groups: Sequence[Mapping[str, Any]]
    """Its studies, in the order of the axis."""


def draw_critics(curves: Sequence[Curve], by: str) -> Drawing:
    """Three panels; `by` is what the groups are, such as "level"."""
    with mpl.rc_context(fname=STYLE):
        figure = critics_figure(curves, by)
        return drawing(figure)


def critics_figure(curves: Sequence[Curve], by: str) -> Figure:
    """(a) expected, (b) measured: right before and after the critic, and rejected; (c) Elo."""
    rated = any(_elo(group, kind) is not None for c in curves for group in c.groups for kind in _KINDS)
    panels: list[tuple[str, Callable[[Axes, Curve, Sequence[float], dict[str, Any]], None]]] = [
        ("(a) expected from corrupted answers", _expected),
        ("(b) measured on the writer's answers", _measured),
    ]
    if rated:
        panels.append(("(c) questions accepted and rejected", _rated))
    figure = Figure(figsize=(4.2 * len(panels), 3.6))
    names = list(dict.fromkeys(group["name"] for curve in curves for group in curve.groups))
    looks = looks_of(curve.name for curve in curves)
    looks = {name: {"color": look["color"]} for name, look in looks.items()}
    for at, (title, draw) in enumerate(panels):
        axes = figure.add_subplot(1, len(panels), at + 1)
        axes.set_title(title)
        for place, curve in enumerate(curves):
            shift = _DODGE * (place - (len(curves) - 1) / 2)
            draw(
                axes, curve, [names.index(group["name"]) + shift for group in curve.groups], looks[curve.name]
            )
        axes.set_xticks(range(len(names)), [short_name(name) for name in names])
        axes.set_xlim(-0.6, len(names) - 0.4)
        axes.set_xlabel(by if by != "all" else "all questions")
        if draw is not _rated:
            axes.set_ylim(-3, 103)
        axes.set_ylabel("Elo (95 % interval)" if draw is _rated else "% (95 % interval)")
    _legend(figure, curves, looks, rated=rated)
    return figure


_KINDS = ("accepted", "rejected")
_MARKS: Mapping[str, dict[str, Any]] = {
    "before": {"marker": "_", "linestyle": ":", "markersize": 9},
    "accepted": {"marker": "o", "linestyle": "-"},
    "rejected": {"marker": "v", "linestyle": "--", "markerfacecolor": "none"},
}
"""Right before the critic, right of what is accepted, rejected: told by mark and line, not by colour."""


def _expected(axes: Axes, curve: Curve, places: Sequence[float], look: dict[str, Any]) -> None:
    found = [group["critics"]["double"]["controlled"] for group in curve.groups]
    for name, mark in (("teacher_accuracy", "before"), ("accuracy", "accepted"), ("rejection", "rejected")):
        _line(axes, places, [one[name] for one in found], mark, look, 100)


def _measured(axes: Axes, curve: Curve, places: Sequence[float], look: dict[str, Any]) -> None:
    found = [group["critics"]["double"]["empirical"] for group in curve.groups]
    for name, mark in (("before", "before"), ("accepted", "accepted"), ("rejection", "rejected")):
        _line(axes, places, [one[name] for one in found], mark, look, 100)


def _rated(axes: Axes, curve: Curve, places: Sequence[float], look: dict[str, Any]) -> None:
    for kind in _KINDS:
        found = [group["critics"]["double"]["empirical"][f"elo_{kind}"] for group in curve.groups]
        _line(axes, places, found, kind, look, 1)


def _line(
    axes: Axes,
    places: Sequence[float],
    found: Sequence[Mapping[str, Any]],
    mark: str,
    look: dict[str, Any],
    scale: float,
) -> None:
    """The known values with their intervals; of a single question there is none, and the mark is bare."""
    known = [(place, one) for place, one in zip(places, found, strict=True) if one["value"] is not None]
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
    axes.errorbar([place for place, _ in known], values, yerr=(below, above), **_MARKS[mark], **look)


def _or(end: float | None, one: Mapping[str, Any]) -> float:
    return float(one["value"] if end is None else end)


def _elo(group: Mapping[str, Any], kind: str) -> float | None:
    value = group["critics"]["double"]["empirical"][f"elo_{kind}"]["value"]
    return None if value is None else float(value)


def _legend(
    figure: Figure, curves: Sequence[Curve], looks: Mapping[str, dict[str, Any]], *, rated: bool
) -> None:
    """Colours are critics, marks are what is counted."""
    axes = figure.axes[-1]
    for curve in curves:
        axes.plot([], [], linewidth=4, label=short_name(curve.name), **looks[curve.name])
    said = {"before": "right before", "accepted": "right of accepted", "rejected": "rejected"}
    for mark, words in said.items():
        axes.plot(
            [],
            [],
            color=INK,
            label=words if not rated or mark == "before" else f"{words} (c: {mark})",
            **_MARKS[mark],
        )
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
