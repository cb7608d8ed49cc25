"""Other recipes for comparison, built from the same parts; not the paper's.

Both bootstrap: what a slot writes depends on data points of earlier rounds. A round's slots only look at
the rounds before it, so that they run at once and the order in which calls return changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simula.domain import Domain, Example, Place
from simula.generation.history import History
from simula.generation.samples import ask_example, write_sample
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


@dataclass(frozen=True, slots=True)
class Pool:
    """The accepted data points that a slot may look at: those of the first `settled` slots."""

    history: History
    settled: int

    def __len__(self) -> int:
        return self.history.accepted_before(self.settled)

    def seeds(self, recipe: SelfInstruct) -> int:
        """How many of them are seeds; they come first."""
        return self.history.accepted_before(min(self.settled, recipe.seeds))

    def slot(self, number: int) -> int:
        """The slot of the data point of this number."""
        return self.history.accepted_slot(number)

    def values(self, number: int) -> dict[str, object]:
        """The data point of this number, as prompt files read it."""
        return self.history.example(self.slot(number)).model_dump(mode="json")


def settled_before(recipe: SelfInstruct | EvolInstruct, slot: int) -> int:
    """How many slots must be settled before this one is written: whole rounds, none for the seeds."""
    return 0 if slot < recipe.seeds else max(recipe.seeds, slot // recipe.round * recipe.round)


async def write_by_recipe(
    recipe: SelfInstruct | EvolInstruct,
    domain: Domain,
    pool: Pool,
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
        pool: the accepted data points of `settled_before` slots.
        draw: chooses parents and operation.
        place: of the right option.
        asker: who writes.
        seed: of the teacher's sampling.
        tally: what it cost.

    Raises:
        UnreadableReply: no attempt describes an example.
    """
    if not len(pool):
        return Descent(await write_sample(domain, NO_MIX, "", place, asker, seed, tally))
    values: dict[str, Any] = {"item": domain.item}
    if isinstance(recipe, SelfInstruct):
        parents, operation = _shown(recipe, pool, draw), ""
        values |= {"examples": [pool.values(parent) for parent in parents]}
        template = "write_like"
    else:
        parents = [int(draw.integers(len(pool)))]
        operation = OPERATIONS[int(draw.integers(len(OPERATIONS)))]
        values |= {"example": pool.values(parents[0]), "operation": operation}
        template = "evolve"
    example = await ask_example(template, domain, values, place, asker, seed, tally)
    return Descent(example, tuple(pool.slot(parent) for parent in parents), operation)


def _shown(recipe: SelfInstruct, pool: Pool, draw: np.random.Generator) -> list[int]:
    """Seeds and later data points in the recipe's proportion, in a drawn order; fewer where fewer exist."""
    seeds = pool.seeds(recipe)
    later = len(pool) - seeds
    few = min(recipe.shown_seeds if later else recipe.shown, seeds)
    some = min(recipe.shown - few, later)
    chosen = [int(i) for i in draw.permutation(seeds)[:few]]
    chosen += [seeds + int(i) for i in draw.permutation(later)[:some]]
    return [chosen[i] for i in draw.permutation(len(chosen))]
