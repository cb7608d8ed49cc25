"""Numbers of the paper's beside ours, as marks with intervals."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from experiments.comparison import Compared
from simula.report.figure import INK, STYLE, Drawing, drawing

_COLUMNS = 3
_APART = 0.17
"""Part of a category's width by which the paper's mark stands beside ours."""


def draw(
    compared: Sequence[Compared], panel: Sequence[str], category: str, unit: Callable[[Compared], str]
) -> Drawing:
    """One axes a panel: the paper's numbers hollow, ours filled with their 95 % intervals.

    Args:
        compared: what is drawn; what has no number of ours shows the paper's alone.
        panel: names of `where`, or `measure`, whose values are a panel's title.
        category: name of `where` whose values stand from left to right.
        unit: of a number, for its axis; where panels differ in it each names its own. What begins with
            "share" lies between 0 and 1.
    """
    panels: dict[str, list[Compared]] = {}
    for one in compared:
        title = ", ".join(
            f"level {said}" if name == "level" else said for name in panel if (said := _of(one, name))
        )
        panels.setdefault(title, []).append(one)
    columns = min(_COLUMNS, len(panels))
    lines = -(-len(panels) // columns)
    several = len({unit(one) for one in compared}) > 1
    with mpl.rc_context(fname=STYLE):
        figure = Figure(figsize=(3.6 * columns + 0.6, 2.7 * lines + 0.4))
        for at, (title, members) in enumerate(panels.items()):
            axes = figure.add_subplot(lines, columns, at + 1)
            axes.set_title(title)
            if several or at % columns == 0:
                axes.set_ylabel(unit(members[0]))
            _marks(axes, members, category)
            if at + columns >= len(panels):
                axes.set_xlabel(category.replace("_", " "))
            if unit(members[0]).startswith("share"):
                _bound(axes, members)
            if at == 0:
                axes.legend(loc="best")
        return drawing(figure)


def _bound(axes: Axes, members: Sequence[Compared]) -> None:
    """Shares end at 1; where all are alike there is nothing to magnify."""
    ours = [one.ours.value for one in members if one.ours is not None]
    alike = len({one.paper for one in members if one.paper is not None} | set(ours)) == 1
    low, high = axes.get_ylim()
    axes.set_ylim(0 if alike else low, 1.05 if alike else min(high, 1.05))


def _of(one: Compared, name: str) -> str:
    return one.what if name == "measure" else f"{one.where.get(name, '')}".replace("_", " ")


def _marks(axes: Axes, members: Sequence[Compared], category: str) -> None:
    names = list(dict.fromkeys(_of(one, category) for one in members))
    theirs = [(names.index(_of(one, category)), one) for one in members if one.paper is not None]
    axes.errorbar(
        [at - _APART for at, _ in theirs],
        [one.paper or 0.0 for _, one in theirs],
        yerr=[one.paper_half or 0.0 for _, one in theirs]
        if any(one.paper_half for _, one in theirs)
        else None,
        linestyle="",
        marker="o",
        markerfacecolor="none",
        color=INK,
        label="paper",
    )
    ours = [(names.index(_of(one, category)), one.ours) for one in members if one.ours is not None]
    axes.errorbar(
        [at + _APART for at, _ in ours],
        [one.value for _, one in ours],
        yerr=(
            [0.0 if one.low is None else one.value - one.low for _, one in ours],
            [0.0 if one.high is None else one.high - one.value for _, one in ours],
        ),
        linestyle="",
        marker="s",
        color="#0072B2",
        label="ours" if ours else "ours: no finished result",
    )
    axes.set_xticks(range(len(names)), names, rotation=35 if max(map(len, names)) > 4 else 0, ha="right")
    axes.set_xlim(-0.6, len(names) - 0.4)
    axes.margins(y=0.12)
