"""Which calls each artifact needs: how many of each prompt file, to whom, and which of them cells share."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from simula.config import Config
from simula.critique.corruption import TEMPLATE as CORRUPT
from simula.embedding.budgeted import TEMPLATE as EMBED
from simula.embedding.settings import Remote as RemoteEmbedding
from simula.evaluation.teacher import TEMPLATE as EXAMINE
from simula.generation.settings import SelfInstruct, Simula
from simula.metrics.taxonomy_quality import JUDGE, PLACE, batches
from simula.plan.assumptions import Assumptions
from simula.plan.measured import Rates
from simula.settings import fingerprint
from simula.stages.canaries import judges_canaries
from simula.stages.keys import (
    critics_key,
    dataset_key,
    quality_key,
    rating_key,
    taxonomy_key,
    teacher_key,
    trials_key,
)
from simula.stages.topic import topic_cell
from simula.store.measured_sets import BENCHMARK
from simula.taxonomy.zero_shot import TEMPLATE as ZERO_SHOT
from simula.teacher.price import Price


class Asked(Protocol):
    """Who is asked: a teacher, or an embedding behind a network."""

    @property
    def model(self) -> str:
        """The model asked for."""
        ...

    @property
    def price(self) -> Price:
        """What its calls cost."""
        ...


@dataclass(frozen=True, slots=True)
class Calls:
    """Calls of one prompt file to one teacher, or of one embedding, for one artifact."""

    template: str
    teacher: Asked
    count: float
    shared: str
    """Calls with the same name and prompt file are the same calls, in whatever artifact: one pays."""
    scale: float = 1
    """Data points that one call shows, where that decides its length; 0 is not one."""
    shown: float = 0
    """Tokens of what else a call shows, such as a taxonomy, where that decides its length."""


def taxonomy_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """N proposals and one edit a node, one plan between levels, factors and strategies (Section 2.1)."""
    if config.edited:
        return []
    settings = config.taxonomy.expansion
    given = config.domain.factors
    factors = sum(not factor.children for factor in given) if given else assumed.factors
    nodes, frontier = 0.0, 1.0
    for level in range(settings.depth):
        nodes += factors * min(frontier, settings.max_frontier)
        frontier *= _children(config, assumed, level)
    counts = {
        "propose_factors": 0.0 if given else 1.0,
        "review_factors": 0.0 if given else 1.0,
        "propose_children": nodes * settings.proposals,
        "review_children": nodes,
        "plan_level": float(factors * (settings.depth - 1)),
        "write_strategies": 0.0 if config.domain.strategies else 1.0,
    }
    shared = taxonomy_key(config)
    return [Calls(name, config.teacher, count, shared) for name, count in counts.items() if count]


def quality_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """A tree of one call, and labels for every node of both trees of each comparison (Section 3)."""
    settings, expert, topic = config.assessment.taxonomy, config.expert, topic_cell(config)
    assert expert is not None
    assert topic is not None
    branches, nodes = _expected_nodes(topic, assumed)
    size, most = settings.nodes_a_call, settings.nodes_shown
    theirs = float(len(batches([path for path, _ in expert.taxonomy.nodes], size)))
    shared = quality_key(config)
    found = [Calls(ZERO_SHOT, config.teacher, 1.0, shared)] if settings.zero_shot else []
    trees = [nodes, float(settings.zero_shot_nodes or nodes)] if settings.zero_shot else [nodes]
    labels = places = 0.0
    for own in trees:
        ours = branches * math.ceil(own / branches / size)
        labels += settings.votes * (theirs + ours)
        # The other tree is descended where it is too large to be shown; one level is counted.
        places += (theirs if own > most else 0.0) + (ours if len(expert.taxonomy.nodes) > most else 0.0)
    judge = config.judged_by
    found += [Calls(PLACE, judge, places, shared), Calls(JUDGE, judge, labels, shared)]
    return [call for call in found if call.count]


def _expected_nodes(config: Config, assumed: Assumptions) -> tuple[float, float]:
    """Top-level branches and nodes of one tree."""
    branches, nodes, level_nodes = 1.0, 0.0, 1.0
    for level in range(config.taxonomy.expansion.depth):
        level_nodes *= _children(config, assumed, level)
        nodes += level_nodes
        branches = level_nodes if level == 0 else branches
    return branches, nodes


def _children(config: Config, assumed: Assumptions, level: int) -> float:
    """Children that a node above a level is expected to have."""
    children = assumed.children_by_level[min(level, len(assumed.children_by_level) - 1)]
    return min(children, config.taxonomy.expansion.max_children)


def dataset_calls(config: Config, candidates: float, rates: Rates) -> list[Calls]:
    """What so many candidates need, by the mechanism (Section 2.2 to 2.4)."""
    critic, writer = config.critic, config.teacher
    judge, double_judge = config.judged_by, config.double_judged_by
    writing = _written_alike(config)
    refined = min(rates.refinements, critic.refinements + critic.rewrites) if critic.requirements else 0.0
    judged = fingerprint(
        [writing, judge.identity(), critic.refinements, critic.rewrites, critic.requirements]
    )
    doubly = fingerprint([judged, double_judge.identity()])
    if critic.rewrites:
        judged = doubly  # whether a sample is rewritten and judged again hangs on the double critic
    reached = rates.double_judged if critic.requirements else 1.0
    found = [(name, writer, share, writing) for name, share in _writing(config, candidates)]
    if critic.requirements:
        found.append(("judge_requirements", judge, 1.0 + refined, judged))
        found.append(("refine", writer, refined, judged))
    if critic.double:
        found += [(name, double_judge, reached, doubly) for name in ("judge_correct", "judge_incorrect")]
    again = 1.0 + rates.asked_again
    return [
        Calls(name, teacher, candidates * share * again, shared)
        for name, teacher, share, shared in found
        if share
    ]


def canary_calls(config: Config) -> list[Calls]:
    """Known answers judged anew at the start: two questions about a right and a wrong answer an item.

    A run pays once for each critic and benchmark; of a sweep on a cluster each job is a run.
    """
    if not judges_canaries(config):
        return []
    critic, count = config.double_judged_by, 2.0 * config.critic.canaries
    own = f"canaries of {fingerprint([config.benchmark.identity(), config.domain.name, critic.identity()])}"
    return [Calls(name, critic, count, own) for name in ("judge_correct", "judge_incorrect")]


def rating_calls(config: Config) -> list[Calls]:
    """K appearances of every row in batches of BS, one call each (Section 3.3)."""
    scoring, rows = config.scoring, config.scalars.size
    size = min(scoring.batch_size, rows)
    count = float(math.ceil(rows * scoring.appearances / size))
    return [Calls("score_complexity", config.scored_by, count, rating_key(config), size)]


def examination_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """A call for each test item that the teacher answers."""
    items = float(examined_items(config, assumed.test_items))
    return [Calls(EXAMINE, config.teacher, items, teacher_key(config))]


def examined_items(config: Config, assumed: int) -> int:
    """As many as the benchmark states, else as assumed; of them as many as the limit lets pass."""
    told = getattr(config.benchmark, "expected", config.benchmark)
    stated = int(getattr(told, "items", assumed))
    return min(stated, config.evaluation.limit or stated)


def trial_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """An answer and a corruption of each question that critics are tried on, and their rating."""
    count, scoring, shared = _tried(config, assumed), config.scoring, trials_key(config)
    found = [Calls(name, config.teacher, count, shared) for name in (EXAMINE, CORRUPT)]
    if config.assessment.critics.rated and count:
        size = min(scoring.batch_size, count)
        batches = float(math.ceil(count * scoring.appearances / size))
        found.append(Calls("score_complexity", config.scored_by, batches, shared, size))
    return found


def critic_calls(config: Config, assumed: Assumptions) -> list[Calls]:
    """Two questions about the right answer, the corrupted one and the writer's own."""
    count, critic, shared = _tried(config, assumed), config.double_judged_by, critics_key(config)
    return [Calls(name, critic, 3 * count, shared) for name in ("judge_correct", "judge_incorrect")]


def _tried(config: Config, assumed: Assumptions) -> float:
    """Questions that critics are tried on; of a file, which is not read, as many as are wanted at most."""
    settings = config.assessment
    there = {None: config.scalars.size, BENCHMARK: assumed.test_items}.get(settings.dataset)
    known = [most for most in (there, settings.points, settings.critics.questions) if most is not None]
    return float(min(known, default=assumed.test_items))


def embedding_calls(config: Config) -> list[Calls]:
    """The rows that are measured, in batches; none where this process computes the vectors."""
    embedding = config.embedding
    if not isinstance(embedding, RemoteEmbedding):
        return []
    size, points = config.scalars.size, config.assessment.points
    rows = size if points is None else min(size, points)
    count = math.ceil(rows / embedding.batch)
    # A smaller size's rows are among those of a larger one.
    shared = fingerprint([dataset_key(config), embedding.identity()])
    return [Calls(EMBED, embedding, float(count), shared, rows / count)] if rows else []


def _writing(config: Config, candidates: float) -> Sequence[tuple[str, float]]:
    """Prompt file and calls a candidate, up to the data point."""
    recipe = config.recipe
    if isinstance(recipe, Simula):
        return (
            ("write_scenarios", float(config.scenarios.count > 0)),
            ("complexify", config.complexity.fraction),
            ("write_sample", 1.0),
        )
    seeds = min(1.0, recipe.seeds / candidates) if candidates else 1.0
    later = "write_like" if isinstance(recipe, SelfInstruct) else "evolve"
    return (("write_sample", seeds), (later, 1.0 - seeds))


def _written_alike(config: Config) -> str:
    """Equal where slots get the same scenarios and samples, whatever critics say of them afterwards."""
    if not config.draws_mixes:
        return dataset_key(config)  # later data points are written from accepted earlier ones
    parts = (config.recipe, config.scenarios, config.complexity, config.teacher, config.domain.task)
    sampling = [config.taxonomy.levels, config.taxonomy.node_distribution]
    return fingerprint(
        [
            taxonomy_key(config),
            sampling,
            *(part.identity() for part in parts),
            config.domain.item,
            config.dataset.attempts,
            config.scalars.data_seed,
        ]
    )
