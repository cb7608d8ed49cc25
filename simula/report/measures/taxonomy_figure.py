"""Scores of taxonomies beside experts', with their intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simula.evaluation.taxonomies import SCORES
from simula.report.figure import STYLE, Drawing, drawing

_DODGE = 0.18
"""How far methods stand apart on a taxonomy's line."""


def draw_quality(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Drawing:
    """One axes a score, a line a taxonomy, a mark with its 95 % interval a method.

    Args:
        rows: taxonomy, method, and its scores with `value`, `low` and `high`; value None is left out.
    """
    with mpl.rc_context(fname=STYLE):
        return drawing(quality_figure(rows))


def quality_figure(rows: Sequence[tuple[str, str, Mapping[str, Any]]]) -> Figure:
    """The figure, in the style that is set."""
    taxonomies = list(dict.fromkeys(taxonomy for taxonomy, _, _ in rows))
    methods = list(dict.fromkeys(method for _, method, _ in rows))
    cycle = list(mpl.rcParams["axes.prop_cycle"])
    figure = Figure(figsize=(10.0, 1.5 + 0.45 * len(taxonomies)))
    for at, score in enumerate(SCORES):
        axes = figure.add_subplot(1, len(SCORES), at + 1)
        for number, method in enumerate(methods):
            found = [
                (taxonomies.index(taxonomy), scores[score])
                for taxonomy, own, scores in rows
                if own == method and scores[score]["value"] is not None
            ]
            places = [place + _DODGE * (number - (len(methods) - 1) / 2) for place, _ in found]
            values = [one["value"] for _, one in found]
            errors = [
                [max(0.0, one["value"] - one["low"]) for _, one in found],
                [max(0.0, one["high"] - one["value"]) for _, one in found],
            ]
            look = cycle[number % len(cycle)]
            axes.errorbar(values, places, xerr=errors, linestyle="", label=method, **look)
        axes.set_title(score)
        axes.set_yticks(range(len(taxonomies)), taxonomies if at == 0 else [""] * len(taxonomies))
        axes.set_ylim(len(taxonomies) - 0.5, -0.5)
        # Room for marks and caps that stand at an end.
        most = 1.0 if score in ("completeness", "soundness") else max(1.0, axes.get_xlim()[1])
        axes.set_xlim(-0.04 * most, 1.04 * most)
        axes.xaxis.set_major_locator(MaxNLocator(4, steps=[1, 2, 5, 10]))
        axes.yaxis.grid(visible=False)
        axes.tick_params(axis="y", length=0)
        axes.set_xlabel("share of nodes" if at < 2 else "ratio of nodes")
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(methods))
    return figure
