"""Multiple choice: one right option among n, its position balanced over the data set."""

from __future__ import annotations

import re
import string
from typing import Any, Literal

from pydantic import Field

from simula.domain.example import Example, Place
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings


class MultipleChoice(Settings):
    """The answer is the letter of one option."""

    type: Literal["multiple_choice"] = "multiple_choice"
    options: int = Field(4, ge=2, le=26)
    """Number of options; 4 in all of the paper's benchmarks."""

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point: the teacher does not choose the letter."""
        wrong = self.options - 1
        return strict_object(
            question=TEXT,
            right_option=TEXT,
            wrong_options={"type": "array", "items": TEXT, "minItems": wrong, "maxItems": wrong},
        )

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example with the right option at its place. Raises ValueError for equal options."""
        right = str(reply["right_option"]).strip()
        wrong = [str(option).strip() for option in reply["wrong_options"]]
        if len(wrong) != self.options - 1:
            raise ValueError(f"{len(wrong)} wrong options where {self.options - 1} are wanted")
        if not all((right, *wrong)):
            raise ValueError("an option is empty")
        if len({option.casefold() for option in (right, *wrong)}) < self.options:
            raise ValueError("two options are the same")
        position = place(self.options)
        options = (*wrong[:position], right, *wrong[position:])
        return Example(
            question=str(reply["question"]).strip(), options=options, answer=string.ascii_uppercase[position]
        )

    def question(self, instructions: str, example: Example) -> str:
        """Instructions, question and lettered options."""
        lettered = "".join(
            f"\n{letter}. {option}"
            for letter, option in zip(string.ascii_uppercase, example.options, strict=False)
        )
        return f"{instructions}\n\n{example.question}{lettered}"

    def answer(self, example: Example) -> str:
        """The letter."""
        return example.answer

    def answers(self, example: Example) -> tuple[str, ...]:
        """The letters of this example's options, scored by log-probability."""
        return tuple(string.ascii_uppercase[: len(example.options)])

    def extract(self, text: str) -> str | None:
        """The first stand-alone capital letter of a generated answer."""
        found = re.search(rf"\b([A-{string.ascii_uppercase[self.options - 1]}])\b", text)
        return found.group(1) if found else None

    def right(self, answer: str, example: Example) -> bool:
        """Exact comparison of letters."""
        return answer == example.answer
