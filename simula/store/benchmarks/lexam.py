"""LEXam (Fan et al., ICLR 2026, arXiv 2505.12864): law school exams in English and German."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

from simula.domain.example import Example
from simula.settings import Settings
from simula.store.benchmarks.formats import Row, letter_at, text
from simula.store.benchmarks.item import Expected, TestItem
from simula.store.benchmarks.source import Source


class Lexam(Settings):
    """LEXam's multiple-choice questions with four options.

    The first release, `MCQs_test.xlsx`, has 1,660 (English 619, German 1,041): the paper's test set. The
    hub's form since December 2025 has 1,655, corrected and in another order: another test set.
    """

    source: Source
    """`MCQs_test.xlsx`, or the parquet file of the hub's configuration `mcq_4_choices`."""
    expected: Expected
    """Its items."""

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the file's order; `folder` is `paths.benchmarks`. Raises BenchmarkError."""
        return self.source.items(folder, _item, self.expected)


def _item(number: int, row: Row) -> TestItem:
    options = _options(row.get("choices"))
    answer = letter_at(row.get("gold"), options)
    example = Example(question=text(row, "question"), options=options, answer=answer)
    labels = {name: text(row, name) for name in ("language", "area", "jurisdiction") if row.get(name)}
    return TestItem(f"lexam/{text(row, 'id')}", example, labels)


def _options(literal: Any) -> tuple[str, ...]:
    """Of the spreadsheet's Python list literal, or of the list that a parquet file may hold."""
    if isinstance(literal, list):
        return tuple(str(option).strip() for option in literal)
    try:
        options = ast.literal_eval(literal)
    except (ValueError, SyntaxError) as problem:
        raise ValueError(f"the choices {literal!r} are not a Python list") from problem
    if not isinstance(options, list) or not all(isinstance(option, str) for option in options):
        raise ValueError(f"the choices {literal!r} are not a list of texts")
    return tuple(option.strip() for option in options)
