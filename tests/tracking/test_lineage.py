"""The way from taxonomies to an evaluation, as the stages tell it to a server: every edge of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from wandb_server import Server

from simula.composition import cells
from simula.domain import Example
from simula.evaluation import engine
from simula.evaluation.answer import Answer
from simula.progress import Progress
from simula.stages import evaluate
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import adapter_key, evaluation_key, rows_key
from simula.store.artifacts import Store
from simula.store.benchmarks import TestItem


@pytest.mark.usefixtures("key")
def test_from_taxonomies_to_an_evaluation(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All is real but the adapter, which is a file, and the student, whose answer is given."""
    chosen = ["domain=arithmetic", "teacher=simulated", "tracking=wandb", "taxonomy.expansion.depth=1"]
    config = cells([*chosen, "system=full", "size=4", f"paths.root={tmp_path}"], sweep=False)[0].config
    bench = Bench(config, Store(config.paths.store), Progress("test"))
    assert run_cell(config, "generate") is None

    def tune(folder: Path, log: Callable[[Mapping[str, float]], None]) -> dict[str, Any]:
        (folder / "adapter").write_text("weights")
        return {"steps": 1}

    bench.build("train", adapter_key(config), {"dataset": rows_key(config)}, tune)
    item = TestItem("one", Example(question="What is two and two?", answer="4"))
    monkeypatch.setattr(engine, "answer_items", lambda *_: [Answer("one", "4", True, "", {})])
    monkeypatch.setattr(evaluate, "_items", lambda _: [item])
    for tuned in (False, True):
        evaluate.evaluate_student(bench, tuned=tuned)

    kinds = {one["artifactCollectionName"]: one["artifactTypeName"] for one in server.artifacts}
    edges = {(kinds[name], verb, run) for name, verb, run in server.lineage}
    runs = {
        "dataset": rows_key(config).replace("/", "-"),
        "adapter": adapter_key(config),
        "tuned": evaluation_key(config, tuned=True),
        "untuned": evaluation_key(config, tuned=False),
    }
    assert {edge for edge in edges if edge[1] == "used by"} == {
        ("taxonomy", "used by", runs["dataset"]),
        ("dataset", "used by", runs["adapter"]),
        ("adapter", "used by", runs["tuned"]),
    }
    made = {(kind, run) for kind, verb, run in edges if verb == "made by"}
    assert made >= {
        ("dataset", runs["dataset"]),
        ("adapter", runs["adapter"]),
        ("evaluation", runs["tuned"]),
        ("evaluation", runs["untuned"]),
    }
    assert server.runs[runs["tuned"]].config["input/train"] == {"value": adapter_key(config)}
