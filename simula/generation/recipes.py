"""Other recipes for comparison, built from the same parts; not the paper's.

Both bootstrap: what a slot writes depends on data points of earlier rounds. A round's slots only look at
the rounds before it, so that they run at once and the order in which calls return changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simula.domain import Domain, Example, Place
from simula.generation.candidate import Candidate
from simula.generation.samples import read_example, reply_schema, write_sample
from simula.generation.settings import EvolInstruct, SelfInstruct
from simula.mix import Mix
from simula.prompts import Asker, Tally

NO_MIX = Mix(strategy=0, choices=())
"""What stands in a candidate's lineage where the recipe draws no mix."""
OPERATIONS = ("constrain", "deepen", "concretise", "reason", "broaden")
"""Evol-Instruct's: four ways into depth, one into breadth."""


@dataclass(frozen=True, slots=True)
class Descent:
    """A data point, and which earlier slots it came from."""

    example: Example
    parents: tuple[int, ...] = ()
    operation: str = ""


def settled_before(recipe: SelfInstruct | EvolInstruct, slot: int) -> int:
    """How many slots must be settled before this one is written: whole rounds, none for the seeds."""
    return 0 if slot < recipe.seeds else max(recipe.seeds, slot // recipe.round * recipe.round)


async def write_by_recipe(
    recipe: SelfInstruct | EvolInstruct,
    domain: Domain,
    before: Sequence[Candidate],
    draw: np.random.Generator,
    place: Place,
    asker: Asker,
    seed: int,
    tally: Tally,
) -> Descent:
    """One data point.

    Args:
        recipe: which one, with its settings.
        domain: what data is wanted.
        before: the candidates of `settled_before` slots.
        draw: chooses parents and operation.
        place: of the right option.
        asker: who writes.
        seed: of the teacher's sampling.
        tally: what it cost.

    Raises:
        UnreadableReply: no attempt describes an example.
    """
    pool = [candidate for candidate in before if candidate.status == "accepted"]
    if not pool:
        return Descent(await write_sample(domain, NO_MIX, "", place, asker, seed, tally))
    values: dict[str, Any] = {"item": domain.item}
    if isinstance(recipe, SelfInstruct):
        parents, operation = _shown(recipe, pool, draw), ""
        values |= {"examples": [_values(parent) for parent in parents]}
        template = "write_like"
    else:
        parents = [pool[int(draw.integers(len(pool)))]]
        operation = OPERATIONS[int(draw.integers(len(OPERATIONS)))]
        values |= {"example": _values(parents[0]), "operation": operation}
        template = "evolve"
    reply = await asker.ask(template, reply_schema(domain), values, seed=seed, tally=tally)
    slots = tuple(parent.slot for parent in parents)
    return Descent(read_example(domain, reply, place), slots, operation)


def _shown(recipe: SelfInstruct, pool: Sequence[Candidate], draw: np.random.Generator) -> list[Candidate]:
    """Seeds and later data points in the recipe's proportion, in a drawn order; fewer where fewer exist."""
    seeds = [candidate for candidate in pool if candidate.slot < recipe.seeds]
    later = [candidate for candidate in pool if candidate.slot >= recipe.seeds]
    few = min(recipe.shown_seeds if later else recipe.shown, len(seeds))
    some = min(recipe.shown - few, len(later))
    chosen = [seeds[i] for i in draw.permutation(len(seeds))[:few]]
    chosen += [later[i] for i in draw.permutation(len(later))[:some]]
    return [chosen[i] for i in draw.permutation(len(chosen))]


def _values(candidate: Candidate) -> dict[str, object]:
    assert candidate.example is not None
    return candidate.example.model_dump(mode="json")
