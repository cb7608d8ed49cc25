"""Beside every score of a tuned student: what its rows had in common with the test items."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simula.composition import cells
from simula.domain import Example
from simula.evaluation import engine
from simula.evaluation.answer import Answer
from simula.progress import Progress
from simula.stages import evaluate
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.dataset import read_dataset
from simula.store.artifacts import Store
from simula.store.benchmarks import TestItem


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    chosen = ["domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2"]
    config = cells([*chosen, "system=full", "size=12", f"paths.root={tmp_path}"], sweep=False)[0].config
    assert run_cell(config, "generate") is None
    return Bench(config, Store(config.paths.store), Progress("test"))


def examined(bench: Bench, monkeypatch: pytest.MonkeyPatch, *, tuned: bool) -> dict[str, Any]:
    """An evaluation whose items are the data set's first question, its beginning, and two of another kind."""
    question = next(row.example for row in read_dataset(bench) if row.example is not None).question
    words = question.split()
    assert len(words) > 16
    texts = {"copied": question, "begun": " ".join([*words[:15], *("and so on" * 9).split()])}
    texts |= {"other": "Nothing of the kind was ever asked before.", "right": "What is two and two?"}
    items = [TestItem(name, Example(question=text, answer="4")) for name, text in texts.items()]
    answers = [Answer(item.id, "4", item.id in ("copied", "right"), "", {}) for item in items]
    monkeypatch.setattr(engine, "answer_items", lambda *_: answers)
    monkeypatch.setattr(evaluate, "_items", lambda _: items)
    return evaluate.evaluate_student(bench, tuned=tuned)


def test_a_tuned_students_score_says_how_much_of_the_test_it_has_seen(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    manifest = examined(bench, monkeypatch, tuned=True)
    said = manifest["contamination"]
    assert (said["ngram"], said["similarity"]) == (13, 0.8)
    assert (said["rows"], said["items"]) == (12, 4)
    assert (said["items_sharing"], said["items_similar"]) == (2, 1)
    assert (said["rows_sharing"], said["rows_similar"]) == (1, 1)
    assert manifest["accuracy"] == 0.5
    assert said["accuracy_without"] == 0.5


def test_an_untuned_student_has_no_rows(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "contamination" not in examined(bench, monkeypatch, tuned=False)
