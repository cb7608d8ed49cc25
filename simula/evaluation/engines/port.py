"""What every engine does, and what of a student it is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from simula.domain import Domain, Example
from simula.student.marking import Marking, Said
from simula.student.settings import EvaluationSettings, StudentSettings

Keep = Callable[[Sequence[Said]], None]
"""Takes answers as they come, in any order; when it returns they are safe from a kill."""


@dataclass(frozen=True, slots=True)
class Examinee:
    """A student, and how it is asked."""

    domain: Domain
    """How a question is put and an answer is read."""
    student: StudentSettings
    kept: Path | None
    """Folder of what its training kept; None: the untuned student."""
    evaluation: EvaluationSettings
    cache: Path
    """Folder for converted weights."""

    @property
    def marking(self) -> Marking:
        """What of an answer counts."""
        asked = self.evaluation
        return Marking(asked.extraction, asked.choice, asked.choice_tokens)


class Engine(Protocol):
    """Puts questions to a student, greedily; the same prompts whatever the engine."""

    def answer(self, examples: Sequence[Example], keep: Keep) -> None:
        """Ask every example.

        What has been kept before an error or a kill need not be asked again; that is all but one batch, or
        all but the items in flight.

        Args:
            examples: what is asked; an answer's index points here.
            keep: gets each answer once.

        Raises:
            StudentError: the student cannot be asked.
        """
        ...
