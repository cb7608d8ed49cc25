"""Coverage of the taxonomies' levels, set beside set: shares with intervals, agreement, empty branches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from simula.metrics.coverage import Coverage, LevelCoverage
from simula.report.measures.coverage_figure import Series, draw_coverage
from simula.report.measures.shown import Measured, Shown
from simula.report.text_table import Line, TextTable
from simula.store.coverage import read_coverage

_NOTHING = "–"
_BRANCHES = 3
"""Empty branches of a set that are named."""


@dataclass(frozen=True, slots=True)
class _Covered:
    """One set, its points placed in one way."""

    measured: Measured
    way: str
    found: Coverage

    @property
    def keys(self) -> tuple[str, str]:
        return self.measured.name, self.way


def show_coverage(sets: Sequence[Measured]) -> Shown:
    """Level ratios of every set and way, those of each factor, the agreement, which branches are empty."""
    covered = [_Covered(one, way, found) for one in sets for way, found in read_coverage(one.folder).items()]
    tables = [_together(covered), _by_factor(covered)]
    if any(one.manifest["agreement"] for one in sets):
        tables.append(_agreement(sets))
    return Shown(
        tables=tuple(tables),
        drawing=draw_coverage([Series(*one.keys, one.found) for one in covered]),
        caption=(
            "Level-ratio coverage: the share of each level's nodes that points reach, with 95 % intervals, "
            "and the share that a random part of the points reaches. "
            + "; ".join(f"{one.name}: {one.manifest['points']:,} points" for one in sets)
            + "."
        ),
        sentences=tuple(sentence for one in sets for sentence in _sentences(one)),
    )


def _together(covered: Sequence[_Covered]) -> TextTable:
    common = sorted({points for one in covered for points in one.measured.manifest["common"]})
    lines = [
        Line(
            (
                *one.keys,
                str(level.level),
                f"{level.nodes:,}",
                f"{level.reached:,}",
                _last(level),
                *(_share(level, points) for points in common),
                _reachable(level),
            )
        )
        for one in covered
        for level in one.found.levels
    ]
    columns = (
        *("set", "by", "level", "nodes", "reached", "share,\u00a0%"),
        *(f"of\u00a0{points:,} points,\u00a0%" for points in common),
        "reachable,\u00a0%",
    )
    notes = (
        "Share: nodes with a point at or below them, by all nodes of the level, over all taxonomies; level 0 "
        "holds the factors. 95 % interval by the jackknife over points, for what as many other points of the "
        "same source reach on average; there is none where no single point makes a difference, which says "
        "nothing of other points.",
        "Of so many points: the mean over all sets of that many of the points (rarefaction), by which sets "
        "of different sizes compare.",
        "Reachable: what ever more points of the same source would reach, at least (Chao's estimate), with "
        "its 95 % interval, cut at all nodes of the level; without an interval, at least what is reached: "
        "too few nodes are reached by one point alone to tell what is unseen.",
        "Assigned: by a teacher that is shown the taxonomy. It errs, and a node that it reaches by mistake "
        "counts: the agreement with lineage says how often.",
    )
    return TextTable("Coverage", columns, tuple(lines), 3, notes)


def _by_factor(covered: Sequence[_Covered]) -> TextTable:
    depth = max(len(levels) for one in covered for levels in one.found.factors.values())
    lines = [
        Line((*one.keys, factor, *map(_last, levels)))
        for one in covered
        for factor, levels in one.found.factors.items()
    ]
    columns = ("set", "by", "factor", *(f"level\u00a0{level + 1},\u00a0%" for level in range(depth)))
    return TextTable("Coverage by factor", columns, tuple(lines), 3)


def _agreement(sets: Sequence[Measured]) -> TextTable:
    lines = []
    depth = max(entry["level"] for one in sets for entry in one.manifest["agreement"])
    for one in sets:
        found: dict[str, dict[int, dict[str, Any]]] = {}
        for entry in one.manifest["agreement"]:
            found.setdefault(entry["factor"], {})[entry["level"]] = entry
        for factor, levels in found.items():
            cells = (_agreed(levels.get(level)) for level in range(1, depth + 1))
            lines.append(Line((one.name, factor, *(cell for three in cells for cell in three))))
    columns = [
        f"level\u00a0{level} {what}"
        for level in range(1, depth + 1)
        for what in ("κ", "agreed,\u00a0%", "points")
    ]
    notes = (
        "Points drawn from a node of the level or below it: the share that the teacher assigns to the same "
        "node of the level, and Cohen's κ, which is 0 for chance and 1 for full agreement.",
    )
    return TextTable(
        "Agreement of assignment and lineage", ("set", "factor", *columns), tuple(lines), 2, notes
    )


def _agreed(entry: dict[str, Any] | None) -> tuple[str, str, str]:
    if entry is None:
        return (_NOTHING,) * 3
    kappa = _NOTHING if entry["kappa"] is None else f"{entry['kappa']:.2f}"
    return kappa, f"{100 * entry['agreed']:.1f}", f"{entry['points']:,}"


def _sentences(one: Measured) -> Iterator[str]:
    manifest = one.manifest
    if "assigned" in manifest:
        said = manifest["assigned"]
        ended = ", ".join(f"{count:,} {status}" for status, count in said["ended"].items())
        teachers = " and ".join(manifest["teachers"]) or "a teacher"
        text = f"{one.name}: {said['assignments']:,} assignments by {teachers}: {ended}"
        if said["level_by_level"]:
            text += f"; {said['level_by_level']:,} were made level by level, as the taxonomy was too long"
        yield f"{text}."
    for way, empty in manifest["empty"].items():
        if not empty["branches"]:
            yield f"{one.name}, {way}: no branch is empty."
            continue
        named = "; ".join(
            f"{' > '.join((branch['factor'], *branch['path']))} ({branch['nodes']:,})"
            for branch in empty["largest"][:_BRANCHES]
        )
        yield (
            f"{one.name}, {way}: branches without a point: {empty['branches']:,}, with {empty['nodes']:,} of "
            f"the nodes, such as {named}. All are in {one.folder}."
        )


def _last(level: LevelCoverage) -> str:
    last = level.curve[-1]
    return _percent(level.share, last.low, last.high)


def _share(level: LevelCoverage, points: int) -> str:
    found = level.at(points)
    if found is None:
        return _NOTHING
    return _percent(found.share, found.low, found.high)


def _reachable(level: LevelCoverage) -> str:
    found = level.reachable
    ends = (None if end is None else end / level.nodes for end in (found.low, found.high))
    return _percent(found.nodes / level.nodes, *ends)


def _percent(share: float, low: float | None, high: float | None) -> str:
    """With its interval, where there is one."""
    ends = "" if low is None or high is None else f" [{100 * low:.1f}, {100 * high:.1f}]"
    return f"{100 * share:.1f}{ends}"
