"""The laboratory's contrasts as a figure, beside what explains them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from textwrap import fill

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.lab_cells import Arm
from experiments.lab_findings import Weighed
from simula.evaluation.statistics import Comparison
from simula.report.figure import INK, STYLE, Drawing, drawing

STOPPED = "stopped in time"
"""The measure of `Weighed.besides` that is drawn."""
_OURS, _BESIDES = "#0072B2", "#E69F00"
_LETTERS = 52
"""Of a contrast's name on one line."""
_APART = 0.18
"""Part of a line by which the two marks of a contrast stand apart."""


@dataclass(frozen=True, slots=True)
class Point:
    """The students of one arm, shares."""

    arm: Arm
    several: float | None
    """Of the rows, those whose problem takes more than one step."""
    right: float | None
    stopped: float | None
    """Of the answers, those that would be right, had the student stopped in time."""


@dataclass(frozen=True, slots=True)
class Bar:
    """The data sets of one arm: shares of accepted rows that are wrong."""

    arm: Arm
    plain: float | None
    made_harder: float | None


def draw_lab(seen: Sequence[Weighed], points: Sequence[Point], bars: Sequence[Bar]) -> Drawing:
    """Contrasts with their intervals; accuracy by what rows are like; wrong rows by skill and critics."""
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(12.0, 8.6))
        grid = figure.add_gridspec(2, 2, width_ratios=(1.25, 1.0))
        _contrasts(figure.add_subplot(grid[:, 0]), seen)
        _points(figure.add_subplot(grid[0, 1]), points)
        _bars(figure.add_subplot(grid[1, 1]), bars)
        return drawing(figure)


def _contrasts(axes: Axes, seen: Sequence[Weighed]) -> None:
    for at, one in enumerate(seen):
        _mark(axes, one.ours, at - _APART, _OURS, "s")
        _mark(axes, one.besides.get(STOPPED), at + _APART, _BESIDES, "o")
    for label, colour, marker in (("accuracy", _OURS, "s"), ("had it stopped in time", _BESIDES, "o")):
        axes.plot([], [], linestyle="", marker=marker, color=colour, label=label)
    if any(one.ours is not None and len(one.ours.runs) == 1 for one in seen):
        look = {"marker": "s", "markerfacecolor": "none", "color": INK}
        axes.plot([], [], linestyle="", label="hollow: one data set of each", **look)
    axes.axvline(0, color=INK, linewidth=1.0)
    names = [fill(one.finding.words, _LETTERS) + f"\n(paper: {one.finding.paper})" for one in seen]
    axes.set_yticks(range(len(seen)), names)
    axes.tick_params(axis="y", labelsize=8)
    axes.set_ylim(len(seen) + 1.0, -0.5)
    axes.set_xlabel("difference, points, with its 95 % interval")
    axes.set_title("Contrasts: right of 0 as said")
    axes.legend(loc="lower left", fontsize=8)


def _mark(axes: Axes, found: Comparison | None, at: float, colour: str, marker: str) -> None:
    if found is not None:
        value, low, high = (100 * share for share in (found.difference, found.low, found.high))
        errors = [[value - low], [high - value]]
        inside = {"markerfacecolor": "none"} if len(found.runs) == 1 else {}
        axes.errorbar(value, at, xerr=errors, linestyle="", marker=marker, color=colour, **inside)


def _points(axes: Axes, points: Sequence[Point]) -> None:
    for name, colour, marker in (("right", _OURS, "s"), ("stopped", _BESIDES, "o")):
        known = [
            (100 * one.several, 100 * share)
            for one in points
            if one.several is not None and (share := getattr(one, name)) is not None
        ]
        label = "right answer" if name == "right" else "had it stopped in time"
        axes.plot(
            [x for x, _ in known],
            [y for _, y in known],
            linestyle="",
            marker=marker,
            color=colour,
            label=label,
        )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("rows of more than one step, %")
    axes.set_ylabel("answers, %")
    axes.set_title("Each mark: the students of one arm")
    axes.legend(loc="best", fontsize=8)


def _bars(axes: Axes, bars: Sequence[Bar]) -> None:
    """Without critics: local_global; with them: full, which differs in nothing else."""
    looks = {"local_global": (_BESIDES, "o", "no critic"), "full": (_OURS, "s", "both critics")}
    for system, (colour, marker, label) in looks.items():
        own = [one for one in bars if one.arm.system == system]
        for field, line, which in (("made_harder", "-", "made harder"), ("plain", ":", "plain")):
            known = [
                (one.arm.skill, 100 * share) for one in own if (share := getattr(one, field)) is not None
            ]
            axes.plot(
                [x for x, _ in known],
                [y for _, y in known],
                linestyle=line,
                marker=marker,
                color=colour,
                label=f"{label}, {which}",
            )
    axes.set_ylim(bottom=0)
    axes.set_xlabel("skill of the teacher")
    axes.set_ylabel("wrong among accepted rows, %")
    axes.set_title("What critics leave")
    axes.legend(loc="best", fontsize=8)
