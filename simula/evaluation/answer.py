"""What an examination keeps of each item."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """What a student or a teacher said to one item."""

    item: str
    """The item's id."""
    prediction: str | None
    """None: nothing in the text could be read as an answer. Counted apart from wrong answers."""
    right: bool
    text: str
    """What was generated; the chosen answer where the answers are a closed list."""
    logprobs: dict[str, float]
    """Log-probability of each answer of a closed list, in nats; empty where text was generated."""
