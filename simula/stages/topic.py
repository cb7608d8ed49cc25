"""The topic of an expert taxonomy as a cell: what a teacher is asked to expand, to be measured against it."""

from __future__ import annotations

import re
from dataclasses import replace

from simula.config import Config
from simula.domain import Domain, Factor, FreeText, Strategy


def topic_cell(config: Config) -> Config | None:
    """The cell that expands the measured tree; None where no taxonomy is measured.

    For T_E's topic it is the cell with another domain: one factor, described as T_E's is, expanded to T_E's
    depth, so that the tree is made as every taxonomy is. Where a factor of the cell's own taxonomies is
    measured, it is the cell itself.
    """
    expert, settings = config.expert, config.assessment.taxonomy
    if expert is None:
        return None
    if settings.factor is not None:
        return config
    factor = Factor(name=expert.taxonomy.factor, description=expert.taxonomy.description)
    domain = Domain(
        name=re.sub(r"[^\w.-]+", "_", expert.name),
        # Edited trees need no description: nobody is asked to expand them.
        description=settings.description or expert.description or expert.taxonomy.factor,
        task=FreeText(),
        instructions="Write it.",
        factors=(factor,),
        strategies=(Strategy(factors=(factor.name,), weight=1),),
    )
    depth = {"depth": settings.depth or expert.depth}
    expansion = config.taxonomy.expansion.model_copy(update=depth)
    return replace(
        config, domain=domain, taxonomy=config.taxonomy.model_copy(update={"expansion": expansion})
    )
