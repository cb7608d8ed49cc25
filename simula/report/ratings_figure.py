"""Densities of the ratings by which rows were selected; the measure complexity has a figure of its own."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import cycle

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from simula.draws import generator
from simula.metrics.distribution import axis, distribution
from simula.report.figure import STYLE, Drawing, drawing, legend, short_name

_RESAMPLES = 200
"""Behind each interval."""

_STYLES = ("-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)))
"""So that lines are told apart without colours, too."""


def draw_ratings(ratings: Mapping[str, npt.NDArray[np.float64]]) -> Drawing | None:
    """The density of each data set's Elo ratings with its pointwise 95 % interval; None where none was rated.

    Args:
        ratings: name of a data set to the ratings of its rows.
    """
    known = {name: values for name, values in ratings.items() if len(values)}
    if not known:
        return None
    with mpl.rc_context(fname=STYLE):
        colours = cycle(look["color"] for look in mpl.rcParams["axes.prop_cycle"])
        figure = Figure(figsize=(7.2, 3.4))
        axes = figure.add_subplot()
        places = axis(list(known.values()))
        for (name, values), colour, style in zip(known.items(), colours, cycle(_STYLES), strict=False):
            found = distribution(values, places, generator(0, name, "page"), _RESAMPLES)
            look = {"color": colour, "linestyle": style, "marker": "", "label": short_name(name)}
            axes.plot(places, 100 * found.density, **look)
            axes.fill_between(places, 100 * found.low, 100 * found.high, color=colour, alpha=0.2, linewidth=0)
        axes.set_xlabel("rating, Elo points")
        axes.set_ylabel("% of the rows a point of Elo\n(95 % interval)")
        axes.set_ylim(bottom=0)
        legend(figure)
        return drawing(figure)
