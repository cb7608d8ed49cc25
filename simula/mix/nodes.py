"""How one node is drawn from a taxonomy, and with which probability (Section 2.2)."""

from __future__ import annotations

import numpy as np

from simula.taxonomy.settings import TaxonomySettings
from simula.taxonomy.tree import Node, Path, Taxonomy


def draw_node(taxonomy: Taxonomy, settings: TaxonomySettings, draw: np.random.Generator) -> tuple[Path, Node]:
    """One node: of the top level, or of all levels by the distribution of `settings`."""
    levels = taxonomy.levels
    if settings.levels == "top":
        pool = levels[0]
    elif settings.node_distribution == "uniform_level":
        pool = levels[int(draw.integers(len(levels)))]
    else:
        pool = taxonomy.nodes
    return pool[int(draw.integers(len(pool)))]


def node_probabilities(taxonomy: Taxonomy, settings: TaxonomySettings) -> list[tuple[Path, Node, float]]:
    """Every node that `draw_node` can draw, with its probability; they add up to 1."""
    levels = taxonomy.levels
    if settings.levels == "top":
        pools = levels[:1]
    elif settings.node_distribution == "uniform_level":
        pools = levels
    else:
        pools = [taxonomy.nodes]
    return [(path, node, 1 / len(pools) / len(pool)) for pool in pools for path, node in pool]
