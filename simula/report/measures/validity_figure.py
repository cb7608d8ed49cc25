"""Agreement of scores with people over batch sizes and appearances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.progress import counted
from simula.report.figure import INK, STYLE, Drawing, drawing, short_name
from simula.report.measures.shown import Measured

NAMES = {"raw": "raw", "elo": "Elo"}
"""The scores, as tables name them."""
_NUMBERS = {"nmi": "NMI", "ari": "ARI", "auc": "AUC"}
_LINES = {"raw": "--", "elo": "-"}
_DODGE = 0.09
"""Of the distance of two places on the axis, by which lines stand apart."""
_AXES = {"batch_size": "items a batch", "appearances": "batches an item is in"}
"""What the axis may be, and how it is named."""


def draw_validity(sets: Sequence[Measured]) -> Drawing | None:
    """A row a set, an axes a number; None where nothing could be computed."""
    shown = [one for one in sets if any(cell[name] for cell in one.manifest["grid"] for name in _NUMBERS)]
    if not shown:
        return None
    with mpl.rc_context(fname=STYLE):
        return drawing(validity_figure(shown))


def validity_figure(sets: Sequence[Measured]) -> Figure:
    """The figure, in the style that is set.

    Batch sizes are to the right, a line each number of appearances; of a single batch size the appearances
    are to the right, so that every line has somewhere to go.
    """
    figure = Figure(figsize=(9.6, 3.2 * len(sets)))
    for row, one in enumerate(sets):
        grid = one.manifest["grid"]
        across = "batch_size" if len({cell["batch_size"] for cell in grid}) > 1 else "appearances"
        named: dict[str, Any] = {}
        for column, number in enumerate(_NUMBERS):
            axes = figure.add_subplot(len(sets), 3, 3 * row + column + 1)
            axes.set_title(_NUMBERS[number] if column else f"{short_name(one.name)}: {_NUMBERS[number]}")
            _grid(axes, grid, number, across)
            handles, labels = axes.get_legend_handles_labels()
            named |= dict(zip(labels, handles, strict=True))
        # Beside the last axes, which may have no line.
        axes.legend(
            list(named.values()), list(named), loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0
        )
    return figure


def _grid(axes: Axes, grid: Sequence[Mapping[str, Any]], number: str, across: str) -> None:
    """A line a schedule's other side and score: solid for Elo, dashed and hollow for raw scores."""
    other = "appearances" if across == "batch_size" else "batch_size"
    places = sorted({cell[across] for cell in grid})
    lines = list(dict.fromkeys((cell[other], cell["score"]) for cell in grid))
    kinds = list(dict.fromkeys(value for value, _ in lines))
    looks = list(mpl.rcParams["axes.prop_cycle"])
    for at, (value, score) in enumerate(lines):
        cells = [cell for cell in grid if (cell[other], cell["score"]) == (value, score) and cell[number]]
        cells.sort(key=lambda cell: cell[across])
        if not cells:
            continue
        values, low, high = zip(*(cell[number] for cell in cells), strict=True)
        # Of few items a percentile interval may lie beside its number.
        errors = [[max(0.0, v - end) for v, end in zip(values, low, strict=True)]]
        errors += [[max(0.0, end - v) for v, end in zip(values, high, strict=True)]]
        shift = _DODGE * (at - (len(lines) - 1) / 2)
        axes.errorbar(
            [places.index(cell[across]) + shift for cell in cells],
            values,
            yerr=errors,
            linestyle=_LINES[score],
            label=_label(score, other, value),
            **looks[kinds.index(value) % len(looks)] | ({"mfc": "none"} if score == "raw" else {}),
        )
    if not axes.containers:
        axes.text(0.5, 0.6, "could not be computed", transform=axes.transAxes, ha="center")
    _nothing(axes, grid, number)
    axes.set_xticks(range(len(places)), [str(place) for place in places])
    # A single place is no wider than one of several.
    axes.set_xlim(-0.6, len(places) - 0.4)
    axes.set_xlabel(_AXES[across])


def _label(score: str, other: str, value: int) -> str:
    if other == "appearances":
        return f"{NAMES[score]}, {counted(value, 'appearance')}"
    return f"{NAMES[score]}, batches of {value}"


def _nothing(axes: Axes, grid: Sequence[Mapping[str, Any]], number: str) -> None:
    """What chance gives: for NMI and ARI the widest range that permuted levels have in the grid."""
    if number == "auc":
        axes.axhline(0.5, color=INK, linestyle=":", linewidth=1.2)
        return
    # Grids of artifacts that were made before there was such a range do without.
    chance = [cell[f"{number}_by_chance"] for cell in grid if cell.get(f"{number}_by_chance")]
    if chance:
        low, high = min(one[1] for one in chance), max(one[2] for one in chance)
        axes.axhspan(low, high, color=INK, alpha=0.12, linewidth=0, label="by chance")
