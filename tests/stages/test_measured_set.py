"""`simula assess` measures any set: our rows, a file, the benchmark's items, a stored data set."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simula.composition import cells
from simula.config import Config
from simula.errors import ConfigurationError
from simula.plan import print_plan
from simula.plan.steps import plan
from simula.progress import Progress
from simula.report.loading import _examined, report
from simula.report.measures import shown_measures, write_measures
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, rows_key
from simula.stages.measures.points import measured_set, read_set
from simula.stages.record import record_of
from simula.store.artifacts import Store

BASE = ["domain=arithmetic", "teacher=simulated", "system=baseline", "size=12", "tracking=none"]


def config(root: Path, *overrides: str) -> Config:
    return cells([*BASE, f"paths.root={root}", *overrides], sweep=False)[0].config


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "theirs.jsonl"
    lines = [{"text": f"What is {i} times {i * i}?", "label": i} for i in range(30)]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_a_file_is_measured_without_a_data_set_of_ours(file: Path, tmp_path: Path) -> None:
    theirs = [
        f"assessment.dataset={file}",
        "assessment.columns.question=text",
        "assessment.columns.answer=null",
    ]
    one = config(tmp_path, *theirs)
    assert set(artifact_keys(one)) == {"assess"}
    assert run_cell(one, "assess") is None
    store = Store(one.paths.store)
    record = record_of(store, one)
    assert record.state == "done"
    manifest = record.manifests["assess"]
    assert manifest["measures"]["rows measured"] == 30
    assert (manifest["set"], manifest["inputs"]) == (str(file), {})
    assert not (one.paths.store / "dataset").exists()
    shown = shown_measures(store, [record])
    (path,) = [path for path in write_measures(shown, tmp_path / "measures") if path.suffix == ".md"]
    assert str(file) in path.read_text()
    assert "rows measured" in path.read_text()
    made = plan(cells([*BASE, f"paths.root={tmp_path}", *theirs], sweep=False))
    assert [(step.stage, step.exists) for step in made.steps] == [("assess", True)]
    assert print_plan(cells([*BASE, f"paths.root={tmp_path}", *theirs], sweep=False), as_json=True) == 0
    assert report(cells([*BASE, f"paths.root={tmp_path}", *theirs], sweep=False), everything=False) == 0
    # The page begins with what there is.
    page = (one.paths.report / "index.html").read_text()
    assert "<h1>How the data sets measure</h1>" in page
    assert "No student was asked for." in page
    assert str(file) in page
    assert "No cell is finished" not in page
    text = (one.paths.report / "report.md").read_text()
    assert text.startswith("# How the data sets measure")
    assert "rows measured" in text
    # A part is drawn, the same for the same seed, and is a measure of its own.
    few = config(tmp_path, *theirs, "assessment.points=10")
    drawn = [point.id for point in read_set(Bench(few, store, Progress("test"))).points]
    assert drawn == sorted(drawn, key=int)
    assert len(set(drawn)) == 10
    assert drawn != [str(i) for i in range(1, 11)]
    other = config(tmp_path, *theirs, "assessment.points=10", "data_seed=1")
    assert [point.id for point in read_set(Bench(other, store, Progress("test"))).points] != drawn
    assert len({artifact_keys(each)["assess"] for each in (one, few, other)}) == 3


def test_rows_without_a_text_are_counted_and_left_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "gaps.csv"
    path.write_text(
        "question,answer\nWhat is 1 plus 1?,2\n,3\nWhat is 2 plus 2?,4\n  ,\nWhat is 3 plus 4?,7\n"
    )
    one = config(tmp_path, f"assessment.dataset={path}")
    assert run_cell(one, "assess") is None
    record = record_of(Store(one.paths.store), one)
    manifest = record.manifests["assess"]
    assert (manifest["measures"]["rows measured"], manifest["empty_texts"]) == (3, 2)
    assert manifest["file"]["rows"] == 5
    assert "2 of 5 rows of" in capsys.readouterr().err
    shown = shown_measures(Store(one.paths.store), [record])["diversity"]
    assert f"{path}: rows without a text that were left out: 2." in shown.sentences
    path.write_text("question,answer\n,1\n")
    reason = run_cell(config(tmp_path, f"assessment.dataset={path}"), "assess")
    assert reason is not None
    assert "no row has a text in column 'question'" in reason


def test_own_rows_that_were_only_measured_are_no_unfinished_cells(tmp_path: Path) -> None:
    unnamed = [word for word in BASE if not word.startswith("system=")]
    words = [*unnamed, "critic=none", f"paths.root={tmp_path}", "taxonomy.expansion.depth=2"]
    words += ["assessment.coverage.assigned=false", "assessment.measures=[diversity,coverage]"]
    (cell,) = cells(words, sweep=False)
    assert run_cell(cell.config, "assess") is None
    # A mechanism that is no preset's is named as its folder is, not "custom".
    assert measured_set(cell.config) == "arithmetic-all-k5-c50-none"
    assert report([cell], everything=True) == 0
    page = (cell.config.paths.report / "index.html").read_text()
    assert "<h1>How the data sets measure</h1>" in page
    assert "arithmetic-all-k5-c50-none" in page
    assert "cells are not finished" not in page
    assert "What is still to come" not in page
    # Diversity does not tell once more what the measure coverage tells.
    store = Store(cell.config.paths.store)
    record = record_of(store, cell.config)
    assert "coverage level 1" in record.manifests["assess"]["measures"]
    table = shown_measures(store, [record])["diversity"].tables[0]
    assert not [line.cells[0] for line in table.lines if line.cells[0].startswith("coverage")]
    # A student that is asked for afterwards is an unfinished cell.
    waiting = replace(record, until="train")
    assert not _examined(record)
    assert _examined(waiting)


def test_a_stored_data_set_measures_as_its_own_cell(tmp_path: Path) -> None:
    own = config(tmp_path)
    assert run_cell(own, "assess") is None
    store = Store(own.paths.store)
    named = config(tmp_path, f"assessment.dataset={rows_key(own)}")
    assert run_cell(named, "assess") is None
    theirs, ours = (record_of(store, one).manifests["assess"]["measures"] for one in (named, own))
    assert theirs == {name: value for name, value in ours.items() if not name.startswith("coverage")}


def test_the_benchmarks_items_are_the_real_set(tmp_path: Path) -> None:
    real = config(tmp_path, "assessment.dataset=benchmark", "assessment.points=20")
    assert run_cell(real, "assess") is None
    assert measured_set(real) == "arithmetic, real"
    assert record_of(Store(real.paths.store), real).manifests["assess"]["measures"]["rows measured"] == 20


def test_what_is_not_there_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such file"):
        config(tmp_path, "assessment.dataset=none.jsonl")
    with pytest.raises(ConfigurationError, match="names one twice"):
        config(tmp_path, "assessment.measures=[diversity,diversity]")


def test_students_are_not_tuned_on_a_set_that_is_only_measured(file: Path, tmp_path: Path) -> None:
    reason = run_cell(config(tmp_path, f"assessment.dataset={file}"), "train")
    assert reason is not None
    assert "is measured by simula assess alone" in reason
