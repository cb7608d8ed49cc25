"""Calibrated complexity of each set, and what mere length explains of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simula.metrics.complexity import KINDS
from simula.metrics.length import LengthEffect
from simula.metrics.ranged import shown
from simula.report.measures.complexity_figure import draw_complexity
from simula.report.measures.shown import Measured, Shown
from simula.report.text_table import Line, TextTable

_NUMBERS = ("mean", "mode", "5 % quantile", "95 % quantile")


def show_complexity(sets: Sequence[Measured]) -> Shown:
    """One table a pool, and one of the sets that were rated by themselves; length beside each.

    Args:
        sets: artifacts of single sets and of pools.
    """
    groups = grouped(sets)
    tables = [table for title, ones in groups.items() for table in (_ratings(title, ones), _lengths(ones))]
    sentences = [
        f"{_name(each, one)}: {effect.sentence(each.manifest['attribute'])}."
        for ones in groups.values()
        for each in ones
        for one in each.manifest["sets"]
        if (effect := _effect(one, "elo"))
    ]
    drawing = draw_complexity(groups)
    caption = (
        "Densities of the Elo ratings with pointwise 95 % intervals over the data points, each to its own "
        "height, and the mean of each set of a pool with its interval. Only sets of one pool compare."
    )
    return Shown(tuple(tables), drawing, caption if drawing else "", tuple(sentences))


def grouped(sets: Sequence[Measured]) -> dict[str, list[Measured]]:
    """Title to what stands in one table: each pool, and by attribute the sets rated by themselves."""
    groups: dict[str, list[Measured]] = {}
    for one in sets:
        attribute = one.manifest["attribute"]
        alone = len(one.manifest["sets"]) == 1
        title = (
            f"Calibrated {attribute}, each set by itself" if alone else f"Calibrated {attribute}, {one.name}"
        )
        groups.setdefault(title, []).append(one)
    return groups


def _ratings(title: str, ones: Sequence[Measured]) -> TextTable:
    columns = (
        "set",
        "points",
        "raw score, mean",
        *(f"Elo, {name}" for name in _NUMBERS),
        "Bradley–Terry, mean",
        "± of a point",
        "Elo with Bradley–Terry",
    )
    lines = [
        Line(
            (
                _name(each, one),
                f"{one['points']:,}",
                _plain(one["raw_mean"], 1),
                *(shown(_of(one, "elo", name), 0) for name in _NUMBERS),
                shown(_of(one, "bradley_terry", "mean"), 0),
                _plain(one["interval_half"], 0),
                _plain(one["elo_and_bradley_terry"], 3),
            )
        )
        for each in ones
        for one in each.manifest["sets"]
    ]
    return TextTable(title, columns, tuple(lines), 1, tuple(_notes(ones)))


def _notes(ones: Sequence[Measured]) -> list[str]:
    first = ones[0].manifest
    scorers = ", ".join(sorted({one.manifest["scorer"] for one in ones}))
    found = [
        f"Scored by {scorers}. A difference of {first['scale']:g} is odds of 10 to 1. Intervals are over the "
        "points, with their ratings held; ± of a point is half of the 95 % interval of its Bradley–Terry "
        "rating, over redrawn batches. Elo with Bradley–Terry is their rank correlation."
    ]
    if len(first["sets"]) == 1:
        found.append(
            f"Each set was rated by itself: its mean is the start of {first['start']:g} by construction, no "
            "finding, and sets do not compare; assessment.pooled=true rates those of a sweep in one pool."
        )
    for one in ones:
        lost = sum(one.manifest["batches_left_out"].values())
        if lost or one.manifest["points_unrated"] or one.manifest["parts"] > 1:
            found.append(
                f"{one.name}: {lost} of {one.manifest['batches']} batches could not be read, "
                f"{one.manifest['points_unrated']} points have no rating, the others fall in "
                f"{one.manifest['parts']} parts whose ratings compare only among themselves."
            )
    return found


def _lengths(ones: Sequence[Measured]) -> TextTable:
    """A line a set: slope, R² and rank correlation of both ratings on the words."""
    attribute = ones[0].manifest["attribute"]
    columns = ["set", "words, mean"]
    for name in KINDS.values():
        columns += [f"{name}, points a doubling", f"{name}, R²", f"{name}, Spearman"]
    lines = []
    for each in ones:
        for one in each.manifest["sets"]:
            cells = [_name(each, one), _plain(one["words_mean"], 1)]
            for kind in KINDS:
                effect = _effect(one, kind)
                cells += [
                    shown(effect.slope if effect else None),
                    _plain(effect.r2 if effect else None, 2),
                    _plain(effect.spearman if effect else None, 2),
                ]
            lines.append(Line(tuple(cells)))
    return TextTable(f"Is {attribute} mere length?", tuple(columns), tuple(lines), 1)


def _name(artifact: Measured, one: Mapping[str, Any]) -> str:
    """In a pool the set's own name; by itself that of the artifact, which may have its key beside it."""
    return str(one["set"]) if len(artifact.manifest["sets"]) > 1 else artifact.name


def _effect(one: Mapping[str, Any], kind: str) -> LengthEffect | None:
    said = one["length"][kind]
    return None if said is None else LengthEffect.from_json(said)


def _of(one: Mapping[str, Any], kind: str, number: str) -> Any:
    return None if one[kind] is None else one[kind][number]


def _plain(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"
