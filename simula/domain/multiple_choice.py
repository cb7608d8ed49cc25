"""Multiple choice: one right option among n, its position balanced over the data set."""

from __future__ import annotations

import re
import string
from typing import Any, Literal

from pydantic import Field

from simula.domain.example import Example, Place
from simula.domain.reading import Found, Reading
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings

_WHOLE = re.compile(r"[(*]*([A-Za-z])[)*]*[.:]?[)*]*")


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

    def answer_schema(self, example: Example) -> dict[str, Any]:
        """JSON schema of the answer to an existing question: one of its letters."""
        return {"type": "string", "enum": list(self.answers(example))}

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

    def bare(self, answer: str) -> str:
        """An answer alone, as examples hold it."""
        return answer.strip()

    def question(self, instructions: str, example: Example) -> str:
        """Instructions, question and lettered options."""
        lettered = "".join(
            f"\n{letter}. {option}"
            for letter, option in zip(self.answers(example), example.options, strict=True)
        )
        return f"{instructions}\n\n{example.question}{lettered}"

    def answer(self, example: Example) -> str:
        """The letter."""
        return example.answer

    def answers(self, example: Example) -> tuple[str, ...]:
        """The letters of this example's options, scored by log-probability."""
        return tuple(string.ascii_uppercase[: len(example.options)])

    def read(self, text: str, example: Example) -> Reading:
        """Strictly a letter that is the whole text, whatever its case, as CTIBench's evaluation takes it.

        It may stand in brackets or asterisks, or before a full stop. Leniently the letter that the text
        begins with, as a label; else the first after "answer is", else the last after "answer:", else the
        last letter that stands alone: the three steps of MMLU-Pro's evaluation (Wang et al. 2024, arXiv
        2406.01574), which here end at the letter, so that "answer is Brazil" is no B.
        """
        letters = "".join(self.answers(example))
        whole = _WHOLE.fullmatch(text.strip())
        strict = whole.group(1).upper() if whole and whole.group(1).upper() in letters else None
        lenient = strict or (_lenient(text, letters[-1]) if letters else None)
        return Reading(Found(strict, strict == example.answer), Found(lenient, lenient == example.answer))

    def right(self, answer: str, example: Example) -> bool:
        """Exact comparison of letters."""
        return answer == example.answer


def _lenient(text: str, last: str) -> str | None:
    # A letter ends before English letters only: other scripts write particles right behind it.
    letter = f"([A-{last}])(?![A-Za-z0-9_'’])"
    found = (
        re.match(rf"\s*[(*]*{letter}\s*(?:[).:,*\n]|$)", text)
        or re.search(rf"(?i:answer is):?\s*[(*]*{letter}", text)
        or _last(rf"(?i:answer:)\**\s*[(*]*{letter}", text)
        or _last(rf"(?<![A-Za-z0-9_]){letter}", text)
    )
    return found.group(1) if found else None


def _last(pattern: str, text: str) -> re.Match[str] | None:
    found = list(re.finditer(pattern, text))
    return found[-1] if found else None
