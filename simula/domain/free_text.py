"""Free text: any question with any answer."""

from __future__ import annotations

import string
from typing import Any, Literal

from simula.domain.example import Example, Place
from simula.domain.reading import Found, Reading
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings

_NO_PUNCTUATION = str.maketrans("", "", string.punctuation)


class FreeText(Settings):
    """The answer is text of any length; scored by exact match after folding case and white space."""

    type: Literal["free_text"] = "free_text"

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point."""
        return strict_object(question=TEXT, answer=TEXT)

    def answer_schema(self, example: Example) -> dict[str, Any]:
        """JSON schema of the answer to an existing question."""
        return TEXT

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example that a teacher's reply describes. Raises ValueError for an empty answer."""
        answer = str(reply["answer"]).strip()
        if not answer:
            raise ValueError("the answer is empty")
        return Example(question=str(reply["question"]).strip(), answer=answer)

    def bare(self, answer: str) -> str:
        """An answer alone, as examples hold it."""
        return answer.strip()

    def question(self, instructions: str, example: Example) -> str:
        """Instructions and question."""
        return f"{instructions}\n\n{example.question}"

    def answer(self, example: Example) -> str:
        """The answer as it is."""
        return example.answer

    def answers(self, example: Example) -> tuple[str, ...]:
        """Empty: the student generates."""
        return ()

    def read(self, text: str, example: Example) -> Reading:
        """The whole text, strictly compared as `right` does.

        Leniently without punctuation and articles too, as SQuAD compares answers (Rajpurkar et al. 2016).
        """
        said = text.strip() or None
        loosely = said is not None and _loosened(said) == _loosened(example.answer)
        return Reading(Found(said, said is not None and self.right(said, example)), Found(said, loosely))

    def right(self, answer: str, example: Example) -> bool:
        """Equality after folding case and white space."""
        return answer.casefold().split() == example.answer.casefold().split()


def _loosened(answer: str) -> list[str]:
    bare = answer.casefold().translate(_NO_PUNCTUATION)
    return [word for word in bare.split() if word not in {"a", "an", "the"}]
