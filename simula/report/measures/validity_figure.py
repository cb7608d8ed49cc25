"""Agreement of scores with people over batch sizes and appearances."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from simula.report.figure import STYLE, Drawing, drawing
from simula.report.measures.shown import Measured

NAMES = {"raw": "raw", "elo": "Elo"}
"""The scores, as tables name them."""
_NUMBERS = {"nmi": "NMI", "ari": "ARI", "auc": "AUC"}
_LINES = {"raw": "--", "elo": "-"}
_DODGE = 0.06
"""Of the distance of two batch sizes, by which lines stand apart."""


def draw_validity(sets: Sequence[Measured]) -> Drawing | None:
    """A row a set, an axes a number; None where nothing could be computed."""
    shown = [one for one in sets if any(cell[name] for cell in one.manifest["grid"] for name in _NUMBERS)]
    if not shown:
        return None
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(9.6, 3.2 * len(shown)))
        for row, one in enumerate(shown):
            for column, number in enumerate(_NUMBERS):
                axes = figure.add_subplot(len(shown), 3, 3 * row + column + 1)
                axes.set_title(_NUMBERS[number] if column else f"{one.name}: {_NUMBERS[number]}")
                _grid(axes, one.manifest["grid"], number)
                if column == 2:
                    axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), borderaxespad=0.0)
        return drawing(figure)


def _grid(axes: Axes, grid: Sequence[Mapping[str, Any]], number: str) -> None:
    """A line an appearances and score: solid for Elo, dashed for raw scores."""
    sizes = list(dict.fromkeys(cell["batch_size"] for cell in grid))
    lines = list(dict.fromkeys((cell["appearances"], cell["score"]) for cell in grid))
    times = list(dict.fromkeys(appearances for appearances, _ in lines))
    looks = list(mpl.rcParams["axes.prop_cycle"])
    for at, (appearances, score) in enumerate(lines):
        cells = [
            cell
            for cell in grid
            if (cell["appearances"], cell["score"]) == (appearances, score) and cell[number]
        ]
        if not cells:
            continue
        values, low, high = zip(*(cell[number] for cell in cells), strict=True)
        errors = [[v - end for v, end in zip(values, low, strict=True)]]
        errors += [[end - v for v, end in zip(values, high, strict=True)]]
        shift = _DODGE * (at - (len(lines) - 1) / 2)
        axes.errorbar(
            [sizes.index(cell["batch_size"]) + shift for cell in cells],
            values,
            yerr=errors,
            linestyle=_LINES[score],
            label=f"{NAMES[score]}, {appearances} appearance{'s' * (appearances > 1)}",
            **looks[times.index(appearances) % len(looks)],
        )
    axes.set_xticks(range(len(sizes)), [str(size) for size in sizes])
    axes.set_xlabel("items a batch")
