"""Global and local distance of each set (Figure 4 a, b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from simula.report.figure import STYLE, Drawing, drawing, looks_of, short_name
from simula.report.measures.shown import Measured


def draw_diversity(sets: Sequence[Measured]) -> Drawing | None:
    """The figure in its formats; None where no set has a distance."""
    if not any(one.manifest["intervals"] for one in sets):
        return None
    with mpl.rc_context(fname=STYLE):
        return drawing(figure_of(sets))


def figure_of(sets: Sequence[Measured]) -> Figure:
    """One axes a distance and embedding, sets from top to bottom."""
    # By what it is of, so that sets that differ in their size alone look alike.
    looks = looks_of(one.manifest["set"] for one in sets)
    names = dict.fromkeys(name for one in sets for name in one.manifest["intervals"])
    figure = Figure(figsize=(2.0 + 4.2 * len(names), 1.45 + 0.34 * len(sets)))
    for at, name in enumerate(names):
        axes = figure.add_subplot(1, len(names), at + 1)
        _distances(axes, sets, name, looks)
        if at:
            axes.tick_params(axis="y", labelleft=False)
    return figure


def _distances(
    axes: Axes, sets: Sequence[Measured], name: str, looks: Mapping[str, Mapping[str, Any]]
) -> None:
    """One distance of each set that has it, with its interval."""
    for at, one in enumerate(sets):
        if name in one.manifest["intervals"]:
            value = one.manifest["measures"][name]
            low, high = one.manifest["intervals"][name]
            errors = ((value - low,), (high - value,))
            axes.errorbar(value, at, xerr=errors, linestyle="", **looks[one.manifest["set"]])
    axes.set_yticks(range(len(sets)), [short_name(one.name) for one in sets])
    axes.set_ylim(len(sets) - 0.5, -0.5)
    axes.yaxis.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    kind, embedding = name.split(" (", 1)
    axes.set_title(kind)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.set_xlabel(f"mean cosine distance (95 % interval)\nby {embedding.removesuffix(')')}")
