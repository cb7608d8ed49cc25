"""`simula track sync`: the real client sends what is on disk, each run once, in order, or says why not."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
from wandb_runs import RUN, a_run, spoken_to
from wandb_server import Faults, Server

from simula.claims import Claim
from simula.errors import StoreError
from simula.track import track
from simula.tracking import Stored, sending
from simula.tracking.sending import Sent, send
from simula.tracking.tracker import CUT_SHORT, WRITER


def kept(folder: Path, key: str, *parts: range) -> None:
    """A stage on disk, in parts."""
    for number, steps in enumerate(parts):
        if number:
            time.sleep(1.1)  # the client names its folders by the second
        with a_run("offline", folder, key) as run:
            for step in steps:
                run.log({"train/step": step, "train/loss": 1 / step})
            run.summary({"accuracy": 0.6})


@pytest.mark.usefixtures("key")
def test_each_run_is_sent_once_and_in_order(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    kept(tmp_path / "tracking", "train/one", range(1, 5), range(3, 7))
    kept(tmp_path / "tracking", "train/two", range(1, 3))
    assert track(["sync", f"paths.root={tmp_path}"], None, sweep=False) == 0
    assert capsys.readouterr().out == "W&B: 3 runs sent\n"
    steps = {name: [row["train/step"] for row in told.rows()] for name, told in server.runs.items()}
    assert steps == {"train-one": [1, 2, 3, 4, 5, 6], "train-two": [1, 2]}
    assert server.runs["train-one"].config["system"] == {"value": "full"}
    assert server.runs["train-two"].group == "lab"
    assert server.runs["train-two"].summary["accuracy"] == 0.6
    said = len(server.upserts)
    assert track(["sync", f"paths.root={tmp_path}"], None, sweep=False) == 0
    assert capsys.readouterr().out == "W&B: 0 runs sent, 3 sent before\n"
    assert len(server.upserts) == said


def broken_off(folder: Path, server: Server) -> None:
    """A stage online whose server has nothing but faults from the first number on; in its own process."""
    told = spoken_to(_BROKEN_OFF, folder)
    assert told.stdout is not None
    assert told.stdout.readline() == "begun\n"
    server.faults.status = 503
    assert told.communicate("go on\n", timeout=200)[0] == "Timed out finishing run.\n"
    server.faults.status = 200


_BROKEN_OFF = """
import pathlib, sys
from simula.tracking import tracker
from wandb_runs import RUN, a_run
tracker._FINISH_SECONDS = 1
with a_run("auto", pathlib.Path(sys.argv[1])) as run:
    print("begun", flush=True)
    sys.stdin.readline()
    for step in (1, 2, 3):
        run.log({"train/step": step, "train/loss": 1.0})
    run.summary({"accuracy": 0.6})
print(run.problem)
"""


@pytest.mark.usefixtures("key")
def test_a_run_online_that_was_cut_short_is_sent_again(tmp_path: Path, server: Server) -> None:
    broken_off(tmp_path, server)
    kept(tmp_path, "train/two", range(1, 3))
    sent = send(tmp_path)
    assert (sent.now, sent.failed) == (2, 0), sent.reason
    told = server.runs[RUN]
    assert [row["train/step"] for row in told.rows()] == [1, 2, 3]
    assert told.summary["accuracy"] == 0.6
    assert send(tmp_path).sentence() == "W&B: 0 runs sent, 2 sent before"


def test_of_runs_online_the_last_part_alone_is_sent_again(tmp_path: Path) -> None:
    """What has gone on since, or was confirmed, is not: an older end would take the newer one's place."""
    parts = {
        "run-20260101_000000-one": True,  # the server did not confirm it; gone on below
        "offline-run-20260101_000005-one": False,
        "run-20260101_000001-two": False,
        "run-20260101_000002-three": False,
        "run-20260101_000003-three": True,
    }
    for name, cut in parts.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "run-x.wandb").touch()
        if cut:
            (tmp_path / name / CUT_SHORT).touch()
    assert [part.name for part in sending._parts(tmp_path)] == [
        "run-20260101_000003-three",
        "offline-run-20260101_000005-one",
    ]


@pytest.mark.usefixtures("key")
def test_artifacts_arrive_with_their_lineage(tmp_path: Path, server: Server) -> None:
    """Whichever run is sent first: both say the same of what the one made and the other used."""
    work, folder = tmp_path / "n4.work", tmp_path / "n4"
    work.mkdir()
    (work / "rows").write_text("four rows")
    with a_run("offline", tmp_path, "dataset/n4", artifacts="files") as run:
        run.artifacts(Stored("dataset", "n4", folder, work), [])
    work.rename(folder)
    (tmp_path / "adapter").mkdir()
    with a_run("offline", tmp_path, "train/one", artifacts="files") as run:
        made = Stored("train", "one", tmp_path / "adapter", tmp_path / "adapter")
        run.artifacts(made, [Stored("dataset", "n4", folder, folder)])
    assert send(tmp_path) == Sent(2, 0, 0, 0, "")
    assert sorted(server.names()) == ["adapter-one", "dataset-n4"]
    assert server.lineage == {
        ("dataset-n4", "made by", "dataset-n4"),
        ("dataset-n4", "used by", "train-one"),
        ("adapter-one", "made by", "train-one"),
    }
    contents = [body for path, body in server.uploads.items() if path.startswith("/artifact/")]
    assert contents == [b"four rows"]


def a_part(folder: Path, name: str, writer: str = "") -> Path:
    """A run as the client names it, with a claim of another host's where somebody writes it."""
    part = folder / "wandb" / name
    part.mkdir(parents=True)
    (part / "run-x.wandb").touch()
    if writer:
        (part / WRITER).write_text('{"host": "%s", "pid": 1, "token": "t"}' % writer)  # noqa: UP031
    return part


def test_what_is_being_written_is_sent_later(tmp_path: Path) -> None:
    """And what comes after it in the same run; the claim of a writer that was killed grows old."""
    ended = a_part(tmp_path, "offline-run-20260101_000000-one")
    killed = a_part(tmp_path, "offline-run-20260101_000001-two", writer="elsewhere")
    os.utime(killed / WRITER, (0, 0))
    a_part(tmp_path, "offline-run-20260101_000002-three", writer="elsewhere")
    a_part(tmp_path, "offline-run-20260101_000003-three")
    assert sending._ended(sorted((tmp_path / "wandb").iterdir())) == [ended, killed]


@pytest.mark.usefixtures("key")
def test_two_do_not_send_at_once(tmp_path: Path) -> None:
    a_part(tmp_path, "offline-run-20260101_000000-one")
    claim = Claim(tmp_path / "wandb" / "sending")
    assert claim.take()
    with pytest.raises(StoreError, match="runs are being sent by process"):
        send(tmp_path)


@pytest.mark.usefixtures("key")
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Faults(body=b"<html></html>"), "invalid character '<'"),
        (Faults(body=b'{"data": null}'), ""),
    ],
    ids=["something else", "fatal"],
)
def test_a_server_at_fault_is_one_reason(
    fault: Faults, reason: str, tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is noted as sent, and a later command sends it."""
    for name in sending._PATIENCE:
        monkeypatch.setitem(sending._PATIENCE, name, "1")
    kept(tmp_path, "train/one", range(1, 3))
    healthy, server.faults = server.faults, fault
    sent = send(tmp_path)
    assert (sent.now, sent.failed) == (0, 1)
    assert sent.sentence().startswith("W&B: 0 runs sent, 1 not sent: ")
    assert sent.reason
    assert reason in sent.reason
    server.faults = healthy
    assert send(tmp_path) == Sent(1, 0, 0, 0, "")
    assert len(server.runs["train-one"].rows()) == 2


@pytest.mark.usefixtures("key")
def test_a_client_that_hangs_is_ended_and_the_rest_not_tried(
    tmp_path: Path, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "_SECONDS", 1)
    kept(tmp_path, "train/one", range(1, 3))
    kept(tmp_path, "train/two", range(1, 3))
    server.faults = Faults(delay=1000)
    assert send(tmp_path) == Sent(0, 0, 0, 2, "the server took longer than 1 s")
