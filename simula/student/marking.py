"""What of an answer counts: the most probable one of a closed list, or what is read from a text."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from simula.domain import Domain, Example, Extraction
from simula.domain.reading import Reading


@dataclass(frozen=True, slots=True)
class Said:
    """The answer to one example."""

    index: int
    """Which of the examples."""
    prediction: str | None
    """The answer that counts; None where it is read from a text and there is none in it."""
    right: bool
    text: str
    """What was generated; empty where nothing was."""
    logprobs: dict[str, float]
    """Log-probability of each answer of a closed list, in nats; empty where there is no list."""
    right_strict: bool | None = None
    """By the strict reading of the text; None where nothing was generated."""
    right_lenient: bool | None = None
    """By the lenient reading of the text; None where nothing was generated."""
    right_logprob: bool | None = None
    """By the most probable answer of a closed list; None where none were scored."""


@dataclass(frozen=True, slots=True)
class Marking:
    """What of an answer counts."""

    extraction: Extraction = "strict_first"
    """Which reading of a generated text."""
    choice: Literal["logprob", "letter"] = "logprob"
    """Of a closed list the most probable answer, or the one that is read from the generated text."""
    choice_tokens: int = 0
    """Tokens generated at most where the answers are a closed list."""


def marked(
    domain: Domain,
    example: Example,
    index: int,
    text: str | None,
    logprobs: Mapping[str, float] | None,
    marking: Marking,
) -> Said:
    """What an answer is worth.

    Args:
        domain: how an answer is read.
        example: the question and its right answer.
        index: which of the examples it is.
        text: what was generated; None: nothing was asked for.
        logprobs: log-probability of the answers of a closed list; None: none were scored. One that is not
            there is less probable than those that are; where none is, nothing was answered.
        marking: what counts.

    Raises:
        ValueError: neither a text nor probabilities.
    """
    if text is None and logprobs is None:
        raise ValueError("an answer is a text, or the probabilities of a closed list")
    reading = None if text is None else domain.task.read(text, example)
    best = max(logprobs, key=logprobs.__getitem__) if logprobs else None
    by_score = best is not None and domain.task.right(best, example)
    if reading is None or (logprobs is not None and marking.choice == "logprob"):
        prediction, right = best, by_score
    else:
        prediction, right = _read(reading, marking)
    return Said(
        index,
        prediction,
        right,
        text or "",
        dict(logprobs or {}),
        right_strict=None if reading is None else reading.strict.right,
        right_lenient=None if reading is None else reading.lenient.right,
        right_logprob=None if logprobs is None else by_score,
    )


def _read(reading: Reading, marking: Marking) -> tuple[str | None, bool]:
    found = reading.by(marking.extraction)
    return found.answer, found.right
