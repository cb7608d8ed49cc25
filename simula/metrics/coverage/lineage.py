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
    """The share of each level's nodes that were reached, over all taxonomies together.

    Ancestors of a reached node count as reached.

    Returns:
        Level ("level 1" is below the root) to a share between 0 and 1.
    """
    reached = {
        (choice.factor, choice.path[:depth])
        for mix in mixes
        for choice in mix.choices
        for depth in range(1, len(choice.path) + 1)
    }
    every: dict[int, int] = {}
    hit: dict[int, int] = {}
    for taxonomy in taxonomies.taxonomies:
        for path, _ in taxonomy.nodes:
            every[len(path)] = every.get(len(path), 0) + 1
            hit[len(path)] = hit.get(len(path), 0) + ((taxonomy.factor, path) in reached)
    return {f"level {level}": hit[level] / every[level] for level in sorted(every)}
