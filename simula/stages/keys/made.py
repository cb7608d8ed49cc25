"""Keys of taxonomies, data sets, ratings, students and their evaluations."""

from __future__ import annotations

from typing import Any

from simula.config import Config
from simula.evaluation.teacher import SYSTEM as EXAMINATION
from simula.prompts import template_hash
from simula.stages.keys.hashing import described, key, of_cell, once, prompts

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


@once
def taxonomy_key(config: Config) -> str:
    """Domain, expansion, teacher, shared by all systems of a domain; of edited trees, what they say alone."""
    if config.edited:
        return key("edited", edited=config.edited.trees().content())
    return key(
        config.domain.name,
        domain=described(config),
        expansion=config.taxonomy.expansion.identity(),
        teacher=config.teacher.identity(),
        attempts=config.dataset.attempts,
        prompts=prompts(TAXONOMY_PROMPTS),
    )


@once
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
    return key(
        f"{config.domain.name}-{recipe}-{critics}",
        recipe=config.recipe.identity(),
        **mechanism,
        domain=described(config),
        teacher=config.teacher.identity(),
        critic=config.critic.identity(),
        dataset=config.dataset.identity(),
        item=config.domain.item,
        languages=config.domain.checked_languages,
        task=config.domain.task.identity(),
        benchmark=config.benchmark.identity(),
        judges=_judges(config),
        seed=config.scalars.data_seed,
        prompts=prompts(_DATASET_PROMPTS),
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
    return key(
        f"{config.domain.name}-n{config.scalars.size}",
        rows=rows_key(config),
        scoring=config.scoring.identity(),
        teacher=config.scored_by.identity(),
        prompts=prompts(("score_complexity",)),
    )


def advice_key(config: Config) -> str:
    """A pilot: so many candidates of a data set, and second answers to them."""
    return key(
        f"{config.domain.name}-pilot",
        dataset=dataset_key(config),
        points=[config.advice.points, config.advice.resamples],
        reasoning=config.evaluation.teacher_reasoning,
        prompts=[EXAMINATION, template_hash("answer_item")],
    )


@of_cell
def adapter_key(config: Config) -> str:
    """A student tuned on the rows, or on a selection of them."""
    selected = {}
    if config.selection.rated:
        selected = {"selection": config.selection.identity(), "rating": rating_key(config)}
    return key(
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
    return key(
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
    return key(
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
