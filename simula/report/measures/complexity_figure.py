"""Densities of the ratings of each set (Figure 5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import STYLE, Drawing, drawing, looks_of, short_name
from simula.report.measures.shown import Measured
from simula.store.complexity import read_densities

_MEAN_STEP = 0.05
"""Below the axis' zero, of the highest density: where the means of the sets stand, one under another."""


def draw_complexity(groups: Mapping[str, Sequence[Measured]]) -> Drawing | None:
    """One axes a group of artifacts, in the order of their tables; None where no point was rated."""
    shown = {
        title: ones
        for title, ones in groups.items()
        if any(one["elo"] for each in ones for one in each.manifest["sets"])
    }
    if not shown:
        return None
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(7.2, 3.4 * len(shown)))
        for at, (title, ones) in enumerate(shown.items()):
            axes = figure.add_subplot(len(shown), 1, at + 1)
            axes.set_title(title)
            _densities(axes, ones)
        return drawing(figure)


def _densities(axes: Axes, ones: Sequence[Measured]) -> None:
    """Each set's density with its band, and under the axis its mean with its interval."""
    curves = [
        (
            each.name if len(each.manifest["sets"]) == 1 else one["set"],
            one,
            read_densities(each.folder)["elo"],
        )
        for each in ones
        for one in each.manifest["sets"]
        if one["elo"]
    ]
    looks = looks_of(name for name, _, _ in curves)
    highest = max(max(found["sets"][one["set"]]["high"]) for _, one, found in curves)
    for place, (name, one, found) in enumerate(curves, start=1):
        colour, mark = looks[name]["color"], looks[name]["marker"]
        density = found["sets"][one["set"]]
        curve = _percent(density["density"])
        axes.plot(found["axis"], curve, color=colour, marker="", label=short_name(name))
        low, high = _percent(density["low"]), _percent(density["high"])
        axes.fill_between(found["axis"], low, high, color=colour, alpha=0.2, linewidth=0)
        mean, low, high = one["elo"]["mean"]
        errors = ((mean - low,), (high - mean,))
        axes.errorbar(mean, -100 * _MEAN_STEP * highest * place, xerr=errors, color=colour, marker=mark)
    axes.set_xlabel(f"{ones[0].manifest['attribute']}, Elo points (marks: mean, 95 % interval)")
    axes.set_ylabel("% of the points a point of Elo")
    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)


def _percent(shares: Sequence[float]) -> list[float]:
    return [100 * share for share in shares]
