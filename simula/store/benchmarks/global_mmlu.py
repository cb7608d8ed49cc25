"""Global MMLU (Singh et al., arXiv 2412.03304): MMLU in 42 languages, with the same ids in each."""

from __future__ import annotations

import string
from pathlib import Path

from simula.domain.example import Example
from simula.settings import Settings
from simula.store.benchmarks.education import subject_labels
from simula.store.benchmarks.formats import Row, letter, text
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.source import Source


class GlobalMmlu(Settings):
    """The questions of one language in some of the 57 subjects."""

    source: Source
    """The parquet file of one language, or JSON lines with the same columns."""
    subjects: tuple[str, ...]
    """Subjects that count, by their names in the column `subject`."""
    expected: Expected
    """The items in these subjects."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the file's order; `folder` is `paths.benchmarks`. Raises BenchmarkError."""
        return self.source.items(folder, self._item, self.expected)

    def _item(self, number: int, row: Row) -> TestItem | None:
        if text(row, "subject") not in self.subjects:
            return None
        names = [f"option_{name}" for name in string.ascii_lowercase]
        options = tuple(text(row, name) for name in names if name in row)
        answer = letter(text(row, "answer"), options)
        example = Example(question=text(row, "question"), options=options, answer=answer)
        return TestItem(text(row, "sample_id"), example, subject_labels(text(row, "subject")))
