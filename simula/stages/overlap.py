"""What an evaluation's manifest says of contamination."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from simula.dataset.contamination import contamination
from simula.stages.bench import Bench
from simula.stages.train import selected_rows
from simula.store.benchmarks import TestItem


def overlap(bench: Bench, items: Sequence[TestItem], right: Mapping[str, bool]) -> dict[str, Any]:
    """The overlap of the rows that the cell's student learned from with the items that it was asked.

    Args:
        bench: the cell's tools.
        items: the benchmark.
        right: the id of each item asked, and whether its answer was right.
    """
    settings = bench.config.dataset
    tests = [(item.id, item.example.text) for item in items if item.id in right]
    rows = (row.example.text for row in selected_rows(bench)[0] if row.example is not None)
    found = contamination(tests, rows, settings.ngram, settings.similarity)
    others = [answer for item, answer in right.items() if item not in found.sharing]
    return {
        "ngram": settings.ngram,
        "similarity": settings.similarity,
        "rows": found.rows,
        "rows_sharing": found.rows_sharing,
        "rows_similar": found.rows_similar,
        "items": found.items,
        "items_sharing": len(found.sharing),
        "items_similar": len(found.similar),
        # Of the items that share no n-gram with any row; null where all do.
        "accuracy_without": sum(others) / len(others) if others else None,
    }
