"""MMLU (Hendrycks et al., ICLR 2021, arXiv 2009.03300): the English original of Global MMLU."""

from __future__ import annotations

import string
from functools import partial
from pathlib import Path

from simula.domain.example import Example
from simula.settings import Settings
from simula.store.benchmarks.education import subject_labels
from simula.store.benchmarks.formats import Row, letter, letter_at, text
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.source import Source


class Mmlu(Settings):
    """The test questions of some of the 57 subjects; ids as in Global MMLU, so that the two can be paired.

    Eleven questions of college physics and one of elementary mathematics are there twice, and two questions
    have two equal options. They stay as they are, as in every published score.
    """

    source: Source
    """A subject's file, `{part}` being its name: CSV with the columns question, choice0, …, answer (a number
    from 0), the original CSV without a header (question, options, letter), or the hub's parquet."""
    subjects: tuple[str, ...]
    """Subjects that count, by their file names, in this order."""
    expected: Expected
    """The items in these subjects."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, by subject, in the files' order; `folder` is `paths.benchmarks`.

        Raises BenchmarkError.
        """
        return self.source.items_of_parts(
            folder, {subject: partial(_item, subject) for subject in self.subjects}, self.expected
        )


def _item(subject: str, number: int, row: Row) -> TestItem:
    if "0" in row:  # without a header
        *columns, last = row
        question, *options = (text(row, column) for column in columns)
        answer = letter(text(row, last), options)
    else:
        question, options = text(row, "question"), _options(row)
        answer = letter_at(row.get("answer"), options)
    return TestItem(
        id=f"{subject}/test/{number - 1}",
        example=Example(question=question, options=tuple(options), answer=answer),
        labels=subject_labels(subject),
    )


def _options(row: Row) -> list[str]:
    """Of the hub's list, or of the columns choice0, choice1 and so on."""
    if isinstance(listed := row.get("choices"), list):
        return [str(option).strip() for option in listed]
    names = [f"choice{place}" for place in range(len(string.ascii_uppercase))]
    return [text(row, name) for name in names if name in row]
