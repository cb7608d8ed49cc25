"""One test item, and the check that a benchmark holds the items it should."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

from pydantic import Field

from simula.domain.example import Example
from simula.errors import BenchmarkError
from simula.settings import Settings, fingerprint


@dataclass(frozen=True, slots=True)
class TestItem:
    """One item of a benchmark."""

    __test__: ClassVar[bool] = False  # or pytest takes the class for a test case, by its name

    id: str
    """Stable over runs and machines: items are paired by it when two students are compared."""
    example: Example
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What it belongs to, such as its level, subject or language: to tell results apart by."""


class Expected(Settings):
    """What a benchmark holds, so that two runs that name it speak of the same items."""

    items: int = Field(ge=1)
    """Number of items."""
    checksum: str | None = None
    """`checksum` of the items in the file that the configuration was written from; null: there was none."""

    def check(self, items: Sequence[TestItem], where: str) -> list[TestItem]:
        """The items of the file `where`, if they are the expected ones; else raises BenchmarkError."""
        if len(items) != self.items:
            raise BenchmarkError(
                f"{where} holds {len(items)} items of this benchmark where {self.items} are expected; it is "
                "incomplete or another version (benchmark.expected.items says what is expected)."
            )
        repeated = [name for name, count in Counter(item.id for item in items).items() if count > 1]
        if repeated:
            raise BenchmarkError(
                f"{where} has more than one item with the id {repeated[0]!r}; ids must differ."
            )
        found = checksum(items)
        if self.checksum not in (None, found):
            raise BenchmarkError(
                f"The items of {where} have the checksum {found} where {self.checksum} is expected: it is "
                "another version, and its results compare with no others "
                f"(benchmark.expected.checksum={found} accepts it)."
            )
        return list(items)


def checksum(items: Sequence[TestItem]) -> str:
    """Twelve hexadecimal digits over ids, questions, options and answers; white space is folded.

    It is taken of the items and not of a file, so that one benchmark in two file formats has one checksum.
    """
    return fingerprint(
        [
            [" ".join(text.split()) for text in (item.id, item.example.text, item.example.answer)]
            for item in items
        ]
    )
