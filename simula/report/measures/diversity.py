"""Distances between the points of each set, and its words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from simula.report.measures.diversity_figure import draw_diversity
from simula.report.measures.shown import Measured, Shown
from simula.report.text_table import Line, TextTable


def show_diversity(sets: Sequence[Measured]) -> Shown:
    """One line a measure, one column a set; distances with their intervals, and drawn."""
    names = dict.fromkeys(name for one in sets for name in one.manifest["measures"])
    lines = tuple(Line((name, *(_number(one, name) for one in sets))) for name in names)
    table = TextTable(
        "Diversity", ("measure", *(one.name for one in sets)), lines, 1, tuple(_notes(sets, names))
    )
    drawing = draw_diversity(sets)
    if drawing is None:
        return Shown((table,))
    points = ", ".join(f"{one.manifest['measures']['rows measured']:,.0f} of {one.name}" for one in sets)
    caption = (
        "Mean pairwise cosine distance with 95 % intervals, over the set and among"
        f" {_neighbours(sets)} nearest neighbours. Points: {points}."
    )
    return Shown((table,), drawing, caption)


def _number(one: Measured, name: str) -> str:
    value = one.manifest["measures"].get(name)
    if value is None:
        return "–"
    if name not in one.manifest["intervals"]:
        return f"{value:,.0f}" if value >= 1000 else f"{value:.4g}"
    low, high = one.manifest["intervals"][name]
    return f"{value:.4f} [{low:.4f}, {high:.4f}]"


def _notes(sets: Sequence[Measured], names: dict[str, None]) -> Iterator[str]:
    for text in dict.fromkeys(one.manifest["text"] for one in sets):
        yield f"Measured of each point: {text}."
    searches = [one.manifest["neighbours"] for one in sets if one.manifest["neighbours"] is not None]
    if searches:
        yield (
            "Global: mean pairwise cosine distance. Local: the same inside the cluster of each point's"
            f" {_neighbours(sets)} nearest neighbours, the point itself left out, averaged. 95 % intervals by"
            " bootstrap over points; those of the local distance hold fixed who is whose neighbour."
        )
    yield from (_recall(one) for one in sets if (one.manifest["neighbours"] or {}).get("check"))
    whose: dict[str, list[str]] = {}
    for one in sets:
        for said in one.manifest["left_out"]:
            whose.setdefault(said, []).append(one.name)
    yield from (f"{', '.join(names)}: {said}." for said, names in whose.items())
    if len({one.manifest["measures"]["rows measured"] for one in sets}) > 1:
        yield (
            "The sets differ in size: with more points the local distance and the distinct shares of a whole"
            " set fall, and the Vendi score grows. assessment.points measures as many of each."
        )
    pieces = dict.fromkeys(f"{one.manifest['piece']:,}" for one in sets)
    if any(name.endswith(f" of {piece}") for name in names for piece in pieces):
        yield (
            f"Distinct … of {' or '.join(pieces)}: the mean over pieces with so many n-grams each, which"
            " compares sets of any length."
        )


def _recall(one: Measured) -> str:
    search = one.manifest["neighbours"]
    check, anew = search["check"], search["searched_anew"]
    return (
        f"{one.name}: neighbours are approximate. On {check['points']:,} points drawn from the set their"
        f" recall is {check['recall']:.3f}, and the local distance {check['local_approximate']:.4f}"
        f" where it is {check['local_exact']:.4f} by exact neighbours."
        + (f" The exact ones of {anew:,} points were taken, whose cells held too few." if anew else "")
    )


def _neighbours(sets: Sequence[Measured]) -> str:
    found = [one.manifest["neighbours"]["k"] for one in sets if one.manifest["neighbours"] is not None]
    return " or ".join(str(k) for k in dict.fromkeys(found))
