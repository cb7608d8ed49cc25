"""`simula assess` measures any set: our rows, a file, the benchmark's items, a stored data set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from simula.composition import cells
from simula.config import Config
from simula.errors import ConfigurationError
from simula.plan import print_plan
from simula.plan.steps import plan
from simula.progress import Progress
from simula.report.loading import report
from simula.report.measures import shown_measures, write_measures
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, rows_key
from simula.stages.measures.points import measured_points, measured_set
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
    assert str(file) in (one.paths.report / "index.html").read_text()
    # A part is drawn, the same for the same seed, and is a measure of its own.
    few = config(tmp_path, *theirs, "assessment.points=10")
    drawn = [point.id for point in measured_points(Bench(few, store, Progress("test")))]
    assert drawn == sorted(drawn, key=int)
    assert len(set(drawn)) == 10
    assert drawn != [str(i) for i in range(1, 11)]
    other = config(tmp_path, *theirs, "assessment.points=10", "data_seed=1")
    assert [point.id for point in measured_points(Bench(other, store, Progress("test")))] != drawn
    assert len({artifact_keys(each)["assess"] for each in (one, few, other)}) == 3


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
