"""Taxonomies of a domain's factors of variation: settings, trees, expansion."""

from simula.domain import Exclusion, Strategy
from simula.taxonomy.expansion import Builder
from simula.taxonomy.settings import Expansion, TaxonomySettings
from simula.taxonomy.tree import Node, Taxonomies, Taxonomy

__all__ = [
    "Builder",
    "Exclusion",
    "Expansion",
    "Node",
    "Strategy",
    "Taxonomies",
    "Taxonomy",
    "TaxonomySettings",
]
