"""The report's plot of effects: what each axis of the mechanism adds to accuracy, with its interval."""

from __future__ import annotations

from textwrap import fill

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.evaluation.effects import Factorial
from simula.report.figure import INK, STYLE, Drawing, drawing
from simula.report.summary import Summary

_TOLD, _OPEN = "#0072B2", "#999999"
"""Blue and grey of the style's colours: an effect that is told from none, and one that is not."""

_WIDTH = 40
"""Characters of a change on one line."""


def draw_effects(summary: Summary) -> Drawing | None:
    """Points of accuracy by effect, one axes a panel; None where no panel has an effect."""
    shown = [
        (panel.title, panel.analysis.effects)
        for panel in summary.panels
        if panel.analysis.effects is not None and panel.analysis.effects.effects
    ]
    if not shown:
        return None
    heights = [0.9 + 0.56 * len(found.effects) for _, found in shown]
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(7.2, sum(heights)))
        axes = figure.subplots(len(shown), 1, squeeze=False, sharex=True, height_ratios=heights)
        for one, (title, found) in zip(axes[:, 0], shown, strict=True):
            one.set_title(title)
            _effects(one, found)
        axes[-1, 0].set_xlabel("change of accuracy, points (95 % interval)")
        return drawing(figure)


def _effects(axes: Axes, found: Factorial) -> None:
    """Effects from top to bottom; a filled mark is told from none at the 5 % level (Holm)."""
    for at, effect in enumerate(found.effects):
        value, low, high = (100 * n for n in (effect.found.difference, effect.found.low, effect.found.high))
        colour = _TOLD if effect.found.decided else _OPEN
        axes.errorbar(
            value,
            at,
            xerr=((value - low,), (high - value,)),
            color=colour,
            marker="o" if effect.kind == "main" else "D",
            markerfacecolor=colour if effect.found.decided else "none",
        )
    axes.axvline(0, color=INK, linewidth=1.0)
    names = [f"{fill(one.axis, _WIDTH)}\n{fill(one.change, _WIDTH)}" for one in found.effects]
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.yaxis.grid(visible=False)
    axes.tick_params(axis="y", length=0)
