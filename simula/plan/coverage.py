"""Calls of the measure `coverage`: every point is assigned in every factor (Section 3.1)."""

from __future__ import annotations

from simula.config import Config
from simula.metrics.coverage import ASSIGN
from simula.plan.assumptions import Assumptions
from simula.plan.calls import Calls
from simula.settings import fingerprint
from simula.stages.keys import dataset_key, measured_key, taxonomy_key
from simula.stages.measures.coverage import shown_outlines
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import stored_taxonomies
from simula.store.artifacts import Store
from simula.store.measured_sets import BENCHMARK, file_of, read_points
from simula.taxonomy import Taxonomies


def coverage_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """One call a point and factor, or as many as a taxonomy has levels where it is descended level by level.

    Raises:
        ConfigurationError: a taxonomy has a level too long for one call.
    """
    settings, teacher = config.assessment.coverage, config.scored_by
    if not settings.assigned:
        return []
    points = float(measured_count(config, assumed))
    own = config.assessment.dataset is None
    tree = config.covered.content() if config.covered else taxonomy_key(config)
    # A smaller size's points are among those of a larger one.
    measured = dataset_key(config) if own else measured_key(config)
    shared = fingerprint([measured, tree, settings.identity(), teacher.identity()])
    trees = config.covered or _stored(config)
    if trees is None:
        count, tokens = _assumed(config, assumed)
        return [Calls(ASSIGN, teacher, points * count, shared, shown=tokens)]
    return [
        Calls(ASSIGN, teacher, points * one.calls, f"{shared}/{one.taxonomy.factor}", shown=one.tokens_a_call)
        for one in shown_outlines(config, trees)
    ]


def measured_count(config: Config, assumed: Assumptions) -> int:
    """How many points a measure is taken of. Raises BenchmarkError where a file cannot be read."""
    settings = config.assessment
    if settings.dataset is None:
        there = config.scalars.size
    elif settings.dataset == BENCHMARK:
        there = assumed.test_items
    else:
        there = len(read_points(file_of(settings.dataset, config.paths.store), settings.columns))
    return there if settings.points is None else min(settings.points, there)


def _stored(config: Config) -> Taxonomies | None:
    """The domain's taxonomies, where they are built."""
    if config.edited:
        return config.edited.trees()
    store, key = Store(config.paths.store), taxonomy_key(config)
    return stored_taxonomies(store, key) if store.manifest(TAXONOMY, key) else None


def _assumed(config: Config, assumed: Assumptions) -> tuple[int, float]:
    """Factors, and the tokens of one's taxonomy."""
    settings, nodes, frontier = config.taxonomy.expansion, 0.0, 1.0
    for level in range(settings.depth):
        children = assumed.children_by_level[min(level, len(assumed.children_by_level) - 1)]
        frontier *= min(children, settings.max_children)
        nodes += frontier
    described = config.assessment.coverage.descriptions
    tokens = nodes * (assumed.tokens_a_node if described else assumed.tokens_a_name)
    return len(config.domain.factors) or assumed.factors, tokens
