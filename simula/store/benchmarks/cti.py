"""CTIBench (Alam et al., NeurIPS 2024, arXiv 2406.07599): cyber threat intelligence."""

from __future__ import annotations

import re
import string
from pathlib import Path

from simula.domain.example import Example
from simula.settings import Settings
from simula.store.benchmarks.formats import Row, letter, text
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.source import Source


class CtiMcq(Settings):
    """CTI-MCQ: 2,500 questions of four options about standards, threats, detection and mitigation.

    Five rows have an empty option and one has two equal ones. They stay as they are, as in every published
    score; in row 2,236 the empty option is the right one.
    """

    source: Source
    """`cti-mcq.tsv`."""
    expected: Expected
    """Its items."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the file's order; `folder` is `paths.benchmarks`. Raises BenchmarkError."""
        return self.source.items(folder, _mcq_item, self.expected)


class CtiRcm(Settings):
    """CTI-RCM: 1,000 CVE descriptions of 2024, each with the CWE id of its root cause."""

    source: Source
    """`cti-rcm.tsv`."""
    expected: Expected
    """Its items."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the file's order; `folder` is `paths.benchmarks`. Raises BenchmarkError."""
        return self.source.items(folder, _rcm_item, self.expected)


def _mcq_item(number: int, row: Row) -> TestItem:
    names = [f"Option {name}" for name in string.ascii_uppercase]
    options = tuple(text(row, name) for name in names if name in row)
    answer = letter(text(row, "GT"), options)  # one row of the original has a lower-case letter
    return TestItem(
        id=f"cti-mcq/{number}",
        example=Example(question=text(row, "Question"), options=options, answer=answer),
    )


def _rcm_item(number: int, row: Row) -> TestItem:
    answer = text(row, "GT")
    if not re.fullmatch(r"CWE-\d+", answer):
        raise ValueError(f"the answer {answer!r} is not a CWE id such as CWE-79")
    report = text(row, "URL").rpartition("/")[2]
    return TestItem(id=f"cti-rcm/{report}", example=Example(question=text(row, "Description"), answer=answer))
