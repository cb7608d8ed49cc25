"""Short identifiers as answers: the text of a vulnerability report to its CWE id."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, model_validator

from simula.domain.example import Example, Place
from simula.domain.reading import Found, Reading
from simula.domain.schema import TEXT, strict_object
from simula.settings import Settings


class Identifier(Settings):
    """The answer is one short identifier, of a closed list or of a pattern."""

    type: Literal["identifier"] = "identifier"
    pattern: str
    """Regular expression of one identifier, such as `CWE-\\d+`. Not stated: one of the choices, as a word."""
    choices: Mapping[str, str] = Field(default_factory=dict)
    """Closed list: identifier to its name. Empty: any identifier that the pattern allows."""
    text_name: str = "question"
    """What the text is called in the teacher's reply: "report" tells a model more than "question"."""
    text_pattern: str | None = None
    """Regular expression of the whole text, for small models under constrained decoding; null: free text."""

    @model_validator(mode="before")
    @classmethod
    def _pattern_of_choices(cls, said: Any) -> Any:
        choices = said.get("choices") if isinstance(said, Mapping) else None
        if not isinstance(choices, Mapping) or not choices:
            return said
        if any(isinstance(choice, bool) for choice in choices):
            raise ValueError(
                "choices: YAML takes yes, no, on, off, true and false for no words; quote them: 'yes'"
            )
        if said.get("pattern"):
            return said
        words = "|".join(re.escape(str(choice)) for choice in sorted(choices, key=str, reverse=True))
        return {**said, "pattern": rf"(?<!\w)(?:{words})(?!\w)"}

    @model_validator(mode="after")
    def _consistent(self) -> Identifier:
        for pattern in (self.pattern, self.text_pattern or ""):
            try:
                re.compile(pattern)
            except re.error as error:
                raise ValueError(f"{pattern!r} is no regular expression: {error}") from error
        if len(self.choices) == 1:
            raise ValueError(f"choices lists {next(iter(self.choices))!r} alone, and needs two or more")
        for choice in self.choices:
            if not re.fullmatch(self.pattern, choice):
                raise ValueError(f"the choice {choice!r} is not of the pattern {self.pattern!r}")
        return self

    def reply_schema(self) -> dict[str, Any]:
        """JSON schema of one generated data point."""
        text = {"type": "string", "pattern": self.text_pattern} if self.text_pattern else TEXT
        return strict_object(**{self.text_name: text, "answer": self._answer_schema()})

    def answer_schema(self, example: Example) -> dict[str, Any]:
        """JSON schema of the answer to an existing text."""
        return self._answer_schema()

    def example(self, reply: dict[str, Any], place: Place) -> Example:
        """The example that a teacher's reply describes. Raises ValueError where it describes none."""
        answer = str(reply["answer"]).strip()
        if not re.fullmatch(self.pattern, answer):
            raise ValueError(f"the answer {answer!r} is not an identifier of the form {self.pattern}")
        return Example(question=str(reply[self.text_name]).strip(), answer=answer)

    def bare(self, answer: str) -> str:
        """An answer alone, as examples hold it."""
        return answer.strip()

    def question(self, instructions: str, example: Example) -> str:
        """Instructions, the closed list if there is one, and the text."""
        listing = "".join(f"\n{key}: {name}" for key, name in self.choices.items())
        return f"{instructions}{listing}\n\n{example.question}"

    def answer(self, example: Example) -> str:
        """The bare identifier."""
        return example.answer

    def answers(self, example: Example) -> tuple[str, ...]:
        """Every possible answer, where the list is closed; scored by log-probability."""
        return tuple(self.choices)

    def read(self, text: str, example: Example) -> Reading:
        """Strictly an identifier that is the whole text, as CTIBench's own evaluation takes it.

        Leniently the last identifier in the text: CTIBench's prompt asks for it on the last line
        (arXiv 2406.07599). Case is ignored, as there.
        """
        whole = re.fullmatch(self.pattern, text.strip(), re.IGNORECASE)
        named = [match.group() for match in re.finditer(self.pattern, text, re.IGNORECASE)]
        strict = whole.group() if whole else None
        return Reading(
            self._found(strict, example), self._found(strict or (named[-1] if named else None), example)
        )

    def right(self, answer: str, example: Example) -> bool:
        """The same identifier; case is ignored."""
        return answer.casefold() == example.answer.casefold()

    def _found(self, said: str | None, example: Example) -> Found:
        return Found(said or None, bool(said) and self.right(said or "", example))

    def _answer_schema(self) -> dict[str, Any]:
        if self.choices:
            return {"type": "string", "enum": list(self.choices)}
        return {"type": "string", "pattern": f"^({self.pattern})$"}
