"""Right answers made wrong, subtly, with the question unchanged: what critics are tried on (Section 3.6)."""

from __future__ import annotations

import string
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simula.domain import Domain, Example
from simula.domain.schema import TEXT, strict_object
from simula.draws import entropy
from simula.errors import RequestFailed, UnreadableReply
from simula.prompts import Asker, Tally

TEMPLATE = "corrupt_answer"
SYSTEM = "You write what examiners are tested with: answers that look right and are not."
"""In place of the domain's own instruction, which says that answers are right."""


@dataclass(frozen=True, slots=True)
class Corruption:
    """One right answer made wrong, or why that could not be had."""

    example: Example | None
    """The question with the wrong answer; None: lost."""
    refused: int
    """Replies whose answer was read as right, after which it was asked again."""
    reason: str = ""
    """Why it is lost."""


def as_shown(domain: Domain, example: Example) -> Example:
    """An example as critics see a data point of the domain: its answer bare, and reasoning only in its place.

    So that the form of an answer does not tell a right one from a wrong one, whoever wrote it.
    """
    reasons = "reasoning" in domain.task.reply_schema()["properties"]
    return example.model_copy(
        update={
            "answer": domain.task.bare(example.answer),
            "reasoning": example.reasoning if reasons else "",
        }
    )


async def corrupt(
    domain: Domain, example: Example, asker: Asker, attempts: int, seed: int, tally: Tally
) -> Corruption:
    """A plausible wrong answer to the question: of a closed list another of its answers.

    A reply whose answer is read as right is refused and asked for again with another seed; after `attempts`
    of them the corruption is lost, as it is where the teacher refuses or no reply can be read.

    Args:
        domain: how an answer is read.
        example: question and right answer, `as_shown`.
        asker: the teacher that corrupts; it is told `SYSTEM`.
        attempts: answers asked for at most.
        seed: of the teacher's sampling.
        tally: counts the calls.

    Raises:
        RequestLost: faults that pass took every attempt of a call.
        TeacherUnavailable: no further call can succeed.
    """
    schema = _schema(domain, example)
    if schema is None:
        return Corruption(None, 0, "the question has no other answer")
    values = {"example": example.model_dump(mode="json")}
    for attempt in range(attempts):
        try:
            reply = await asker.ask(TEMPLATE, schema, values, seed=entropy(seed, attempt), tally=tally)
        except (RequestFailed, UnreadableReply) as error:
            return Corruption(None, attempt, str(error))
        answer = domain.task.bare(str(reply["answer"]))
        if answer and not domain.task.right(answer, example):
            changed = {"answer": answer, "reasoning": str(reply.get("reasoning", "")).strip()}
            return Corruption(example.model_copy(update=changed), attempt)
    return Corruption(None, attempts, f"every answer of {attempts} is read as right")


def same_answer(domain: Domain, answer: str, example: Example) -> bool:
    """Whether an answer is the right one, or the letter of an option with the right one's text."""
    if domain.task.right(answer, example) or not example.options:
        return domain.task.right(answer, example)
    letters = string.ascii_uppercase
    texts = [example.options[letters.index(one)].strip() for one in (answer, example.answer)]
    return texts[0] == texts[1]


def _schema(domain: Domain, example: Example) -> Mapping[str, Any] | None:
    """Of the reply; None where a closed list holds no wrong answer."""
    answer = domain.task.answer_schema(example)
    if "enum" in answer:
        wrong = [one for one in answer["enum"] if not same_answer(domain, one, example)]
        if not wrong:
            return None
        answer = {**answer, "enum": wrong}
    return strict_object(reasoning=TEXT, answer=answer) if example.reasoning else strict_object(answer=answer)
