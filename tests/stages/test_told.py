"""What W&B is told of the stages: axes that hold, numbers by hand, and a real cell's runs read back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from wandb_runs import records

from simula.composition import cells
from simula.config import Config
from simula.stages.bench import axes
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, evaluation_key, rows_key, taxonomy_key, teacher_key
from simula.stages.told import configuration, numbers
from simula.store.artifacts import Store

LAB = ("domain=arithmetic", "teacher=simulated", "taxonomy.expansion.depth=1", "system=full", "size=4")


def config(root: Path, *overrides: str) -> Config:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def written(store: Store, place: str, **said: Any) -> None:
    folder = store.root / place
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(said))


def test_a_run_has_the_axes_that_decide_it(tmp_path: Path) -> None:
    cell = config(tmp_path, "seed=3", "data_seed=5", "teacher.skill=4")

    def told(stage: str, key: str) -> dict[str, Any]:
        return configuration(cell, axes(cell), stage, key, {})

    tuned = told("evaluate", evaluation_key(cell, tuned=True))
    assert tuned.items() >= {"examined": "tuned student", **axes(cell)}.items()
    assert (tuned["system"], tuned["size"], tuned["seed"], tuned["data_seed"]) == ("full", 4, 3, 5)
    assert tuned["settings"]["teacher"]["skill"] == 4
    assert tuned["settings"]["training"] == cell.training.identity()
    rows = told("dataset", rows_key(cell))
    assert (rows["system"], rows["size"], rows["data_seed"]) == ("full", 4, 5)
    assert not {"seed", "student", "training", "learning_rate"} & set(rows)
    assert not {"student", "training"} & set(rows["settings"])
    trees = {"experiment", "domain", "teacher", "settings"}
    assert set(told("taxonomy", taxonomy_key(cell))) == trees
    assert set(told("evaluate", teacher_key(cell))) == {*trees, "examined"}
    untuned = told("evaluate", evaluation_key(cell, tuned=False))
    assert set(untuned) == {"experiment", "domain", "student", "examined", "settings"}


def test_a_student_has_the_numbers_of_its_data_set(tmp_path: Path) -> None:
    cell = config(tmp_path, "assessment.measures=[diversity,coverage]", "evaluation.teacher=true")
    store, places = Store(cell.paths.store), artifact_keys(cell)
    refused = {"rejected: requirements": 2, "near_duplicate": 1}
    written(store, places["taxonomy"], price_usd=9.0)
    paid = {"price_usd": 0.5, "usd_per_row": 0.125, "tokens_per_row": 10.0}
    written(store, places["dataset"], candidates=12, refused=refused, rows=4, **paid)
    levels = {"coverage level 1": 0.9, "coverage level 2": 0.3}
    written(store, places["assess"], measures={"rows measured": 4.0, **levels})
    by_teacher = {"coverage level 1, assigned": 0.75, "coverage level 2, assigned": 0.25}
    written(store, places["coverage"], measures={**by_teacher, "coverage level 2": 0.3})
    written(store, places["untuned"], accuracy=0.25)
    key = evaluation_key(cell, tuned=True)
    said = {"items": 10, "right": 5, "accuracy": 0.5, "stage": "evaluate", "contamination": {"rows": 1}}
    found = numbers(cell, store, "evaluate", key, said)
    # Wilson's interval of 5 of 10: (0.5 + 1.96²/20 ± 1.96·√(0.25/10 + 1.96²/400)) / (1 + 1.96²/10).
    assert (found.pop("accuracy_low"), found.pop("accuracy_high")) == pytest.approx(
        (0.2366, 0.7634), abs=1e-4
    )
    assert found == {
        **{"items": 10, "right": 5, "accuracy": 0.5, "untuned_accuracy": 0.25},
        **{"rejection": 0.25, "coverage": 0.25, **paid},
    }
    # Of an examination of the teacher nothing of a data set is known; an unreadable manifest stops nothing.
    assert numbers(cell, store, "evaluate", teacher_key(cell), {"accuracy": 1.0}) == {"accuracy": 1.0}
    (store.root / places["coverage"] / "manifest.json").write_text("torn")
    assert numbers(cell, store, "evaluate", key, said)["coverage"] == 0.3


def test_untracked_stages_import_no_client(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", _UNTRACKED, f"paths.root={tmp_path}", *LAB],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    assert (done.returncode, done.stdout) == (0, "made\n"), done.stderr
    assert not (tmp_path / "tracking").exists()


_UNTRACKED = """
import sys
from simula.composition import cells
from simula.stages.cell import run_cell
(cell,) = cells(["tracking=none", *sys.argv[1:]], sweep=False)
assert run_cell(cell.config, "taxonomy") is None
assert not {name for name in sys.modules if name.split(".")[0] in ("wandb", "wandb_workspaces")}
print("made")
"""


def test_the_runs_of_a_cell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("WANDB_API_KEY", raising=False)
    monkeypatch.setenv("WANDB_ERROR_REPORTING", "false")
    cell = config(tmp_path, "tracking.mode=offline", "experiment=lab")
    assert run_cell(cell, "generate") is None
    runs = {}
    for folder in (tmp_path / "tracking" / "wandb").glob("offline-run-*"):
        found = list(records(folder))
        start = next(record.run for record in found if record.HasField("run"))
        runs[start.job_type] = (start, found)
    assert set(runs) == {"taxonomy", "dataset"}
    start, found = runs["dataset"]
    assert (start.run_group, start.display_name) == ("lab", rows_key(cell))
    told = {item.key: json.loads(item.value_json) for item in start.config.update}
    assert (told["system"], told["input/taxonomy"]) == ("full", taxonomy_key(cell))
    summary = {
        item.key or item.nested_key[0]: json.loads(item.value_json)
        for record in found
        if record.HasField("summary")
        for item in record.summary.update
    }
    manifest = Store(cell.paths.store).manifest("dataset", rows_key(cell))
    assert manifest is not None
    assert summary["rejection"] == 1 - manifest["rows"] / manifest["candidates"]
    assert summary["artifacts/referred"] == 5  # rows, refused rows, and three forms of the taxonomies
    made = [record.artifact for record in found if record.HasField("artifact")]
    assert [(one.type, one.use_after_commit) for one in made] == [("taxonomy", True), ("dataset", False)]
    folder = Store(cell.paths.store).folder("dataset", rows_key(cell))
    assert {entry.ref for entry in made[1].manifest.contents} == {
        (folder / name).as_uri() for name in ("rows.parquet", "refused.parquet")
    }
    # What the run that made the taxonomies says of them is the same artifact.
    (original,) = (record.artifact for record in runs["taxonomy"][1] if record.HasField("artifact"))
    assert (original.name, original.digest) == (made[0].name, made[0].digest)
