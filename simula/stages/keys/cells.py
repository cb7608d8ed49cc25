"""The key of a cell, and of every artifact that it consists of."""

from __future__ import annotations

import re

from simula.config import Config
from simula.stages.keys.hashing import key
from simula.stages.keys.made import (
    adapter_key,
    evaluation_key,
    rating_key,
    rows_key,
    taxonomy_key,
    teacher_key,
)
from simula.stages.keys.measures import MEASURES, POOL, trials_key
from simula.stages.topic import topic_cell


def cell_key(config: Config) -> str:
    """The whole cell: what its evaluation and its assessment depend on."""
    system = re.sub(r"[^\w.]+", "_", config.scalars.system)
    prefix = f"{config.domain.name}-{system}-{config.student.name}"
    return key(
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
_LAST = {"taxonomy": "taxonomy", "generate": "dataset", "assess": POOL, "train": "train"}
"""Command to the last artifact that it makes; others make all."""


def made_up_to(until: str) -> tuple[str, ...]:
    """What a command makes of a cell, by the names of `artifact_keys`; of none, everything."""
    return ARTIFACTS[: ARTIFACTS.index(_LAST.get(until, ARTIFACTS[-1])) + 1]


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
