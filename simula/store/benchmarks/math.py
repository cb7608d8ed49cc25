"""MATH (Hendrycks et al., NeurIPS 2021, arXiv 2103.03874): competition problems of five levels."""

from __future__ import annotations

import re
from collections import Counter
from functools import partial
from pathlib import Path

from simula.domain import boxed
from simula.domain.example import Example
from simula.settings import Settings, fingerprint
from simula.store.benchmarks.formats import Row, text
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.source import Source


class Math(Settings):
    """Problems of seven subjects; the answer is what the solution's last `\\boxed{}` holds.

    An item's labels are its subject and its level, "1" (easiest) to "5"; the critic studies are by level.
    """

    source: Source
    """A subject's problems, `{part}` being its name: the original folder of JSON files, or a parquet file."""
    subjects: tuple[str, ...]
    """Subjects that count, by their folders' names, in this order."""
    levels: tuple[str, ...] = ("1", "2", "3", "4", "5")
    """Levels that count."""
    expected: Expected
    """The items of these subjects and levels."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, by subject, in the files' order; `folder` is `paths.benchmarks`.

        Raises BenchmarkError.
        """
        seen: Counter[str] = Counter()
        parts = {subject: partial(self._item, seen, subject) for subject in self.subjects}
        return self.source.items_of_parts(folder, parts, self.expected)

    def _item(self, seen: Counter[str], subject: str, number: int, row: Row) -> TestItem | None:
        named = re.fullmatch(r"Level ([1-5?])", text(row, "level"))  # two training problems are of "Level ?"
        if not named:
            raise ValueError(f"the level {row['level']!r} is not of the form 'Level 3'")
        if named.group(1) not in self.levels:
            return None
        problem, solution = text(row, "problem"), text(row, "solution")
        answer = boxed(solution)
        if not answer:
            raise ValueError(r"the solution has no answer in \boxed{}")
        # The two forms differ in order and the hub's has no file names: what is asked is the only name.
        name = f"math/{subject}/{fingerprint([' '.join(problem.split()), ' '.join(solution.split())])}"
        seen[name] += 1
        return TestItem(
            id=name if seen[name] == 1 else f"{name}-{seen[name]}",
            example=Example(question=problem, reasoning=solution, answer=answer),
            labels={"subject": subject, "level": named.group(1)},
        )
