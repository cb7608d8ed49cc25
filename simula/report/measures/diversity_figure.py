"""Global and local distance of each set (Figure 4 a, b)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import STYLE, Drawing, drawing, looks_of, short_name
from simula.report.measures.shown import Measured


def draw_diversity(sets: Sequence[Measured]) -> Drawing | None:
    """One axes a distance and embedding, sets from top to bottom; None where no set has a distance."""
    distances = dict.fromkeys(name for one in sets for name in one.manifest["intervals"])
    if not distances:
        return None
    with mpl.rc_context(fname=STYLE):
        looks = looks_of(one.name for one in sets)
        figure = Figure(figsize=(4.4 * len(distances), 1.3 + 0.34 * len(sets)))
        shared = None
        for at, name in enumerate(distances):
            axes = figure.add_subplot(1, len(distances), at + 1, sharey=shared)
            shared = shared or axes
            _distances(axes, sets, name, looks)
        return drawing(figure)


def _distances(
    axes: Axes, sets: Sequence[Measured], name: str, looks: Mapping[str, Mapping[str, Any]]
) -> None:
    """One distance of each set that has it, with its interval."""
    for at, one in enumerate(sets):
        if name in one.manifest["intervals"]:
            value = one.manifest["measures"][name]
            low, high = one.manifest["intervals"][name]
            axes.errorbar(value, at, xerr=((value - low,), (high - value,)), linestyle="", **looks[one.name])
    axes.set_yticks(range(len(sets)), [short_name(one.name) for one in sets])
    axes.set_ylim(len(sets) - 0.5, -0.5)
    axes.yaxis.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    kind, embedding = name.split(" (", 1)
    axes.set_title(kind)
    axes.set_xlabel(f"mean cosine distance, by {embedding.removesuffix(')')} (95 % interval)")
