"""The rows of the laboratory's data sets counted against the truth, which the simulated world knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simula.domain import Example
from simula.generation import Candidate
from simula.store.benchmarks import TestItem
from simula.teacher.simulated.judgement import is_right
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.text import parse

Counts = Mapping[str, float | None]
"""Measure to its value, None where there is nothing to count; names are those of `MEASURES`."""
MEASURES = {
    "wrong": "accepted rows whose answer is wrong",
    "wrong_plain": "the same of rows that were not made harder",
    "wrong_complex": "the same of rows that were made harder",
    "refused": "candidates that critics refused",
    "refused_plain": "the same of candidates that were not made harder",
    "refused_complex": "the same of candidates that were made harder",
    "several": "accepted rows whose problem takes more than one step",
    "wordings": "test problems whose wording occurs in a row",
    "complexity": "mean complexity of accepted rows, in the unit of skill",
}
"""What is counted; all but the last are shares."""


@dataclass(frozen=True, slots=True)
class Told:
    """A row or a refused candidate, and the truth of its problem."""

    candidate: Candidate
    problem: Problem | None
    """None where the text is no sound problem of the world; its answer counts as wrong."""

    @property
    def right(self) -> bool:
        """Whether the answer is the problem's."""
        example = self.candidate.example
        return bool(example and self.problem and is_right(example.answer, self.problem))


def counted(rows: Sequence[Candidate], refused: Sequence[Candidate], items: Sequence[TestItem]) -> Counts:
    """What the rows of a data set are.

    Args:
        rows: accepted ones, at least one.
        refused: candidates that critics refused; those behind the last row do not count.
        items: the test items.
    """
    last = max(row.slot for row in rows)
    before = [_told(one) for one in refused if one.slot < last]
    return _counts([_told(one) for one in rows], before, items)


def _counts(rows: Sequence[Told], refused: Sequence[Told], items: Sequence[TestItem]) -> Counts:
    problems = [one.problem for one in rows if one.problem is not None]
    wordings = {problem.wording.path for problem in problems}
    tested = [problem for item in items if (problem := read_problem(item.example)) is not None]
    shares: dict[str, float | None] = {}
    for suffix in ("", "_plain", "_complex"):
        kept, lost = _which(rows, suffix), _which(refused, suffix)
        shares[f"wrong{suffix}"] = _mean([not told.right for told in kept])
        shares[f"refused{suffix}"] = _mean([False] * len(kept) + [True] * len(lost))
    return {
        **shares,
        "several": _mean([len(problem.steps) > 1 for problem in problems]),
        "wordings": _mean([problem.wording.path in wordings for problem in tested]),
        "complexity": _mean([problem.complexity for problem in problems]),
    }


def wordings(rows: Sequence[Candidate]) -> set[tuple[str, ...]]:
    """The wordings of the rows' problems, each by its path."""
    told = map(_told, rows)
    return {one.problem.wording.path for one in told if one.problem is not None}


def read_problem(example: Example) -> Problem | None:
    """The problem of a question; None where it is no sound problem of the world."""
    return parse(example.question)


def _told(candidate: Candidate) -> Told:
    return Told(candidate, read_problem(candidate.example) if candidate.example else None)


def _which(told: Sequence[Told], which: str) -> list[Told]:
    """All, those whose scenario was made harder, or the others."""
    return [one for one in told if not which or one.candidate.complex == (which == "_complex")]


def _mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if values else None
