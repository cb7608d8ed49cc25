"""What an examination asks, and what it keeps of each item."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.draws import entropy
from simula.store.benchmarks import TestItem


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student or a teacher said to one item."""

    item: str
    """The item's id."""
    prediction: str | None
    """The answer that counts. None: nothing in the text could be read as one; apart from wrong answers."""
    right: bool
    """Whether that one is right."""
    text: str
    """What was generated; empty where nothing was."""
    logprobs: dict[str, float]
    """Log-probability of each answer of a closed list, in nats; empty where there is no list."""
    right_strict: bool | None = None
    """By the strict reading of the text; None where there was no text to read."""
    right_lenient: bool | None = None
    """By the lenient reading of the text; None where there was no text to read."""
    right_logprob: bool | None = None
    """By the most probable answer of a closed list; None where none were scored."""


def limited(items: Sequence[TestItem], limit: int | None) -> list[TestItem]:
    """At most `limit` items, in their order: a random part, and a part of any larger limit's."""
    if limit is None or limit >= len(items):
        return list(items)
    drawn = {item.id for item in sorted(items, key=lambda item: entropy("limit", item.id))[:limit]}
    return [item for item in items if item.id in drawn]
