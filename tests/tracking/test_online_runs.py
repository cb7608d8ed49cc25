"""The real client online: what the server knows of runs that are resumed, and of artifacts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from wandb_runs import RUN, a_run, files
from wandb_server import SUMMARY, Server

from simula.tracking import Stored


def test_a_run_reaches_the_server(
    tmp_path: Path, server: Server, key: str, capfd: pytest.CaptureFixture[str]
) -> None:
    for step, loss in enumerate((1.5, 1.25)):
        with a_run("auto", tmp_path) as run:
            run.log({"train/step": step, "train/loss": loss})
            run.summary({"accuracy": 0.6})
        assert not run.problem
    assert list(server.runs) == [RUN]
    told = server.runs[RUN]
    assert (told.group, told.kind) == ("lab", "train")
    assert told.config["system"] == {"value": "full"}
    assert told.config["settings"] == {"value": {"training": {"rank": 8}}}
    assert [row["train/loss"] for row in told.rows()] == [1.5, 1.25]
    assert told.summary["accuracy"] == 0.6
    assert server.exits == [0, 0]
    assert capfd.readouterr() == ("", "")
    assert not any(key.encode() in file.read_bytes() for file in files(tmp_path))


@pytest.mark.usefixtures("key")
def test_a_resumed_run_repeats_no_step(tmp_path: Path, server: Server) -> None:
    """The run before was killed after step 4, two after its checkpoint; on another machine's disk."""
    for folder, steps in (("one", range(1, 5)), ("two", range(3, 7))):
        with a_run("auto", tmp_path / folder) as run:
            for step in steps:
                run.log({"train/step": step, "train/loss": 1 / step})
            run.log({"validation/step": steps[-1], "validation/accuracy": 0.5})
    rows = server.runs[RUN].rows()
    assert [row["train/step"] for row in rows if "train/step" in row] == [1, 2, 3, 4, 5, 6]
    assert [row["validation/step"] for row in rows if "validation/step" in row] == [4, 6]


def stored(root: Path, stage: str, key: str, **contents: str) -> Stored:
    """An artifact that is being made, in a folder that will be renamed."""
    work = root / stage / f"{key}.work"
    for name, text in {"manifest.json": "{}", **contents}.items():
        path = work / name.replace("__", "/")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return Stored(stage, key, root / stage / key, work, {"rows": 4, "price_usd": 0.5, "refused": {"x": 1}})


def published(made: Stored) -> Stored:
    made.work.rename(made.folder)
    (made.folder / "manifest.json").write_text('{"seconds": 3}')
    return Stored(made.stage, made.key, made.folder, made.folder, made.said)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("how", ["references", "files"])
def test_artifacts_have_a_lineage(tmp_path: Path, server: Server, how: str) -> None:
    """The data set of one run is what another one uses: one artifact, whose name and content both say."""
    rows = stored(tmp_path, "dataset", "gsm8k-all-5c/n4", rows="four rows", big="b" * 2000)
    with a_run("auto", tmp_path, artifacts=how, largest_file_mb=0.001) as run:
        run.artifacts(rows, [])
    adapter = stored(tmp_path, "train", "gsm8k-0f", adapter__weights="small", model__weights="whole")
    used = published(rows)
    with a_run("auto", tmp_path, artifacts=how, largest_file_mb=0.001) as run:
        run.artifacts(adapter, [used])
    assert server.names() == ["dataset-gsm8k-all-5c-n4", "adapter-gsm8k-0f"]
    assert [one["artifactTypeName"] for one in server.artifacts] == ["dataset", "adapter"]
    assert server.lineage == {
        ("dataset-gsm8k-all-5c-n4", "made by", RUN),
        ("dataset-gsm8k-all-5c-n4", "used by", RUN),
        ("adapter-gsm8k-0f", "made by", RUN),
    }
    assert '"price_usd":0.5' in server.artifacts[0]["metadata"].replace(" ", "")
    first, second = (server.manifests[one["id"]]["contents"] for one in server.artifacts)
    assert (sorted(first), sorted(second)) == (["big", "rows"], ["adapter/weights", "model/weights"])
    assert first["big"]["ref"] == (used.folder / "big").as_uri()
    assert second["model/weights"]["ref"] == (adapter.folder / "model" / "weights").as_uri()
    contents = {path.split("/", 3)[-1]: body for path, body in server.uploads.items() if "/artifact/" in path}
    sent = {"rows": b"four rows", "adapter/weights": b"small"} if how == "files" else {}
    assert contents == sent
    # Of the last run: rows, big and adapter, model.
    summary = server.runs[RUN].rows(SUMMARY)[-1]
    assert summary["artifacts/uploaded"] == len(sent)
    assert summary["artifacts/referred"] == 4 - len(sent)


@pytest.mark.usefixtures("key")
def test_no_artifacts_where_none_are_wanted(tmp_path: Path, server: Server) -> None:
    with a_run("auto", tmp_path, artifacts="none") as run:
        run.artifacts(stored(tmp_path, "dataset", "key", rows="four rows"), [])
    assert not server.artifacts
    assert "artifacts/referred" not in server.runs[RUN].summary


@pytest.mark.usefixtures("key")
def test_a_killed_run_goes_on_under_its_id(tmp_path: Path, server: Server) -> None:
    """Killed as a cluster kills, in the middle: the next process sends no second run and no step twice."""
    killed = subprocess.run(
        [sys.executable, "-c", _KILLED, str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        timeout=60,
        check=False,
    )
    assert killed.returncode == 9
    before = [row["train/step"] for row in server.runs[RUN].rows()]
    with a_run("auto", tmp_path) as run:
        for step in range(1, 6):
            run.log({"train/step": step, "train/loss": 1.0})
    assert list(server.runs) == [RUN]
    steps = [row["train/step"] for row in server.runs[RUN].rows()]
    assert steps[: len(before)] == before
    assert steps == sorted(set(steps))
    assert steps[-1] == 5


_KILLED = """
import os, pathlib, sys
from wandb_runs import a_run
with a_run("auto", pathlib.Path(sys.argv[1])) as run:
    for step in range(1, 4):
        run.log({"train/step": step, "train/loss": 1.0})
    os._exit(9)
"""
