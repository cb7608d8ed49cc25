"""A generated text, read strictly and leniently: what was answered, and whether it is right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Extraction = Literal["strict", "lenient", "strict_first"]
"""Which reading counts. `strict`: only an answer in the form that was asked for. `lenient`: one in any form.
`strict_first`: the strict one, and where it finds nothing the lenient one."""


@dataclass(frozen=True, slots=True)
class Found:
    """What one way of reading finds in a text."""

    answer: str | None
    """None: nothing in the text is an answer."""
    right: bool
    """False where there is none."""


@dataclass(frozen=True, slots=True)
class Reading:
    """One text, read both ways."""

    strict: Found
    lenient: Found

    def by(self, extraction: Extraction) -> Found:
        """What counts."""
        if extraction == "strict" or (extraction == "strict_first" and self.strict.answer is not None):
            return self.strict
        return self.lenient
