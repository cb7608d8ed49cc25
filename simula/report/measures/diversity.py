"""Distances between the points of each set, and its words."""

from __future__ import annotations

from collections.abc import Sequence

from simula.report.measures.shown import Measured, Shown
from simula.report.text_table import Line, TextTable


def show_diversity(sets: Sequence[Measured]) -> Shown:
    """One line a measure, one column a set."""
    names = dict.fromkeys(name for one in sets for name in one.manifest["measures"])
    lines = tuple(
        Line((name, *(_number(one.manifest["measures"].get(name)) for one in sets))) for name in names
    )
    return Shown((TextTable("Diversity", ("measure", *(one.name for one in sets)), lines, 1),))


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:,.4g}"
