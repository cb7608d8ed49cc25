"""Scores against human levels and the scorer's own mistakes, over batch sizes and appearances."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest

from simula.composition import Cell, cells
from simula.config import Config
from simula.draws import entropy, generator
from simula.errors import ConfigurationError
from simula.metrics.validity import ValiditySettings, validity
from simula.plan import plan
from simula.progress import Progress
from simula.report.measures import shown_measures, write_measures
from simula.scoring import schedule
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.evaluate import FILE, evaluate_teacher
from simula.stages.keys import teacher_key
from simula.stages.measures.validity import SCORES, measure_validity
from simula.stages.record import CellRecord, record_of
from simula.store.artifacts import Store

LAB = [
    "domain=arithmetic",
    "teacher=simulated",
    "teacher.skill=2",
    "tracking=none",
    "benchmark.items=40",
    "assessment.measures=[validity]",
    "assessment.dataset=benchmark",
    "assessment.validity={batch_sizes: [1, 4], appearances: [1, 3], clusters: 3, resamples: 20}",
]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Config:
    root = tmp_path_factory.mktemp("valid")
    return cells([*LAB, f"paths.root={root}"], sweep=False)[0].config


@pytest.fixture(scope="module")
def record(lab: Config) -> CellRecord:
    assert run_cell(lab, "assess") is None
    return record_of(Store(lab.paths.store), lab)


def scores(lab: Config, record: CellRecord) -> list[dict[str, Any]]:
    return pq.read_table(lab.paths.store / record.artifacts["validity"] / SCORES).to_pylist()


def test_every_cell_of_the_grid_is_what_its_scores_say(lab: Config, record: CellRecord) -> None:
    manifest = record.manifests["validity"]
    at = [(cell["batch_size"], cell["appearances"], cell["score"]) for cell in manifest["grid"]]
    # Batches of one compare nothing: there is no Elo.
    assert at == [
        (1, 1, "raw"),
        (1, 3, "raw"),
        (4, 1, "raw"),
        (4, 1, "elo"),
        (4, 3, "raw"),
        (4, 3, "elo"),
    ]
    lines = scores(lab, record)
    assert (manifest["points"], manifest["levels"], len(lines)) == (40, 3, 40)
    for (size, times, kind), cell in zip(at, manifest["grid"], strict=True):
        found = validity(
            np.array([line[f"{kind} {size}x{times}"] for line in lines]),
            [line["level"] for line in lines],
            np.array([line["right"] for line in lines]),
            ValiditySettings(resamples=20),
            generator(0, size, times, kind, "validity"),
        )
        assert cell == {"batch_size": size, "appearances": times, "score": kind} | found.to_json()
    assert manifest["measures"]["NMI of elo, batches of 4, 3 appearances"] == manifest["grid"][-1]["nmi"][0]
    assert {"1", "2", "3"} == {line["level"] for line in lines}


def test_fewer_appearances_are_among_more_and_the_examination_is_the_teachers(
    lab: Config, record: CellRecord
) -> None:
    manifest = record.manifests["validity"]
    seed = entropy(0, "rate")
    asked = {
        (size, number, batch)
        for size in (1, 4)
        for times in (1, 3)
        for number, batch in enumerate(schedule(40, size, times, seed).batches)
    }
    # 40 items divide by 4: the batches of one appearance are the first of three's.
    assert len(asked) == 40 * 3 + 30
    assert manifest["batches"] == 40 + 40 * 3 + 10 + 30
    assert manifest["calls"] - manifest["recorded_calls"] == len(asked) + 40
    assert manifest["right"] == sum(line["right"] for line in scores(lab, record)) < 40
    examined = replace(lab, evaluation=lab.evaluation.model_copy(update={"teacher": True}))
    again = evaluate_teacher(Bench(examined, Store(lab.paths.store), Progress("test")))
    assert (again["calls"], again["recorded_calls"]) == (40, 40)
    results = json.loads((lab.paths.store / "evaluate" / teacher_key(lab) / FILE).read_text())
    assert results["right"] == [line["right"] for line in scores(lab, record)]


def test_the_plan_counts_the_most_appearances_of_each_batch_size(lab: Config, tmp_path: Path) -> None:
    fresh = replace(
        lab,
        paths=lab.paths.model_copy(update={"store": tmp_path, "ledger": tmp_path / "ledger"}),
        assessment=lab.assessment.model_copy(update={"points": 40}),
    )
    (step,) = plan([Cell((), fresh)]).steps
    # Of batches of one, then of four.
    assert [(cost.template, cost.calls) for cost in step.costs] == [
        ("score_complexity", 120),
        ("score_complexity", 30),
        ("answer_item", 40),
    ]


def test_the_table_and_the_figure(lab: Config, record: CellRecord, tmp_path: Path) -> None:
    files = write_measures(shown_measures(Store(lab.paths.store), [record]), tmp_path)
    text = next(path for path in files if path.suffix == ".md").read_text()
    nmi, low, high = record.manifests["validity"]["grid"][-1]["nmi"]
    assert "Validity of complexity, arithmetic, real" in text
    assert f"| 4 | 3 | Elo | 40 | {nmi:.2f} [{low:.2f}, {high:.2f}] |" in text
    assert "40 items of 3 human levels" in text
    assert (tmp_path / "validity.png").stat().st_size > 10_000


def test_a_file_with_levels_and_no_answers_has_no_area(lab: Config, tmp_path: Path) -> None:
    path = tmp_path / "theirs.jsonl"
    lines = [{"question": f"What is {i} plus {i}?", "level": i % 2 or None} for i in range(20)]
    path.write_text("".join(json.dumps(line | {"hard": i % 3}) + "\n" for i, line in enumerate(lines)))

    def measured(*labels: str) -> dict[str, Any]:
        columns = lab.assessment.columns.model_copy(update={"answer": None, "labels": labels})
        changed = lab.assessment.model_copy(update={"dataset": str(path), "columns": columns})
        return measure_validity(Bench(replace(lab, assessment=changed), Store(tmp_path), Progress("test")))

    with pytest.raises(ConfigurationError, match="has fewer than two"):
        measured("level")
    path.write_text(path.read_text().replace('"level": 1', '"level": "a"').replace("null", '"b"'))
    manifest = measured("level")
    assert manifest["right"] is None
    assert all(cell["auc"] is None for cell in manifest["grid"])
    assert manifest["points_without_level"] == 0
