"""Data points from meta-prompts, and their refinement after a negative verdict (Section 2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simula.domain import Domain, Example, Place
from simula.errors import UnreadableReply
from simula.generation.scenarios import as_values
from simula.mix import Mix
from simula.prompts import Asker, Tally
from simula.settings import OfObject

_reply_schema = OfObject[Domain, dict[str, Any]](lambda domain: domain.task.reply_schema())
"""JSON schema of a domain's data points, made once."""


async def write_sample(
    domain: Domain, mix: Mix, scenario: str, place: Place, asker: Asker, seed: int, tally: Tally
) -> Example:
    """One data point for a meta-prompt. Raises UnreadableReply where the reply describes none."""
    values = {"item": domain.item, "mix": as_values(mix), "scenario": scenario}
    return await ask_example("write_sample", domain, values, place, asker, seed, tally)


async def ask_example(
    template: str,
    domain: Domain,
    values: Mapping[str, Any],
    place: Place,
    asker: Asker,
    seed: int,
    tally: Tally,
) -> Example:
    """The data point that answers a prompt file.

    Raises:
        UnreadableReply: the reply fits the schema but describes no example (equal options, say).
    """
    reply = await asker.ask(template, _reply_schema(domain), values, seed=seed, tally=tally)
    try:
        example = domain.task.example(reply, place)
        if not example.question:
            raise ValueError("its text is empty")
    except ValueError as error:
        raise UnreadableReply(f"the data point is unusable: {error}") from error
    return example
