"""Where points stand by lineage: the nodes that their mixes were drawn from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from simula.mix import Mix
from simula.taxonomy import Taxonomies
from simula.taxonomy.tree import Path

Places = Mapping[str, Sequence[Path | None]]
"""Factor to the node of each point: its path, () where the point belongs to no node of the factor, None where
nobody knows."""


def places_by_lineage(taxonomies: Taxonomies, mixes: Sequence[Mix | None]) -> dict[str, list[Path | None]]:
    """The node of each point in each factor; None where its mix holds none, or one that no tree has."""
    known = {tree.factor: {path for path, _ in tree.nodes} for tree in taxonomies.taxonomies}
    found: dict[str, list[Path | None]] = {factor: [None] * len(mixes) for factor in known}
    for at, mix in enumerate(mixes):
        for choice in mix.choices if mix else ():
            if choice.path in known.get(choice.factor, ()):
                found[choice.factor][at] = choice.path
    return found


def level_ratios(taxonomies: Taxonomies, mixes: Iterable[Mix]) -> dict[str, float]:
    """temporary"""
    from simula.metrics.coverage.levels import coverage

    mixes = list(mixes)
    found = coverage(taxonomies, places_by_lineage(taxonomies, mixes), [len(mixes)])
    return {f"level {one.level}": one.share for one in found.levels if one.level}
