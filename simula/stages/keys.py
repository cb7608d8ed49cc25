"""Keys: what determines each artifact, hashed, behind a readable prefix.

A key holds the configuration that determines the artifact and the keys of its inputs, and nothing
else: no logging, launcher, hardware, path or concurrency. The same key is the same folder, which is how
everything resumes and how the cells of a sweep share their work.
"""

from __future__ import annotations

import re
from typing import Any

from simula.config import Config
from simula.prompts import template_hash
from simula.settings import fingerprint

FORMAT = 1
"""Raised when what a stage writes changes its meaning, so that older artifacts are not reused."""
_TAXONOMY_PROMPTS = (
    "propose_factors",
    "review_factors",
    "propose_children",
    "review_children",
    "plan_level",
    "write_strategies",
)
_DATASET_PROMPTS = (
    "write_scenarios",
    "complexify",
    "write_sample",
    "judge_requirements",
    "judge_correct",
    "judge_incorrect",
    "refine",
)


def taxonomy_key(config: Config) -> str:
    """Domain, expansion, teacher: shared by all systems of a domain."""
    return _key(
        config.domain.name,
        domain=_described(config),
        expansion=config.taxonomy.expansion.identity(),
        teacher=config.teacher.identity(),
        attempts=config.dataset.attempts,
        prompts=_prompts(_TAXONOMY_PROMPTS),
    )


def dataset_key(config: Config) -> str:
    """Mechanism, taxonomy, data seed: not the size, since a smaller data set is a prefix of a larger one."""
    taxonomy = config.taxonomy
    prefix = "-".join(
        (
            config.domain.name,
            taxonomy.levels,
            f"k{config.scenarios.count}",
            f"c{round(100 * config.complexity.fraction)}",
            ("r" if config.critic.requirements else "") + ("d" if config.critic.double else "") or "none",
        )
    )
    return _key(
        prefix,
        taxonomy=taxonomy_key(config),
        sampling=[taxonomy.levels, taxonomy.node_distribution],
        scenarios=config.scenarios.identity(),
        complexity=config.complexity.identity(),
        critic=config.critic.identity(),
        dataset=config.dataset.identity(),
        item=config.domain.item,
        languages=config.domain.languages,
        task=config.domain.task.identity(),
        benchmark=config.benchmark.identity(),
        judge=config.judge.identity() if config.judge else None,
        seed=config.scalars.data_seed,
        prompts=_prompts(_DATASET_PROMPTS),
    )


def rows_key(config: Config) -> str:
    """The first `size` rows of the data set."""
    return f"{dataset_key(config)}/n{config.scalars.size}"


def assessment_key(config: Config) -> str:
    """Measures of the rows."""
    return _key(
        f"{config.domain.name}-n{config.scalars.size}",
        rows=rows_key(config),
        assessment=config.assessment.identity(),
    )


def adapter_key(config: Config) -> str:
    """A student tuned on the rows."""
    return _key(
        f"{config.domain.name}-{config.student.name}-n{config.scalars.size}-s{config.scalars.seed}",
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


def cell_key(config: Config) -> str:
    """The whole cell: what its evaluation and its assessment depend on."""
    system = re.sub(r"[^\w.]+", "_", config.scalars.system)
    prefix = f"{config.domain.name}-{system}-{config.student.name}"
    return _key(
        f"{prefix}-n{config.scalars.size}-s{config.scalars.seed}",
        evaluation=evaluation_key(config, tuned=True),
        assessment=assessment_key(config),
        experiment=config.scalars.experiment,
        system=config.scalars.system,
    )


def artifact_keys(config: Config) -> dict[str, str]:
    """Every artifact of a cell: what it is for it, to `stage/key`."""
    return {
        "taxonomy": f"taxonomy/{taxonomy_key(config)}",
        "dataset": f"dataset/{rows_key(config)}",
        "assess": f"assess/{assessment_key(config)}",
        "train": f"train/{adapter_key(config)}",
        "untuned": f"evaluate/{evaluation_key(config, tuned=False)}",
        "evaluate": f"evaluate/{evaluation_key(config, tuned=True)}",
    }


def _described(config: Config) -> dict[str, Any]:
    """The part of a domain that generation sees: the students' instructions are not in it."""
    return {
        name: value
        for name, value in config.domain.identity().items()
        if name in {"description", "language", "factors", "seeds"}
    }


def _prompts(templates: tuple[str, ...]) -> list[str]:
    return [template_hash(template) for template in ("system", "_mix", "_example", *templates)]


def _key(prefix: str, **parts: Any) -> str:
    return f"{prefix}-{fingerprint({'format': FORMAT, **parts})}"
