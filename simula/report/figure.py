"""The report's plot: accuracy with its intervals, by system and, where there are several, by size."""

from __future__ import annotations

import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullLocator

from simula.report.grid import SYSTEMS
from simula.report.summary import Estimate, Panel, Row, Summary

STYLE = Path(__file__).with_name("simula.mplstyle")
INK = "#222222"
"""The style's neutral colour; the SVG takes the page's text colour instead."""
_COLUMNS = 2
_NAME_LENGTH = 36
_DODGE = 0.035
"""Share of the size by which systems stand apart, so that their intervals do not cover each other."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """One figure in three formats."""

    png: bytes
    pdf: bytes
    svg: str
    """The bare `svg` element, its neutral colour the surrounding text's."""


def draw_accuracy(summary: Summary) -> Drawing:
    """Accuracy in percent with 95 % intervals; one axes a panel, the untuned student as a dashed line."""
    with mpl.rc_context(fname=STYLE):
        return drawing(_figure(summary))


def drawing(figure: Figure) -> Drawing:
    """A figure in its three formats, the same bytes for the same figure."""
    return Drawing(
        png=_saved(figure, "png", {}),
        pdf=_saved(figure, "pdf", {"CreationDate": None}),
        svg=_inline(_saved(figure, "svg", {"Date": None}).decode()),
    )


def _figure(summary: Summary) -> Figure:
    looks = looks_of(system for panel in summary.panels for system in panel.systems)
    shown = [panel for panel in summary.panels if any(row.accuracy for row in panel.rows)]
    figure, places = laid_out(len(shown), max((_height(panel) for panel in shown), default=2.0))
    for axes, panel in zip(places, shown, strict=True):
        axes.set_title(panel.title if len(panel.sizes) > 1 else f"{panel.title}, {panel.sizes[0]:,} rows")
        (_by_size if len(panel.sizes) > 1 else _by_system)(axes, panel, looks)
    legend(figure)
    if not shown:
        figure.text(0.5, 0.5, "no cell is finished yet", ha="center", va="center")
    return figure


def laid_out(panels: int, height: float) -> tuple[Figure, list[Axes]]:
    """A figure with axes for so many panels, each so many inches high, at most two beside each other."""
    columns = min(_COLUMNS, max(1, panels))
    lines = -(-max(1, panels) // columns)
    figure = Figure(figsize=(7.2 if columns == 1 else 5.0 * columns, height * lines))
    return figure, [figure.add_subplot(lines, columns, at + 1) for at in range(panels)]


def _height(panel: Panel) -> float:
    return 3.6 if len(panel.sizes) > 1 else 1.35 + 0.34 * len(panel.systems)


def looks_of(systems: Iterable[str]) -> dict[str, dict[str, Any]]:
    """Colour and marker of each system: the paper's five look the same in every report; eight differ."""
    cycle = list(mpl.rcParams["axes.prop_cycle"])
    return {system: cycle[at % len(cycle)] for at, system in enumerate(dict.fromkeys((*SYSTEMS, *systems)))}


def _by_system(axes: Axes, panel: Panel, looks: Mapping[str, dict[str, Any]]) -> None:
    """One size: systems from top to bottom, accuracy to the right, each run a faint mark."""
    names = panel.systems
    for at, row in enumerate(panel.rows):
        if row.accuracy is None:
            continue
        look = looks[row.system]
        if len(row.runs) > 1:
            runs = [100 * run for run in row.runs]
            axes.plot(runs, [at + 0.27] * len(runs), linestyle="", alpha=0.5, markersize=3.5, **look)
        value, errors = _error(row.accuracy)
        axes.errorbar(value, at, xerr=errors, linestyle="", **look)
    axes.set_yticks(range(len(names)), [short_name(name) for name in names])
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.yaxis.grid(visible=False)
    axes.tick_params(axis="y", length=0)
    axes.set_xlabel(f"accuracy on {panel.items:,} test items, % (95 % interval)")
    _lines(panel, axes.axvline, axes.axvspan)


def _by_size(axes: Axes, panel: Panel, looks: Mapping[str, dict[str, Any]]) -> None:
    """Several sizes: rows to the right on a logarithmic scale, one line a system."""
    for at, system in enumerate(panel.systems):
        rows = [row for row in panel.rows if row.system == system and row.accuracy]
        _line(axes, rows, system, 1 + _DODGE * (at - (len(panel.systems) - 1) / 2), looks[system])
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(FixedLocator(panel.sizes))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _rows(size)))
    axes.set_xlabel("size of the data set, rows")
    axes.set_ylabel(f"accuracy on {panel.items:,} items, %\n(95 % interval)")
    _lines(panel, axes.axhline, axes.axhspan)


def _line(axes: Axes, rows: list[Row], system: str, shift: float, look: Mapping[str, Any]) -> None:
    points = [(row.size * shift, *_error(row.accuracy)) for row in rows if row.accuracy]
    if points:
        sizes, values, errors = zip(*points, strict=True)
        below, above = zip(*((low[0], high[0]) for low, high in errors), strict=True)
        axes.errorbar(sizes, values, yerr=(below, above), label=short_name(system), **look)


def _lines(panel: Panel, line: Any, span: Any) -> None:
    """The untuned student with its interval, and blind guessing."""
    if panel.untuned is not None:
        base = panel.untuned.accuracy
        line(100 * base.value, color=INK, linestyle="--", linewidth=1.2, label="untuned")
        span(100 * base.low, 100 * base.high, color=INK, alpha=0.08, linewidth=0)
    if panel.chance is not None:
        line(100 * panel.chance, color=INK, linestyle=":", linewidth=1.2, label="guessing")


def legend(figure: Figure) -> None:
    """One legend for all axes, beside a single one, below several."""
    named = {
        label: handle
        for axes in figure.axes
        for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)
    }
    if named and len(figure.axes) == 1:
        figure.axes[0].legend(
            named.values(), named, loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0
        )
    elif named:
        figure.legend(named.values(), named, loc="outside lower center", ncols=min(4, len(named)))


def _error(accuracy: Estimate) -> tuple[float, tuple[tuple[float], tuple[float]]]:
    """Percent, and the distances to the ends of its interval as matplotlib takes them."""
    value = 100 * accuracy.value
    return value, ((value - 100 * accuracy.low,), (100 * accuracy.high - value,))


def short_name(system: str) -> str:
    """A name, cut in its middle where a legend would have no room for it: names may differ at either end."""
    half = _NAME_LENGTH // 2
    return system if len(system) <= _NAME_LENGTH else f"{system[: half - 1]}…{system[-half:]}"


def _rows(size: float) -> str:
    return f"{size / 1000:g}k" if size >= 1000 else f"{size:g}"


def _saved(figure: Figure, form: str, metadata: dict[str, Any]) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, format=form, metadata=metadata, transparent=form == "svg")
    return buffer.getvalue()


def _inline(svg: str) -> str:
    """The element without its XML prologue."""
    return svg[svg.index("<svg") :].replace(INK, "currentColor")
