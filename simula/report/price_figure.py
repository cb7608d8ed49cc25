"""The report's second plot: accuracy against price, with the front."""

from __future__ import annotations

from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from simula.report.analysis import Front
from simula.report.figure import INK, STYLE, Drawing, drawing, laid_out, legend, looks_of, short_name
from simula.report.summary import Panel, Summary


def draw_price(summary: Summary) -> Drawing | None:
    """Accuracy in percent over the price of a data set, one axes a panel; None where no panel has a front."""
    shown = [panel for panel in summary.panels if panel.analysis.front is not None]
    if not shown:
        return None
    with mpl.rc_context(fname=STYLE):
        looks = looks_of(system for panel in summary.panels for system in panel.systems)
        figure, places = laid_out(len(shown), 3.4)
        for axes, panel in zip(places, shown, strict=True):
            axes.set_title(panel.title)
            front = panel.analysis.front
            assert front is not None
            _points(axes, panel, front, looks)
        legend(figure)
        return drawing(figure)


def _points(axes: Axes, panel: Panel, front: Front, looks: dict[str, dict[str, Any]]) -> None:
    """Points on the front joined by steps, since nothing in between is for sale; the others faint."""
    for system in dict.fromkeys(point.system for point in front.points):
        axes.plot([], [], linestyle="", label=short_name(system), **looks[system])
    for point in front.points:
        faint = 1.0 if point.beaten_by is None else 0.4
        value = 100 * point.accuracy
        ends = ([value - 100 * point.low], [100 * point.high - value])
        axes.errorbar(point.price, value, yerr=ends, linestyle="", alpha=faint, **looks[point.system])
    best = sorted((point.price, 100 * point.accuracy) for point in front.points if point.beaten_by is None)
    prices, values = zip(*best, strict=True)
    line: dict[str, Any] = {
        "drawstyle": "steps-post",
        "color": INK,
        "linewidth": 1.0,
        "marker": "",
        "zorder": 0,
    }
    axes.plot(prices, values, label="front", **line)
    if min(point.price for point in front.points) > 0:
        axes.set_xscale("log")
        axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
        axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda price, _: _short(price)))
    unit = "US dollars" if front.unit == "$" else "tokens"
    axes.set_xlabel(f"price of the data set, {unit}")
    axes.set_ylabel(f"accuracy on {panel.items:,} items, %\n(95 % interval)")


def _short(price: float) -> str:
    for bound, unit in ((1e6, "M"), (1e3, "k")):
        if price >= bound:
            return f"{price / bound:g}{unit}"
    return f"{price:g}"
