r"""Mathematical expressions in LaTeX as answers, each in a `\boxed{}`: MATH."""

from __future__ import annotations

import re
from typing import Any, Literal

from simula.domain.example import Example, Place
from simula.domain.latex import boxed, loosened, normal, value
from simula.domain.reading import Found, Reading
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings

_SAID = re.compile(r"answer\s*(?:is|:)([^\n]+)", re.IGNORECASE)
_FORMULA = re.compile(r"\$([^$\n]+)\$")


class Expression(Settings):
    r"""The answer is an expression, given in `\boxed{}` after reasoning."""

    type: Literal["expression"] = "expression"

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point; reasoning comes before the answer it leads to."""
        return strict_object(question=TEXT, reasoning=TEXT, answer=TEXT)

    def answer_schema(self, example: Example) -> dict[str, Any]:
        """JSON schema of the answer to an existing question."""
        return TEXT

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example that a teacher's reply describes. Raises ValueError for an empty answer."""
        answer = self.bare(str(reply["answer"]))
        if not answer:
            raise ValueError("the answer is empty")
        reasoning = str(reply["reasoning"]).strip()
        return Example(question=str(reply["question"]).strip(), reasoning=reasoning, answer=answer)

    def bare(self, answer: str) -> str:
        r"""An answer alone, as examples hold it: without dollar signs and `\boxed{}`."""
        said = answer.strip()
        return boxed(said) or said.strip("$ ")

    def question(self, instructions: str, example: Example) -> str:
        """Instructions and question."""
        return f"{instructions}\n\n{example.question}"

    def answer(self, example: Example) -> str:
        r"""Reasoning with the answer in `\boxed{}`: MATH's own solutions have it, to others it is added."""
        if boxed(example.reasoning) == example.answer:
            return example.reasoning
        answer = boxed(example.answer) or example.answer.strip("$ ")
        return f"{example.reasoning}\nThe answer is $\\boxed{{{answer}}}$.".strip()

    def answers(self, example: Example) -> tuple[str, ...]:
        """Empty: the student generates."""
        return ()

    def read(self, text: str, example: Example) -> Reading:
        r"""Strictly what the last `\boxed{}` holds, compared as MATH's authors do (see `latex.normal`).

        Leniently, where nothing is boxed, what follows the last "answer is" (the form that Minerva's prompts
        ask for, Lewkowycz et al. 2022), else the last formula between dollar signs; compared as `right` does.
        """
        strict = boxed(text)
        lenient = strict or _last(_SAID, text) or _last(_FORMULA, text)
        exactly = strict is not None and normal(strict) == normal(example.answer)
        return Reading(
            Found(strict, exactly), Found(lenient, lenient is not None and self.right(lenient, example))
        )

    def right(self, answer: str, example: Example) -> bool:
        """Equality of an answer alone: of both written one way, or as numbers."""
        bare, wanted = boxed(answer) or answer, example.answer
        if normal(bare) == normal(wanted) or loosened(bare) == loosened(wanted):
            return True
        number = value(bare)
        return number is not None and number == value(wanted)


def _last(pattern: re.Pattern[str], text: str) -> str | None:
    found = pattern.findall(text)
    # "Answer: $3/4$. I hope it is correct."
    return found[-1].partition(". ")[0].strip("$ ").rstrip(".").rstrip("$ ") or None if found else None
