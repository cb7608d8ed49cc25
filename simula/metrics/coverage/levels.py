"""Level-ratio coverage (Section 3.1): which share of each level's nodes the points reach."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from simula.metrics.coverage.lineage import Places
from simula.metrics.coverage.rarefaction import Expected, Hits, rarefied
from simula.metrics.coverage.unseen import Reachable, reachable
from simula.taxonomy import Taxonomies
from simula.taxonomy.tree import Path


@dataclass(frozen=True, slots=True)
class LevelCoverage:
    """One level, of one factor or of all together."""

    level: int
    """1 is below the root. Level 0, of all together, holds the factors (inferred from Figure 4c)."""
    nodes: int
    reached: int
    """Nodes with a point at them or below them."""
    reachable: Reachable
    """Nodes that ever more points of the same source would reach, at least."""
    curve: tuple[Expected, ...]
    """Shares that fewer points reach; the last is that of all."""

    @property
    def share(self) -> float:
        """The level ratio: reached by all nodes, between 0 and 1."""
        return self.reached / self.nodes

    def at(self, points: int) -> Expected | None:
        """The share that so many random points reach; None where the curve does not hold it."""
        return next((one for one in self.curve if one.points == points), None)


@dataclass(frozen=True, slots=True)
class EmptyBranch:
    """A node that no point reaches, though its parent is reached."""

    factor: str
    path: Path
    """Empty: the whole factor."""
    nodes: int
    """In the branch, itself included; of a whole factor, those below it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How a set of points covers some taxonomies."""

    points: int
    levels: tuple[LevelCoverage, ...]
    """Of all taxonomies together, level 0 first."""
    factors: dict[str, tuple[LevelCoverage, ...]]
    """Of each by itself, level 1 first."""
    nowhere: dict[str, int]
    """Factor to points that belong to no node of it."""
    unknown: dict[str, int]
    """Factor to points of which nobody knows."""
    empty: tuple[EmptyBranch, ...]
    """The largest first."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, with each level's ratio."""

        def said(levels: Sequence[LevelCoverage]) -> list[dict[str, Any]]:
            return [asdict(level) | {"share": level.share} for level in levels]

        return asdict(self) | {
            "levels": said(self.levels),
            "factors": {factor: said(levels) for factor, levels in self.factors.items()},
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> Coverage:
        """What `to_json` wrote."""
        return cls(
            **said
            | {
                "levels": tuple(map(_level, said["levels"])),
                "factors": {factor: tuple(map(_level, found)) for factor, found in said["factors"].items()},
                "empty": tuple(EmptyBranch(**one | {"path": tuple(one["path"])}) for one in said["empty"]),
            }
        )


def coverage(taxonomies: Taxonomies, places: Places, sizes: Sequence[int]) -> Coverage:
    """The coverage of the points, level by level; ancestors of a point's node count as reached.

    Args:
        taxonomies: each factor has at least one node.
        places: of every factor, equally many points, at least one.
        sizes: numbers of points that the curves tell of, in rising order; the last is that of all.
    """
    factors = [tree.factor for tree in taxonomies.taxonomies]
    numbers, offsets = _numbered(taxonomies)
    hits = [_hits(level, factors, places, found) for level, found in enumerate(numbers)]
    points, levels = len(hits[0]), []
    by_factor: dict[str, list[LevelCoverage]] = {factor: [] for factor in factors}
    for level, (found, at) in enumerate(zip(hits, numbers, strict=True)):
        levels.append(_covered(level, found, len(at), sizes))
        for column, tree in enumerate(taxonomies.taxonomies):
            if 0 < level <= len(tree.levels):
                own = found[:, [column]]
                own = np.where(own >= 0, own - offsets[level][column], -1).astype(np.int32)
                by_factor[tree.factor].append(_covered(level, own, len(tree.levels[level - 1]), sizes))
    return Coverage(
        points=points,
        levels=tuple(levels),
        factors={factor: tuple(found) for factor, found in by_factor.items()},
        nowhere={factor: sum(path == () for path in places[factor]) for factor in factors},
        unknown={factor: sum(path is None for path in places[factor]) for factor in factors},
        empty=tuple(empty_branches(taxonomies, places)),
    )


def points_by_node(places: Places) -> Counter[tuple[str, Path]]:
    """How many points are at each node or below it; the factor itself is its empty path."""
    found: Counter[tuple[str, Path]] = Counter()
    for factor, paths in places.items():
        for path, count in Counter(path for path in paths if path).items():
            for depth in range(len(path) + 1):
                found[factor, path[:depth]] += count
    return found


def empty_branches(taxonomies: Taxonomies, places: Places) -> list[EmptyBranch]:
    """The top-most nodes without a point, the largest branch first, then in the trees' order."""
    reached = points_by_node(places)
    found = []
    for tree in taxonomies.taxonomies:
        if not reached[tree.factor, ()]:
            found.append(EmptyBranch(tree.factor, (), len(tree.nodes)))
        for path, node in tree.nodes:
            if reached[tree.factor, path[:-1]] and not reached[tree.factor, path]:
                found.append(EmptyBranch(tree.factor, path, sum(1 for _ in node.walk())))
    return sorted(found, key=lambda branch: -branch.nodes)


def _numbered(taxonomies: Taxonomies) -> tuple[list[dict[tuple[str, Path], int]], list[list[int]]]:
    """The nodes of each level by number, level 0 first; for each level, where each factor's numbers begin."""
    trees = taxonomies.taxonomies
    numbers: list[dict[tuple[str, Path], int]] = [{(tree.factor, ()): at for at, tree in enumerate(trees)}]
    offsets: list[list[int]] = [[*range(len(trees))]]
    for level in range(max(len(tree.levels) for tree in trees)):
        at: dict[tuple[str, Path], int] = {}
        begins = []
        for tree in trees:
            begins.append(len(at))
            for path, _ in tree.levels[level] if level < len(tree.levels) else ():
                at[tree.factor, path] = len(at)
        numbers.append(at)
        offsets.append(begins)
    return numbers, offsets


def _hits(level: int, factors: Sequence[str], places: Places, numbers: dict[tuple[str, Path], int]) -> Hits:
    """Shape (points, factors): the number of the node that a point reaches at a level, or -1."""
    columns = [
        [numbers[factor, path[:level]] if path and len(path) >= level else -1 for path in places[factor]]
        for factor in factors
    ]
    return np.array(columns, dtype=np.int32).T


def _covered(level: int, hits: Hits, nodes: int, sizes: Sequence[int]) -> LevelCoverage:
    counts = np.bincount(hits[hits >= 0], minlength=nodes)
    return LevelCoverage(
        level=level,
        nodes=nodes,
        reached=int(np.count_nonzero(counts)),
        reachable=reachable(counts.tolist(), len(hits)),
        curve=tuple(rarefied(hits, nodes, sizes)),
    )


def _level(said: dict[str, Any]) -> LevelCoverage:
    inner = {
        "reachable": Reachable(**said["reachable"]),
        "curve": tuple(Expected(**one) for one in said["curve"]),
    }
    return LevelCoverage(**{name: value for name, value in said.items() if name != "share"} | inner)
