"""Keys of what is measured of a set, and of the sets themselves."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from simula.config import Config
from simula.critique.corruption import SYSTEM as CORRUPTION
from simula.errors import ConfigurationError
from simula.evaluation.teacher import SYSTEM as EXAMINATION
from simula.metrics import Measure
from simula.metrics.coverage import ASSIGN
from simula.metrics.taxonomy_quality import JUDGE, PLACE
from simula.prompts import system_prompt, template_hash
from simula.settings import fingerprint
from simula.stages.keys.hashing import described, key, prompts
from simula.stages.keys.made import rows_key, taxonomy_key
from simula.stages.topic import topic_cell
from simula.store.measured_sets import BENCHMARK, content_of, file_of
from simula.taxonomy.zero_shot import TEMPLATE as ZERO_SHOT


def measured_key(config: Config) -> str:
    """The set that is measured: the cell's own rows, or one that `assessment.dataset` names, by its content.

    Raises:
        ConfigurationError: there is no such file or data set.
        BenchmarkError: the hub does not give it.
    """
    settings = config.assessment
    if settings.dataset is None:
        return rows_key(config)
    if settings.dataset == BENCHMARK:
        content: Any = config.benchmark.identity()
    else:
        path = file_of(settings.dataset, config.paths.store)
        content = [content_of(path), settings.columns.identity()]
    # Which of its points are measured is drawn by the seed.
    return f"set-{fingerprint([content, config.scalars.data_seed])}"


def measure_key(config: Config, **decided: Any) -> str:
    """A measure of the set: what decides it besides the set and how many of its points are taken."""
    size = f"n{config.scalars.size}" if config.assessment.dataset is None else "set"
    return key(
        f"{config.domain.name}-{size}",
        rows=measured_key(config),
        points=config.assessment.points,
        **decided,
    )


def diversity_key(config: Config) -> str:
    """Distances between the points, and what else is measured without a teacher."""
    return measure_key(
        config, diversity=config.assessment.diversity.identity(), embedding=config.embedding.identity()
    )


def coverage_key(config: Config) -> str:
    """Where the points stand in the taxonomies: by lineage, and where a teacher assigns them."""
    settings = config.assessment.coverage
    asked = {}
    if settings.assigned:
        asked = {
            "teacher": config.scored_by.identity(),
            "attempts": config.dataset.attempts,
            "domain": described(config),
            "prompts": prompts((ASSIGN, "_kinds")),
        }
    covered = config.covered.content() if config.covered else taxonomy_key(config)
    return measure_key(config, coverage=settings.identity(), taxonomy=covered, **asked)


def quality_key(config: Config) -> str:
    """A tree beside an expert's: both trees, who wrote the one of one call, who labelled the nodes.

    Raises:
        ConfigurationError: no expert taxonomy is configured.
    """
    topic, settings = topic_cell(config), config.assessment.taxonomy
    if topic is None or config.expert is None:
        raise ConfigurationError("assessment.taxonomy.expert: the measure taxonomy needs an expert taxonomy")
    person = [
        [*place, [[*path, label] for path, label in sorted(labels.items())]]
        for place, labels in sorted((config.person or {}).items())
    ]
    return key(
        topic.domain.name,
        expert=config.expert.content(),
        tree=taxonomy_key(topic),
        domain=described(topic),
        quality=settings.identity(),
        writer=config.teacher.identity() if settings.zero_shot else None,
        judge=config.judged_by.identity() if settings.votes else None,
        person=person,
        attempts=config.dataset.attempts,
        prompts=prompts((JUDGE, PLACE, ZERO_SHOT)),
    )


def trials_key(config: Config) -> str:
    """Questions with a right, a corrupted and the writer's own answer: no critic is in it."""
    settings = config.assessment.critics
    rated = [config.scoring.identity(), config.scored_by.identity()] if settings.rated else None
    return measure_key(
        config,
        questions=settings.questions,
        corruptions=settings.attempts,
        teacher=config.teacher.identity(),
        attempts=config.dataset.attempts,
        reasoning=config.evaluation.teacher_reasoning,
        instructions=config.domain.instructions,
        system=system_prompt(config.domain),
        task=config.domain.task.identity(),
        rated=rated,
        prompts=[EXAMINATION, CORRUPTION, *prompts(("answer_item", "corrupt_answer", "score_complexity"))],
    )


def critics_key(config: Config) -> str:
    """What one double critic says of the trials."""
    return measure_key(
        config,
        trials=trials_key(config),
        critic=config.double_judged_by.identity(),
        attempts=config.dataset.attempts,
        system=system_prompt(config.domain),
        accuracy=config.assessment.critics.teacher_accuracy,
        prompts=prompts(("judge_correct", "judge_incorrect")),
    )


def complexity_key(config: Config) -> str:
    """Ratings of the points among themselves."""
    return measure_key(config, **_scoring(config))


def pool_key(configs: Sequence[Config]) -> str:
    """Ratings of the points of several sets in one pool, in whatever order they are named."""
    first = configs[0]
    return key(
        f"{first.domain.name}-pool{len(configs)}",
        sets=sorted(measured_key(config) for config in configs),
        points=first.assessment.points,
        **_scoring(first),
    )


def validity_key(config: Config) -> str:
    """The points' scores by several schedules, and the scorer's own answers to them."""
    return measure_key(
        config,
        **_scoring(config),
        validity=config.assessment.validity.identity(),
        task=config.domain.task.identity(),
        instructions=config.domain.instructions,
        reasoning=config.evaluation.teacher_reasoning,
        extraction=config.evaluation.extraction,
        examination=[EXAMINATION, template_hash("answer_item")],
    )


def _scoring(config: Config) -> dict[str, Any]:
    """How points are scored and rated, by whom; both ratings are made, whichever selections go by."""
    scoring = config.scoring
    return {
        "domain": described(config),
        "scoring": [scoring.model_copy(update={"method": "elo"}).identity(), scoring.resamples],
        "teacher": config.scored_by.identity(),
        "attempts": config.dataset.attempts,
        "prompts": prompts(("score_complexity",)),
    }


MEASURES: Mapping[Measure, tuple[str, Callable[[Config], str]]] = {
    "diversity": ("assess", diversity_key),
    "coverage": ("coverage", coverage_key),
    "critics": ("critics", critics_key),
    "taxonomy": ("quality", quality_key),
    "complexity": ("complexity", complexity_key),
    "validity": ("validity", validity_key),
}
"""Measure to its artifact's stage and key."""
POOL = "pool"
"""The stage of `complexity` over several sets in one pool, which is no single cell's."""
