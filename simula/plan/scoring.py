"""Calls of the measures that score points in batches: complexity, pools of sets, validity (3.3, 3.4)."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simula.config import Config
from simula.evaluation.teacher import TEMPLATE as EXAMINE
from simula.plan.assumptions import Assumptions
from simula.plan.calls import Calls
from simula.plan.coverage import measured_count
from simula.stages.keys import complexity_key, pool_key, rating_key, teacher_key, validity_key
from simula.store.measured_sets import BENCHMARK

SCORE = "score_complexity"


def complexity_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """A call a batch. Where all rows are measured these are the calls of a selection's rating."""
    points = measured_count(config, assumed)
    rows = config.assessment.dataset is None and points == config.scalars.size
    return _batches(config, points, rating_key(config) if rows else complexity_key(config))


def pool_calls(configs: Sequence[Config], assumed: Assumptions) -> list[Calls]:
    """A call a batch of all sets together."""
    points = sum(measured_count(config, assumed) for config in configs)
    return _batches(configs[0], points, pool_key(configs))


def validity_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """For each batch size the batches of the most appearances, of which the others' are a part; and the
    scorer's own answers. All points are taken to have a level.
    """
    points, settings = measured_count(config, assumed), config.assessment.validity
    most = max(settings.appearances)
    found = [
        Calls(SCORE, config.scored_by, _count(points, size, most), f"{validity_key(config)}/{size}", size)
        for size in settings.batch_sizes
    ]
    same = config.assessment.dataset == BENCHMARK and config.scorer is None
    answers = teacher_key(config) if same else validity_key(config)
    return [*found, Calls(EXAMINE, config.scored_by, float(points), answers)]


def _batches(config: Config, points: int, shared: str) -> list[Calls]:
    scoring = config.scoring
    size = min(scoring.batch_size, points)
    return [Calls(SCORE, config.scored_by, _count(points, size, scoring.appearances), shared, size)]


def _count(points: int, size: int, appearances: int) -> float:
    return float(math.ceil(points * appearances / max(1, min(size, points))))
