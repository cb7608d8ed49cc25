"""What a manifest says of a data set's candidates, counted one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from simula.generation import Candidate
from simula.metrics.shift import NodeCounts
from simula.prompts import Total


@dataclass(slots=True)
class Counts:
    """Sums over candidates in slot order, so that sums of prices come out the same each time."""

    rows: int = 0
    candidates: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    refinements: int = 0
    complex_rows: int = 0
    sequential_rows: int = 0
    repaired: int = 0
    asked_again: int = 0
    spent: Total = field(default_factory=Total)
    templates: dict[str, str] = field(default_factory=dict)
    answers: Counter[str] = field(default_factory=Counter)
    """Of the rows, where the answer is a letter."""
    drawn: NodeCounts = field(default_factory=NodeCounts)
    kept: NodeCounts = field(default_factory=NodeCounts)

    def add(self, candidate: Candidate) -> None:
        """Count one more."""
        self.candidates += 1
        self.drawn.add(candidate.mix)
        if candidate.status == "accepted":
            self.rows += 1
            self.complex_rows += candidate.complex
            self.sequential_rows += candidate.earlier_scenarios > 0
            self.kept.add(candidate.mix)
            if candidate.example is not None and candidate.example.options:
                self.answers[candidate.example.answer] += 1
        else:
            self.refused[refusal(candidate)] += 1
        self.refinements += candidate.refinements
        self.repaired += candidate.repaired
        self.asked_again += candidate.asked_again
        self.templates.update(candidate.templates)
        for one in candidate.spent:
            self.spent.add(one)

    def said(self) -> Mapping[str, Any]:
        """What the manifest says of all candidates, those of an earlier size included."""
        return {
            "candidates": self.candidates,
            "refused": dict(sorted(self.refused.items())),
            "refinements": self.refinements,
            "complex_rows": self.complex_rows,
            "sequential_rows": self.sequential_rows,
            "repaired": self.repaired,
            "asked_again": self.asked_again,
            "templates": dict(sorted(self.templates.items())),
        }


def refusal(candidate: Candidate) -> str:
    """The kind of refusal, as tables count it: "rejected: requirements", "unusable: cut off"."""
    if candidate.status in ("rejected", "undecided"):
        return f"{candidate.status}: {candidate.reason}"
    if candidate.status == "unusable":
        return f"unusable: {candidate.reason.split(':')[0]}"
    return candidate.status
