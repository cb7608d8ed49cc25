"""Free-form numbers with reasoning: GSM8k and the lab."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from simula.domain.example import Example, Place
from simula.domain.reading import Found, Reading
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings

_MARKED = re.compile(r"#### (-?[0-9.,]+)")
_ANYWHERE = re.compile(r"-?[$0-9.,]{2,}|-?[0-9]+")
"""`strict-match` and `flexible-extract` of lm-evaluation-harness 0.4.13, tasks/gsm8k/gsm8k.yaml."""
_PLAIN = r"^-?[0-9]+(\.[0-9]+)?$"
"""A number as replies hold it."""


class Number(Settings):
    """The answer is a number, given after `####`, with or without reasoning before it."""

    type: Literal["number"] = "number"
    reasoning: bool = True
    """The student writes its reasoning before the number."""

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point; reasoning comes before the answer it leads to."""
        answer = {"type": "string", "pattern": _PLAIN}
        if self.reasoning:
            return strict_object(question=TEXT, reasoning=TEXT, answer=answer)
        return strict_object(question=TEXT, answer=answer)

    def answer_schema(self, example: Example) -> dict[str, Any]:
        """JSON schema of the answer to an existing question."""
        return {"type": "string", "pattern": _PLAIN}

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example that a teacher's reply describes. Raises ValueError for an answer that is no number."""
        answer = _canonical(str(reply["answer"]))
        if answer is None:
            raise ValueError(f"the answer {reply['answer']!r} is not a number")
        reasoning = str(reply.get("reasoning", "")).strip()
        return Example(question=str(reply["question"]).strip(), reasoning=reasoning, answer=answer)

    def bare(self, answer: str) -> str:
        """An answer alone, as examples hold it: 1,000.0 is 1000; what is no number stays as it is."""
        return _canonical(answer) or answer.strip()

    def question(self, instructions: str, example: Example) -> str:
        """Instructions and question."""
        return f"{instructions}\n\n{example.question}"

    def answer(self, example: Example) -> str:
        """Reasoning, then the number after `####` as GSM8k marks it."""
        return (
            f"{example.reasoning}\n#### {example.answer}" if example.reasoning else f"#### {example.answer}"
        )

    def answers(self, example: Example) -> tuple[str, ...]:
        """Empty: the answers are not a closed list, the student generates."""
        return ()

    def read(self, text: str, example: Example) -> Reading:
        """Strictly the first number after `#### `, leniently the last thing that looks like a number.

        Both as lm-evaluation-harness reads GSM8K, and compared as it does: as texts without commas, dollar
        signs and a last full stop, so that 18.00 is not 18. Its scores and these are equal; so a right strict
        reading can be a wrong lenient one, where more numbers follow.
        """
        marked, anywhere = _MARKED.search(text), _ANYWHERE.findall(text)
        return Reading(
            _found(marked.group(1) if marked else None, example),
            _found(anywhere[-1] if anywhere else None, example),
        )

    def right(self, answer: str, example: Example) -> bool:
        """Equality of an answer alone, as numbers: 1,000 is 1000.0."""
        return _canonical(answer) == _canonical(example.answer)


def _found(said: str | None, example: Example) -> Found:
    if said is None or not re.search("[0-9]", said):
        return Found(None, False)
    bare = _bare(said)
    return Found(bare, bare == _bare(example.answer))


def _bare(number: str) -> str:
    return re.sub(r"\.$", "", number.replace(",", "").replace("$", ""))


def _canonical(text: str) -> str | None:
    try:
        value = Decimal(text.replace(",", "").replace("$", "").strip())
    except InvalidOperation:
        return None
    return format(value.normalize() + 0, "f") if value.is_finite() else None
