"""The real W&B client offline, read back from its file, and failing."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from wandb_runs import CONFIG, KEY, a_run, files, records

from simula.claims import Claim
from simula.tracking import Run, Tracking
from simula.tracking.tracker import WRITER


def test_offline_run_reads_back(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-very-secret")
    with a_run("auto", tmp_path) as run:
        run.log({"loss": 1.5})
        run.log({"loss": 1.25})
        run.summary({"accuracy": 0.6})
    found = list(records(tmp_path))
    start = next(record.run for record in found if record.HasField("run"))
    config = {item.key: json.loads(item.value_json) for item in start.config.update}
    steps = [
        {item.key or item.nested_key[0]: json.loads(item.value_json) for item in record.history.item}
        for record in found
        if record.HasField("history")
    ]
    summary = {
        item.key or item.nested_key[0]: json.loads(item.value_json)
        for record in found
        if record.HasField("summary")
        for item in record.summary.update
    }
    assert (start.run_id, start.display_name) == ("train-gsm8k-full-64-3f9a0c21bd7e", KEY)
    assert (start.run_group, start.job_type, start.project) == ("lab", "train", "simula")
    assert {name: config[name] for name in CONFIG} == CONFIG
    assert [step["loss"] for step in steps] == [1.5, 1.25]
    assert summary["accuracy"] == 0.6
    assert next(record.exit.exit_code for record in found if record.HasField("exit")) == 0
    assert capfd.readouterr() == ("", "")
    assert not any(b"AIza-very-secret" in file.read_bytes() for file in files(tmp_path))


def test_a_stage_that_raises_is_recorded_as_failed(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), a_run("offline", tmp_path):
        raise ZeroDivisionError
    assert next(record.exit.exit_code for record in records(tmp_path) if record.HasField("exit")) == 1


def test_the_same_key_may_be_opened_again(tmp_path: Path) -> None:
    for folder in (tmp_path / "first", tmp_path / "second"):
        with a_run("offline", folder) as run:
            run.log({"loss": 1.0})
        assert not run.problem


def test_a_resumed_run_repeats_no_step_on_disk(tmp_path: Path) -> None:
    """What the part before has on disk is not told again; what a kill lost is."""
    told = []
    for part, steps in enumerate((range(1, 5), range(3, 7))):
        with a_run("offline", tmp_path) as run:
            for step in steps:
                run.log({"train/step": step, "train/loss": 1.0})
        assert not run.problem
        (folder,) = set((tmp_path / "wandb").glob("offline-run-*")) - {folder for folder, _ in told}
        told.append((folder, [_step(record) for record in records(folder) if record.HasField("history")]))
        if part == 0:
            time.sleep(1.1)  # the client names its folders by the second
    assert [steps for _, steps in told] == [[1, 2, 3, 4], [5, 6]]


def _step(record: Any) -> int:
    values = {item.key or item.nested_key[0]: item.value_json for item in record.history.item}
    return int(values["train/step"])


def test_who_writes_a_run_claims_it(tmp_path: Path) -> None:
    with a_run("offline", tmp_path):
        (writer,) = (tmp_path / "wandb").glob(f"*/{WRITER}")
        assert not Claim(writer).take()
    assert not writer.exists()


def test_online_without_a_key_is_kept_on_disk(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    with a_run("online", tmp_path) as run:
        run.log({"loss": 1.0})
    assert run.problem
    assert "simula track sync sends them" in caplog.text
    assert any(record.HasField("history") for record in records(tmp_path))


def test_a_folder_that_cannot_be_made_goes_on(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "file").write_text("in the way")
    with a_run("offline", tmp_path / "file" / "run") as run:
        run.log({"loss": 1.0})
    assert "goes on untracked" in caplog.text


def test_a_client_that_dies_under_way_goes_on(tmp_path: Path) -> None:
    """In a process of its own, which ends without a traceback; the next stage has a client again."""
    done = subprocess.run(
        [sys.executable, "-c", _DIES, str(tmp_path)], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.stdout == "survived\n", done.stderr
    assert done.stderr.count("W&B broke off") == 1
    assert "Traceback" not in done.stderr


def test_disabled_imports_no_client(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from simula.tracking import Tracking, open_run\n"
        f"with open_run(Tracking(mode='disabled'), Path({str(tmp_path / 'none')!r}), stage='s', key='k',"
        " group='g', config={}) as run: run.log({'a': 1}); run.summary({'a': 1})\n"
        "assert not run.problem and 'wandb' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
    assert not (tmp_path / "none").exists()


def test_tracking_is_no_part_of_identity() -> None:
    assert Tracking(mode="online", project="x", entity="y").identity() == Tracking().identity()


def test_a_finished_run_takes_nothing_more() -> None:
    run = Run(None)
    run.finish(0)
    run.log({"loss": 1.0})
    assert not run.problem


_DIES = f"""
import os, pathlib, sys, time
from simula.tracking import Tracking, open_run
folder = pathlib.Path(sys.argv[1])
with open_run(Tracking(mode="offline"), folder, stage="s", key="k", group="g", config={{}}) as run:
    children = pathlib.Path(f"/proc/{{os.getpid()}}/task/{{os.getpid()}}/children").read_text().split()
    core = [int(pid) for pid in children if "wandb" in pathlib.Path(f"/proc/{{pid}}/cmdline").read_text()]
    os.kill(core[0], {int(signal.SIGKILL)})
    time.sleep(0.5)
    run.log({{"loss": 1.0}})
    run.summary({{"loss": 1.0}})
    assert run.problem
with open_run(Tracking(mode="offline"), folder, stage="s", key="l", group="g", config={{}}) as run:
    run.log({{"loss": 1.0}})
    assert not run.problem
print("survived")
"""
