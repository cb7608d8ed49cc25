"""A domain: what data is wanted, in words and in form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal

from pydantic import Field, model_validator

from simula.domain.example import Example
from simula.domain.expression import Expression
from simula.domain.free_text import FreeText
from simula.domain.identifier import Identifier
from simula.domain.multiple_choice import MultipleChoice
from simula.domain.names import folded
from simula.domain.number import Number
from simula.domain.strategy import Path, Strategy, strategy_problems
from simula.settings import Settings, incidental

Task = Annotated[MultipleChoice | Identifier | Number | Expression | FreeText, Field(discriminator="type")]

Language = Literal["de", "en", "fr", "hi", "it", "ko", "ne"]
"""Languages that a text can be checked for (ISO 639-1), those of `tests/dataset/languages.yaml`: the detector
knows 139, so that another one is a code here and sentences there."""


_CODES: Mapping[str, Language] = {
    "French": "fr",
    "German": "de",
    "Hindi": "hi",
    "Italian": "it",
    "Korean": "ko",
    "Nepali": "ne",
}
"""A teacher asked for one of these is checked; that English comes out needs no checking."""


class GivenNode(Settings):
    """A taxonomy node that the domain states itself."""

    name: str = Field(min_length=1)
    description: str = ""
    children: tuple[GivenNode, ...] = ()

    def paths(self, above: Path = ()) -> Iterator[Path]:
        """The paths of this node and of all below it."""
        path = (*above, self.name)
        yield path
        for child in self.children:
            yield from child.paths(path)


class Factor(Settings):
    """A factor of variation that the domain states itself."""

    name: str = Field(min_length=1)
    description: str = ""
    children: tuple[GivenNode, ...] = ()
    """The whole tree below the factor; empty: the teacher expands it."""
    always: bool = False
    """Every strategy includes this factor."""


class Domain(Settings):
    """What data is wanted: the description `y`, the form of a data point, what a student is asked."""

    name: str = Field(pattern=r"^\w[\w.-]*$")
    """In the names of folders and cells: letters, digits, dots, dashes and underscores."""
    description: str = Field(min_length=1)
    """The paper's `y`: a plain description of the wanted data (Section 2)."""
    item: str = "data point"
    """What one data point is called in the prompts: "vulnerability report", "word problem"."""
    task: Task
    """Form of question and answer."""
    language: str = "English"
    """Language in which the data points are written, as the teacher is told it."""
    languages: tuple[Language, ...] = ()
    """Codes of the languages that a data point may be in; one in another is refused as foreign. Empty: that
    of `language`, where it is a known one beside English; else nothing is checked."""
    instructions: str = Field(min_length=1)
    """What a student (and a teacher, when it is examined) is told before the question."""
    factors: tuple[Factor, ...] = ()
    """Factors of variation that the domain states itself; empty: the teacher proposes them."""
    strategies: tuple[Strategy, ...] = ()
    """Sampling strategies over the stated factors (Section 2.2); empty: the teacher writes them."""
    license: str | None = incidental(None)
    """Licence under which an exported data set is passed on, such as "cc-by-4.0" (the hub's names); null: not
    stated. It is the user's to say, within the terms of the teacher."""
    seeds: tuple[str, ...] = ()
    """The sample S of existing data (Section 2.1), beside `y` in every taxonomy step; may be empty."""

    @model_validator(mode="after")
    def _names_differ(self) -> Domain:
        """A name twice among siblings would weigh double, and nobody could tell the two apart."""
        level: list[tuple[str, tuple[Factor | GivenNode, ...]]] = [("the domain's factors", self.factors)]
        while level:
            where, nodes = level.pop()
            names = [folded(node.name) for node in nodes]
            for node, name in zip(nodes, names, strict=True):
                if names.count(name) > 1:
                    raise ValueError(f"{where} name {node.name!r} twice; siblings must differ")
                level.append((f"the kinds of {node.name!r}", node.children))
        return self

    @model_validator(mode="after")
    def _strategies_of_stated_factors(self) -> Domain:
        if self.strategies and not self.factors:
            raise ValueError(
                "strategies combine factors that the domain states, and it states none; "
                "add factors, or leave the strategies to the teacher"
            )
        kinds = {
            factor.name: [path for child in factor.children for path in child.paths()] or None
            for factor in self.factors
        }
        always = [factor.name for factor in self.factors if factor.always]
        if problems := strategy_problems(self.strategies, kinds, always):
            raise ValueError("; ".join(problems))
        return self

    @property
    def checked_languages(self) -> tuple[Language, ...]:
        """`languages`; where none is stated, that of `language` if it is another than English and known."""
        known = _CODES.get(self.language)
        return self.languages or ((known,) if known else ())

    def question(self, example: Example) -> str:
        """The text a student is shown; its answer begins right after."""
        return self.task.question(self.instructions, example)

    def answer(self, example: Example) -> str:
        """The text a student is trained to give."""
        return self.task.answer(example)
