"""Free-form numbers with reasoning: GSM8k and the lab."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import Any, Literal

from simula.domain.example import Example, Place
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings

_NUMBER = r"-?\$?\d[\d,]*(?:\.\d+)?"


class Number(Settings):
    """The answer is a number, given after `####`, with or without reasoning before it."""

    type: Literal["number"] = "number"
    reasoning: bool = True
    """The student writes its reasoning before the number."""

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point; reasoning comes before the answer it leads to."""
        answer = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}
        if self.reasoning:
            return strict_object(question=TEXT, reasoning=TEXT, answer=answer)
        return strict_object(question=TEXT, answer=answer)

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example that a teacher's reply describes. Raises ValueError for an answer that is no number."""
        answer = _canonical(str(reply["answer"]))
        if answer is None:
            raise ValueError(f"the answer {reply['answer']!r} is not a number")
        reasoning = str(reply.get("reasoning", "")).strip()
        return Example(question=str(reply["question"]).strip(), reasoning=reasoning, answer=answer)

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

    def extract(self, text: str) -> str | None:
        """The number after `####`; else the last number of the text."""
        marked = re.search(rf"####\s*({_NUMBER})", text)
        found = [marked.group(1)] if marked else re.findall(_NUMBER, text)
        return _canonical(found[-1]) if found else None

    def right(self, answer: str, example: Example) -> bool:
        """Equality as numbers: 1,000 is 1000.0."""
        return _canonical(answer) == _canonical(example.answer)


def _canonical(text: str) -> str | None:
    try:
        value = Decimal(text.replace(",", "").replace("$", "").strip())
    except InvalidOperation:
        return None
    return format(value.normalize() + 0, "f") if value.is_finite() else None
