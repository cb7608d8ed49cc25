"""A server that is down, slow or wrong: no stage is stopped, and none waits longer than the stated seconds.

A server that is slow takes longer than the test may: whoever waited for it would fail by the time limit.
"""

from __future__ import annotations

import logging
import socket
from pathlib import Path

import pytest
from wandb_runs import a_run, records, spoken_to
from wandb_server import Faults, Server

from simula.tracking import tracker

NEVER = 1000.0
FAULTS = {
    "slow": Faults(delay=NEVER),
    "dripping": Faults(drip=NEVER),
    "broken": Faults(status=500, body=b"{}"),
    "refusing": Faults(status=401, body=b'{"errors": [{"message": "who are you"}]}'),
    "something else": Faults(body=b"<html><body>Hello!</body></html>"),
}
FATAL = Faults(body=b'{"data": null}')
"""What the client's side process dies of."""


@pytest.fixture(autouse=True)
def _little_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tracker, "_INIT_SECONDS", 1)
    monkeypatch.setattr(tracker, "_FINISH_SECONDS", 1)


def two_stages(folder: Path) -> list[str]:
    problems = []
    for stage in ("one", "two"):
        with a_run("auto", folder / stage) as run:
            run.log({"loss": 1.0})
            run.summary({"accuracy": 0.5})
        problems.append(run.problem)
    return problems


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("fault", FAULTS)
def test_a_server_that_is(
    fault: str, tmp_path: Path, server: Server, caplog: pytest.LogCaptureFixture
) -> None:
    server.faults = FAULTS[fault]
    problems = two_stages(tmp_path)
    assert problems[0]
    assert problems[1] == problems[0]
    ours = [record for record in caplog.records if record.name.startswith("simula")]
    assert [record.levelno for record in ours] == [logging.WARNING]
    assert "simula track sync sends them" in caplog.text
    # Nothing is lost: both are on disk, and the second did not even try.
    for stage in ("one", "two"):
        (folder,) = (tmp_path / stage / "wandb").glob("offline-run-*")
        assert any(record.HasField("history") for record in records(folder))
    assert not list((tmp_path / "two" / "wandb").glob("run-*"))


def test_nobody_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("WANDB_API_KEY", "a1" * 20)
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{unused.getsockname()[1]}")
        problems = two_stages(tmp_path)
    assert "refused" in problems[0]
    assert problems[0] == problems[1]
    assert caplog.text.count("W&B cannot be used") == 1


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize("fault", ["slow", "fatal"])
def test_a_server_that_becomes(fault: str, tmp_path: Path, server: Server) -> None:
    """The process ends too: in one of its own, since the client has more to do at the end."""
    told = spoken_to(_STAGES, tmp_path)
    assert told.stdin is not None
    assert told.stdout is not None
    assert told.stdout.readline() == "begun\n"
    server.faults = FAULTS.get(fault, FATAL)
    said, complaint = told.communicate("go on\n", timeout=200)
    assert (told.returncode, said) == (0, "all done\n"), complaint
    assert "Traceback" not in complaint
    # Whatever the first two met with, the third is on disk.
    assert list((tmp_path / "three" / "wandb").glob("offline-run-*"))


_STAGES = """
import pathlib, sys
from simula.tracking import tracker
from wandb_runs import a_run
tracker._INIT_SECONDS, tracker._FINISH_SECONDS, tracker._REQUEST_SECONDS = 60, 1, 1
folder = pathlib.Path(sys.argv[1])
with a_run("auto", folder / "one") as run:
    run.log({"loss": 1.0})
    print("begun", flush=True)
    sys.stdin.readline()
    run.log({"loss": 0.5})
with a_run("auto", folder / "two", "evaluate/gsm8k-1") as run:
    run.log({"loss": 1.0})
with a_run("auto", folder / "three", "evaluate/gsm8k-2") as run:
    run.log({"loss": 1.0})
print("all done")
"""


def test_a_side_process_that_does_not_end_is_killed(tmp_path: Path) -> None:
    """The client itself would wait for it without a limit."""
    told = spoken_to(_FROZEN, tmp_path)
    said, complaint = told.communicate(timeout=200)
    assert (told.returncode, said) == (0, "-9\ngone on\n"), complaint
    assert "Traceback" not in complaint


_FROZEN = """
import os, pathlib, signal, sys
from wandb.sdk import wandb_setup
from simula.tracking import tracker
from wandb_runs import a_run
tracker._FINISH_SECONDS = 2
with a_run("offline", pathlib.Path(sys.argv[1])) as run:
    side = wandb_setup._singleton._connection._proc._process
    os.kill(side.pid, signal.SIGSTOP)
    tracker._end_client()
    print(side.wait(10))
print("gone on")
"""
