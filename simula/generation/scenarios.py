"""Meta-prompts: one of K scenarios written at once, and its harder rewriting (Section 2.3)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simula.draws import balanced, generator
from simula.generation.settings import Complexity
from simula.mix import Mix
from simula.prompts import Asker, Tally, replies

BLOCK = 20
"""Slots in which the fraction of complex ones is exact; `Complexity.fraction` is a multiple of 1/20."""


async def write_scenario(
    mix: Mix,
    count: int,
    earlier: Sequence[str],
    asker: Asker,
    seed: int,
    draw: np.random.Generator,
    tally: Tally,
) -> str:
    """One of `count` distinct scenarios that the teacher writes in a single call.

    Args:
        mix: the requirements.
        count: K.
        earlier: scenarios of the same mix that the new ones must differ from (the sequential mode).
        asker: who writes.
        seed: of the teacher's sampling.
        draw: picks the one that is kept.
        tally: what it cost.
    """
    values = {"mix": as_values(mix), "count": count, "earlier": list(earlier)}
    reply = await asker.ask("write_scenarios", replies.scenarios(count), values, seed=seed, tally=tally)
    return str(reply["scenarios"][int(draw.integers(count))])


async def complexify(mix: Mix, scenario: str, asker: Asker, seed: int, tally: Tally) -> str:
    """The scenario rewritten to be harder; every requirement of the mix stays."""
    values = {"mix": as_values(mix), "scenario": scenario}
    reply = await asker.ask("complexify", replies.scenario(), values, seed=seed, tally=tally)
    return str(reply["scenario"])


def is_complex(settings: Complexity, seed: int, slot: int) -> bool:
    """Whether the slot's meta-prompt is rewritten.

    Each block of 20 slots is shuffled by the seed and its first 20·c slots are complex: the fraction is
    exact, and a slot that is complex at some c is complex at every larger c.
    """
    return balanced(BLOCK, seed, slot, "complex") < round(settings.fraction * BLOCK)


def scenario_draw(seed: int, slot: int) -> np.random.Generator:
    """The generator that picks one of a slot's scenarios."""
    return generator(seed, slot, "scenario")


def as_values(mix: Mix) -> list[dict[str, Any]]:
    """A mix as prompt files read it."""
    return [
        {"factor": choice.factor, "path": list(choice.path), "description": choice.description}
        for choice in mix.choices
    ]
