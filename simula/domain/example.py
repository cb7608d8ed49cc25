"""One question with its right answer, real or synthetic: the form that training and tests share."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import BaseModel, ConfigDict

Place = Callable[[int], int]
"""Number of options to the place of the right one, from 0; balanced over the slots of a data set."""


class Example(BaseModel):
    """A question, its options if it has any, and the right answer."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    question: str
    answer: str
    """The letter of the right option, the identifier, the number, or the text."""
    options: tuple[str, ...] = ()
    reasoning: str = ""

    @property
    def text(self) -> str:
        """Question and options: what two examples are compared by for duplicates and contamination."""
        return "\n".join((self.question, *self.options))
