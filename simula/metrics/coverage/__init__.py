"""Coverage of taxonomies (Section 3.1): where points stand, which share of the nodes they reach."""

from simula.metrics.coverage.agreement import Agreement, agreements
from simula.metrics.coverage.assigning import ASSIGN, Assignment, assign, counted
from simula.metrics.coverage.levels import Coverage, EmptyBranch, LevelCoverage, coverage, points_by_node
from simula.metrics.coverage.lineage import Places, level_ratios, places_by_lineage
from simula.metrics.coverage.outline import Outline, estimated_tokens
from simula.metrics.coverage.rarefaction import Expected, curve_sizes, rarefied
from simula.metrics.coverage.settings import CoverageSettings
from simula.metrics.coverage.unseen import Reachable, reachable

__all__ = [
    "ASSIGN",
    "Agreement",
    "Assignment",
    "Coverage",
    "CoverageSettings",
    "EmptyBranch",
    "Expected",
    "LevelCoverage",
    "Outline",
    "Places",
    "Reachable",
    "agreements",
    "assign",
    "counted",
    "coverage",
    "curve_sizes",
    "estimated_tokens",
    "level_ratios",
    "places_by_lineage",
    "points_by_node",
    "rarefied",
    "reachable",
]
