"""Keys: what determines each artifact, hashed, behind a readable prefix.

A key holds the configuration that determines the artifact and the keys of its inputs, and nothing
else: no logging, launcher, hardware, path or concurrency. The same key is the same folder, which is how
everything resumes and how the cells of a sweep share their work.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from functools import wraps
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
from simula.stages.topic import topic_cell
from simula.store.measured_sets import BENCHMARK, content_of, file_of
from simula.taxonomy.zero_shot import TEMPLATE as ZERO_SHOT

FORMAT = 2
"""Raised when what a stage writes changes its meaning, so that older artifacts are not reused."""
_KEPT = 1024
"""Keys kept of each kind."""
TAXONOMY_PROMPTS = (
    "propose_factors",
    "review_factors",
    "propose_children",
    "review_children",
    "plan_level",
    "write_strategies",
)
_DATASET_PROMPTS = (
    "write_like",
    "evolve",
    "write_scenarios",
    "complexify",
    "write_sample",
    "judge_requirements",
    "judge_correct",
    "judge_incorrect",
    "refine",
)


def _once(key: Callable[[Config], str]) -> Callable[[Config], str]:
    """A key that neither size nor seed are in, worked out once for all cells that are made of the same parts.

    Parts are told apart by their identity, which is theirs alone while the cell is held here.
    """
    parts = [field.name for field in fields(Config) if field.name != "scalars"]
    known: dict[tuple[int, ...], tuple[Config, str]] = {}

    @wraps(key)
    def found(config: Config) -> str:
        names = (config.scalars.data_seed, *(id(getattr(config, part)) for part in parts))
        if names not in known:
            if len(known) >= _KEPT:
                known.clear()
            known[names] = (config, key(config))
        return known[names][1]

    return found


@_once
def taxonomy_key(config: Config) -> str:
    """Domain, expansion, teacher, shared by all systems of a domain; of edited trees, what they say alone."""
    if config.edited:
        return _key("edited", edited=config.edited.trees().content())
    return _key(
        config.domain.name,
        domain=_described(config),
        expansion=config.taxonomy.expansion.identity(),
        teacher=config.teacher.identity(),
        attempts=config.dataset.attempts,
        prompts=_prompts(TAXONOMY_PROMPTS),
    )


@_once
def dataset_key(config: Config) -> str:
    """Mechanism, taxonomy, data seed: not the size, since a smaller data set is a prefix of a larger one."""
    critics = ("r" if config.critic.requirements else "") + ("d" if config.critic.double else "") or "none"
    if config.draws_mixes:
        taxonomy, fraction = config.taxonomy, round(100 * config.complexity.fraction)
        recipe = f"{taxonomy.levels}-k{config.scenarios.count}-c{fraction}"
        mechanism = {
            "taxonomy": taxonomy_key(config),
            "sampling": [taxonomy.levels, taxonomy.node_distribution],
            "scenarios": config.scenarios.identity(),
            "complexity": config.complexity.identity(),
        }
    else:
        recipe = type(config.recipe).__name__.lower()
        mechanism = {}
    return _key(
        f"{config.domain.name}-{recipe}-{critics}",
        recipe=config.recipe.identity(),
        **mechanism,
        domain=_described(config),
        teacher=config.teacher.identity(),
        critic=config.critic.identity(),
        dataset=config.dataset.identity(),
        item=config.domain.item,
        languages=config.domain.checked_languages,
        task=config.domain.task.identity(),
        benchmark=config.benchmark.identity(),
        judges=_judges(config),
        seed=config.scalars.data_seed,
        prompts=_prompts(_DATASET_PROMPTS),
    )


def _judges(config: Config) -> list[Any]:
    """Who answers each critic that is asked; a critic that is not asked splits no data sets."""
    critic = config.critic
    asked = ((critic.requirements, config.judged_by), (critic.double, config.double_judged_by))
    return [teacher.identity() if used else None for used, teacher in asked]


def rows_key(config: Config) -> str:
    """The first `size` rows of the data set, or as many as its token budget pays for."""
    budget = f"-t{config.dataset.tokens}" if config.dataset.tokens else ""
    return f"{dataset_key(config)}/n{config.scalars.size}{budget}"


def rating_key(config: Config) -> str:
    """Ratings of the rows: of these rows as a whole, since every item is compared with others of them."""
    return _key(
        f"{config.domain.name}-n{config.scalars.size}",
        rows=rows_key(config),
        scoring=config.scoring.identity(),
        teacher=config.scored_by.identity(),
        prompts=_prompts(("score_complexity",)),
    )


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
    return _key(
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
            "domain": _described(config),
            "prompts": _prompts((ASSIGN, "_kinds")),
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
    return _key(
        topic.domain.name,
        expert=config.expert.content(),
        tree=taxonomy_key(topic),
        domain=_described(topic),
        quality=settings.identity(),
        writer=config.teacher.identity() if settings.zero_shot else None,
        judge=config.judged_by.identity() if settings.votes else None,
        person=person,
        attempts=config.dataset.attempts,
        prompts=_prompts((JUDGE, PLACE, ZERO_SHOT)),
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
        prompts=[EXAMINATION, CORRUPTION, *_prompts(("answer_item", "corrupt_answer", "score_complexity"))],
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
        prompts=_prompts(("judge_correct", "judge_incorrect")),
    )


def complexity_key(config: Config) -> str:
    """Ratings of the points among themselves."""
    return measure_key(config, **_scoring(config))


def pool_key(configs: Sequence[Config]) -> str:
    """Ratings of the points of several sets in one pool, in whatever order they are named."""
    first = configs[0]
    return _key(
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
        "domain": _described(config),
        "scoring": [scoring.model_copy(update={"method": "elo"}).identity(), scoring.resamples],
        "teacher": config.scored_by.identity(),
        "attempts": config.dataset.attempts,
        "prompts": _prompts(("score_complexity",)),
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


def advice_key(config: Config) -> str:
    """A pilot: so many candidates of a data set, and second answers to them."""
    return _key(
        f"{config.domain.name}-pilot",
        dataset=dataset_key(config),
        points=[config.advice.points, config.advice.resamples],
        reasoning=config.evaluation.teacher_reasoning,
        prompts=[EXAMINATION, template_hash("answer_item")],
    )


def adapter_key(config: Config) -> str:
    """A student tuned on the rows, or on a selection of them."""
    selected = {}
    if config.selection.rated:
        selected = {"selection": config.selection.identity(), "rating": rating_key(config)}
    return _key(
        f"{config.domain.name}-{config.student.name}-n{config.scalars.size}-s{config.scalars.seed}",
        **selected,
        rows=rows_key(config),
        instructions=config.domain.instructions,
        student=config.student.identity(),
        training=config.training.identity(),
        seed=config.scalars.seed,
    )


def evaluation_key(config: Config, *, tuned: bool) -> str:
    """Answers of the tuned student, or of the untuned one, to the benchmark."""
    prefix = f"{config.domain.name}-{config.student.name}"
    prefix += f"-n{config.scalars.size}-s{config.scalars.seed}" if tuned else "-untuned"
    return _key(
        prefix,
        adapter=adapter_key(config) if tuned else None,
        student=config.student.identity(),
        instructions=config.domain.instructions,
        task=config.domain.task.identity(),
        benchmark=config.benchmark.identity(),
        evaluation=config.evaluation.identity(),
    )


def teacher_key(config: Config) -> str:
    """Answers of the teacher to the benchmark; they depend on no data set."""
    return _key(
        f"{config.domain.name}-teacher",
        teacher=config.teacher.identity(),
        attempts=config.dataset.attempts,
        instructions=config.domain.instructions,
        task=config.domain.task.identity(),
        benchmark=config.benchmark.identity(),
        limit=config.evaluation.limit,
        reasoning=config.evaluation.teacher_reasoning,
        extraction=config.evaluation.extraction,
        prompts=[EXAMINATION, template_hash("answer_item")],
    )


def cell_key(config: Config) -> str:
    """The whole cell: what its evaluation and its assessment depend on."""
    system = re.sub(r"[^\w.]+", "_", config.scalars.system)
    prefix = f"{config.domain.name}-{system}-{config.student.name}"
    return _key(
        f"{prefix}-n{config.scalars.size}-s{config.scalars.seed}",
        evaluation=evaluation_key(config, tuned=True),
        assessment=[MEASURES[name][1](config) for name in config.assessment.taken],
        experiment=config.scalars.experiment,
        system=config.scalars.system,
    )


ARTIFACTS = (
    "taxonomy",
    "dataset",
    "topic",
    "trials",
    *(stage for stage, _ in MEASURES.values()),
    POOL,
    "rate",
    "train",
    "untuned",
    "teacher",
    "evaluate",
)
"""What a cell may consist of, in the direction of the data; no cell has more, some have less."""


def artifact_keys(config: Config) -> dict[str, str]:
    """Every artifact of a cell: what it is for it, to `stage/key`.

    Of a cell that is only measured, the measures alone, and the taxonomies they need.
    """
    measures = {}
    topic = topic_cell(config)
    if topic is not None and topic is not config:
        measures["topic"] = f"taxonomy/{taxonomy_key(topic)}"
    for name in config.assessment.taken:
        stage, key = MEASURES[name]
        if name == "critics":
            measures["trials"] = f"trials/{trials_key(config)}"
        measures[stage] = f"{stage}/{key(config)}"
    taxonomy = {"taxonomy": f"taxonomy/{taxonomy_key(config)}"} if config.needs_taxonomies else {}
    if config.only_measured:
        return {**taxonomy, **measures}
    return {
        **taxonomy,
        "dataset": f"dataset/{rows_key(config)}",
        **measures,
        **({"rate": f"rate/{rating_key(config)}"} if config.selection.rated else {}),
        "train": f"train/{adapter_key(config)}",
        "untuned": f"evaluate/{evaluation_key(config, tuned=False)}",
        **({"teacher": f"evaluate/{teacher_key(config)}"} if config.evaluation.teacher else {}),
        "evaluate": f"evaluate/{evaluation_key(config, tuned=True)}",
    }


def _described(config: Config) -> dict[str, Any]:
    """The part of a domain that generation sees: the students' instructions are not in it."""
    return {
        name: value
        for name, value in config.domain.identity().items()
        if name in {"description", "language", "factors", "strategies", "seeds"}
    }


def _prompts(templates: tuple[str, ...]) -> list[str]:
    return [template_hash(template) for template in ("system", "_mix", "_example", *templates)]


def _key(prefix: str, **parts: Any) -> str:
    return f"{prefix}-{fingerprint({'format': FORMAT, **parts})}"
