"""What goes wrong with sweeps on a real Slurm: nothing is lost, nothing is made twice, the status is right.

Each ends with the results of the same cells in one process, byte for byte. Over 350 lines because all of
them are compared with the same undisturbed runs, which another file would make once more, in minutes.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cluster import Cluster
from swept import BRIEFLY, FIRST, LAB, SMALL, Outcome, Swept, simula, tiny, undisturbed

from simula.student.settings import StudentSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

FULL = "system=full"
SLOWLY = "dataset.concurrency=2"
"""No part of any identity. With some hundred answers a second the large data set of full takes longer than
what Slurm leaves a job that it has told of its end."""
STUDENTS = ("system=baseline,full", "size=24", "seed=0,1")
EACH_ONCE = {"taxonomy": 1, "dataset": 2, "assess": 2, "train": 4, "evaluate": 5}
"""One of the tests is that of the untuned student."""
ANSWERS = 50
"""Those that a job has recorded when it is disturbed: what is lost of them would be paid again."""


@pytest.fixture(scope="module")
def rows(tiny_gemma: StudentSettings) -> tuple[str, ...]:
    """Four data sets. No job tunes their students, which the table needs."""
    return (*LAB, *tiny(tiny_gemma), *BRIEFLY, SLOWLY, "system=baseline,full", "size=60,400")


@pytest.fixture(scope="module")
def from_rows(rows: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    """What comes of them without any Slurm."""
    return undisturbed(tmp_path_factory.mktemp("rows"), *rows)


@pytest.fixture(scope="module")
def full(rows: tuple[str, ...]) -> tuple[str, ...]:
    """Two of them, each a beginning of the other."""
    return tuple(FULL if word.startswith("system=") else word for word in rows)


@pytest.fixture(scope="module")
def cells(tiny_gemma: StudentSettings) -> tuple[str, ...]:
    """Four cells with everything on the cluster: two data sets, two students on each."""
    return (*LAB, *tiny(tiny_gemma), *BRIEFLY, *STUDENTS)


@pytest.fixture(scope="module")
def from_cells(cells: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Outcome:
    return undisturbed(tmp_path_factory.mktemp("students"), *cells)


@pytest.fixture(autouse=True)
def emptied(cluster: Cluster) -> Iterator[None]:
    """No job of one test is left to the next."""
    yield
    cluster.ask("scancel", "--user=root")
    cluster.wait("an empty queue", lambda: not cluster.ask("squeue", "--noheader"))


@contextmanager
def held(cluster: Cluster) -> Iterator[None]:
    """While the block runs no job starts."""
    job = cluster.ask("sbatch", "--parsable", *FIRST, "--wrap=sleep 3600").strip()
    cluster.wait("the job that goes first", lambda: cluster.job(job)["JobState"] == "RUNNING")
    try:
        yield
    finally:
        cluster.ask("scancel", job)


def of_large(sweep: Swept) -> dict[str, Any]:
    """What simula says of the cell of full's large data set."""
    (found,) = (
        cell for cell in sweep.status() if (cell["axes"]["system"], cell["axes"]["size"]) == ("full", 400)
    )
    return found


def large(sweep: Swept) -> tuple[str, int]:
    """The job of the large data set of full, stopped amid it: its number and its process."""
    return sweep.stopped("dataset/arithmetic-all.*n400", ANSWERS)


def test_every_stage_of_a_sweep(
    cluster: Cluster, cells: tuple[str, ...], from_cells: Outcome, tmp_path: Path
) -> None:
    """Each artifact once; students start behind their data set; a second submission finds nothing to do."""
    sweep = Swept(cluster, tmp_path, cells)
    with held(cluster):
        assert "submitted 10 jobs in" in sweep.submit()
        waiting = sweep.status()
    assert {cell["state"] for cell in waiting} <= {"waiting", "running"}
    assert any("for dataset/" in cell["jobs"]["train"]["reason"] for cell in waiting)
    sweep.ended()
    assert sweep.reached == ["done"] * 4
    assert sweep.built == EACH_ONCE
    assert "nothing to submit; of 10 tasks 10 done" in sweep.submit()
    assert sweep.outcome == from_cells


def test_every_stage_of_a_disturbed_sweep(
    cluster: Cluster, cells: tuple[str, ...], from_cells: Outcome, tmp_path: Path
) -> None:
    """A data set is preempted, for which students wait; then the training of one of these is killed."""
    sweep = Swept(cluster, tmp_path, cells)
    sweep.submit()
    job, process = sweep.stopped("dataset/arithmetic-all.*", 10)
    cluster.ask("scancel", "--signal=USR2", job)
    os.kill(process, signal.SIGCONT)
    sweep.wait("a requeue", lambda: cluster.job(job)["Restarts"] != "0")
    _, process = sweep.stopped("train/arithmetic-tiny.*", 0)
    os.kill(process, signal.SIGKILL)
    sweep.ended()
    assert sorted(sweep.reached) == ["done", "done", "done", "interrupted"]
    (lost,) = (cell for cell in sweep.status() if cell["state"] == "interrupted")
    assert set(lost["missing"]) == {"train", "evaluate"}
    assert "ended without a word: Slurm says FAILED" in lost["reason"]
    assert "submitted 1 job " in sweep.submit()
    sweep.ended()
    assert sweep.reached == ["done"] * 4
    assert sweep.built == EACH_ONCE
    assert sweep.outcome == from_cells


def test_a_preempting_partition(
    cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """SIGTERM, which is passed over, and after the partition's grace a kill; Slurm queues it again."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    sweep.submit()
    job, process = large(sweep)
    first = cluster.ask("sbatch", "--parsable", *FIRST, "--wrap=sleep 3600").strip()
    # Slurm wakes it to tell it; it would be done before the grace is over.
    sweep.wait("Slurm's word", lambda: "Bypassing signal SIGTERM" in sweep.log)
    os.kill(process, signal.SIGSTOP)
    sweep.wait("its place in the queue again", lambda: sweep.jobs.get(job) == "PENDING")
    assert "is queued again, after an interruption" in of_large(sweep)["reason"]
    cluster.ask("scancel", first)
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_a_time_limit(cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path) -> None:
    """Warned before its limit, a job is queued again, and goes on from what is recorded."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    sweep.submit(
        *("hydra.launcher.cpu_jobs.timeout_min=2", "hydra.launcher.cpu_jobs.signal_delay_s=10"),
    )
    job, _ = large(sweep)  # Slurm wakes it to warn it
    sweep.wait("the warning", lambda: "Caught signal" in sweep.log, 200)
    sweep.wait("a requeue", lambda: cluster.job(job)["Restarts"] != "0")
    assert of_large(sweep)["state"] in {"waiting", "running", "done"}
    sweep.ended()
    assert "timed-out" in sweep.log
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_cancelled_and_killed_jobs(
    cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """scancel, then kill -9: both are told, and the same command submits exactly what is missing."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    sweep.submit()
    cluster.ask("scancel", large(sweep)[0])
    sweep.ended()
    gone = [cell for cell in sweep.status() if cell["state"] != "waiting"]
    assert [(cell["state"], cell["axes"]["size"]) for cell in gone] == [("interrupted", 400)]
    assert "CANCELLED" in gone[0]["reason"]
    assert "submitted 1 job " in sweep.submit()
    os.kill(large(sweep)[1], signal.SIGKILL)
    sweep.ended()
    gone = [cell for cell in sweep.status() if cell["state"] != "waiting"]
    assert [cell["state"] for cell in gone] == ["interrupted"]
    assert "FAILED" in gone[0]["reason"]
    assert "submitted 1 job " in sweep.submit()
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_simula_cancel(
    cluster: Cluster, rows: tuple[str, ...], full: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """A sweep is ended but for what another one's cells are made of."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    other = replace(sweep, cells=tuple("size=400,410" if word.startswith("size=") else word for word in full))
    with held(cluster):
        name = sweep.submit().split(",")[0].removeprefix("sweep ")
        assert "submitted 1 job " in other.submit()
        said = sweep.said("cancel", name)
        assert "cancelled 2 jobs; 3 jobs kept, for which another sweep waits" in said
        assert len(sweep.jobs) == 1 + 3 + 1
        told = {(cell["axes"]["system"], cell["state"]) for cell in sweep.status()}
        assert told == {("baseline", "cancelled"), ("full", "waiting")}
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 3}
    assert "submitted 2 jobs" in sweep.submit()
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 5}
    assert sweep.reached == ["generate"] * 4
    made = sweep.outcome
    calls = made.results.pop("ledger").split()
    assert len(calls) == len(set(calls))
    assert set(calls) >= set(from_rows.results["ledger"].split())
    assert made.results.items() >= {k: v for k, v in from_rows.results.items() if k != "ledger"}.items()
    assert (made.told, made.table) == (from_rows.told, from_rows.table)


def test_a_killed_submitter(
    cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """Whatever it had submitted by then, the next one submits the rest."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    with subprocess.Popen(simula("generate", "-m", *SMALL, *rows), env=sweep.environment) as submitter:
        sweep.wait("the first array", lambda: list(tmp_path.glob("store/sweeps/*/*/array-*.json")))
        submitter.kill()
    assert set(sweep.reached) <= {"waiting", "running", "interrupted"}
    sweep.submit()
    sweep.ended()
    # A job that was submitted, but whose pickle was not yet in its place, has ended without a word.
    sweep.submit()
    sweep.ended()
    assert "nothing to submit; of 5 tasks 5 done" in sweep.submit()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_a_lost_node(cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path) -> None:
    """kill -9 of slurmd and of all that ran on the node."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    sweep.submit()
    job, _ = large(sweep)
    cluster.lose_node(job)
    sweep.wait("its place in the queue again", lambda: sweep.jobs.get(job) == "PENDING")
    assert "is queued again, after an interruption" in of_large(sweep)["reason"]
    cluster.find_node()
    sweep.wait("a requeue", lambda: cluster.job(job)["Restarts"] != "0")
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_failing_cells_among_good_ones(
    cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """Nobody waits for what has failed, and the others end as ever; what failed may be asked for again."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    # As many candidates as rows: enough where none is refused.
    sweep.submit("dataset.candidates_per_row=1")
    sweep.ended()
    told = {(cell["axes"]["system"], cell["axes"]["size"]): cell for cell in sweep.status()}
    assert "dataset" not in told["baseline", 60]["missing"]
    for name in (("baseline", 400), ("full", 60)):
        assert told[name]["state"] == "stopped"
        assert "raise dataset.candidates_per_row" in told[name]["reason"]
    last = told["full", 400]
    assert last["state"] == "stopped"
    assert re.search(r"n60, which no job makes \(.*raise dataset.candidates_per_row", last["reason"])
    assert sweep.built == {"taxonomy": 1, "dataset": 1}
    assert "submitted 3 jobs" in sweep.submit()
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_a_budget(cluster: Cluster, full: tuple[str, ...], tmp_path: Path) -> None:
    """It stops the job that would pass it, which is no failure; with more it goes on where it was."""
    sweep = Swept(cluster, tmp_path, full, "generate")
    budget = 2000
    sweep.submit(f"budget.calls={budget}")
    sweep.ended()
    # One job after the other, each of which sees what those before it paid.
    paid = len(sweep.results["ledger"].split())
    assert paid == budget
    small, large = sorted(sweep.status(), key=lambda cell: cell["axes"]["size"])
    assert (small["state"], large["state"]) == ("waiting", "stopped")
    assert f"the budget of {budget:,} calls does not cover the next call" in large["reason"]
    assert large["jobs"]["dataset"]["state"] == "stopped"
    assert "submitted 1 job " in sweep.submit()
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 2}
    assert sweep.reached == ["generate"] * 2
    assert sweep.outcome == undisturbed(tmp_path / "alone", *full)


def test_shards_of_a_data_set(cluster: Cluster, tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    """Three jobs ask for a data set, one of them is killed: rows and calls are those of one process."""
    words = (*LAB, *tiny(tiny_gemma), *BRIEFLY, SLOWLY, FULL, "size=400")
    sweep = Swept(cluster, tmp_path / "cluster", words, "generate")
    assert "submitted 5 jobs in 5 arrays" in sweep.submit("dataset.shards=3")
    _, process = sweep.stopped("shard/.*1of3", ANSWERS)
    os.kill(process, signal.SIGKILL)
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "shard": 2}
    (cell,) = sweep.status("dataset.shards=3")
    assert cell["state"] == "interrupted"
    assert "ended without a word: Slurm says FAILED" in cell["reason"]
    assert "1of3, which no job makes" in cell["jobs"]["dataset"]["reason"]
    assert "submitted 2 jobs" in sweep.submit("dataset.shards=3")
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "shard": 3, "dataset": 1}
    # Each has a ledger of its own, and so has the job that puts them together, for what it asks besides.
    assert all(sweep.answers(record["who"]["pid"]) > 0 for record in sweep.records)
    assert sweep.reached == ["generate"]
    assert sweep.outcome == undisturbed(tmp_path / "alone", *words)


def test_two_sweeps_that_want_the_same_data_sets(
    cluster: Cluster, rows: tuple[str, ...], full: tuple[str, ...], from_rows: Outcome, tmp_path: Path
) -> None:
    """Submitted at the same moment by two processes, of which one wants more than the other."""
    sweep = Swept(cluster, tmp_path, rows, "generate")
    submitters = [
        subprocess.Popen(
            simula("generate", "-m", *SMALL, *cells),
            env=sweep.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        for cells in (rows, full)
    ]
    said = "".join(submitter.communicate(timeout=600)[0] for submitter in submitters)
    assert sum(map(int, re.findall(r"submitted (\d+) jobs?", said))) == 5
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 4}
    assert sweep.reached == ["generate"] * 4
    assert sweep.outcome == from_rows


def test_a_full_disk(cluster: Cluster, rows: tuple[str, ...], from_rows: Outcome, tmp_path: Path) -> None:
    """What could not be written is said; with room again the same command goes on."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=24m", "tmpfs", str(disk)], capture_output=True
    )
    if mounted.returncode:
        pytest.skip(f"no file system can be mounted here: {mounted.stderr.decode().strip()}")
    try:
        sweep = Swept(cluster, disk, rows, "generate")
        sweep.submit()
        _, process = large(sweep)
        ballast = disk / "ballast"
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], capture_output=True)
        os.kill(process, signal.SIGCONT)
        sweep.ended()
        assert any("No space left" in cell["reason"] for cell in sweep.status())
        ballast.unlink()
        sweep.submit()
        sweep.ended()
        # Whatever the last of them had room to say of itself: nothing that was published is made again.
        assert max(sweep.built.values()) <= 4
        assert sweep.reached == ["generate"] * 4
        assert sweep.outcome == from_rows
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_an_edited_configuration(cluster: Cluster, tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    """What a job was submitted with it keeps, also where it starts again."""
    conf = tmp_path / "conf" / "domain"
    conf.mkdir(parents=True)
    shipped = Path(__file__).parents[2] / "conf" / "domain" / "arithmetic.yaml"
    mine = conf / "mine.yaml"
    mine.write_text(shipped.read_text())
    chosen = (f"--config-dir={conf.parent}", "domain=mine", "benchmark=arithmetic", "teacher=simulated")
    words = (*chosen, "tracking=none", *tiny(tiny_gemma), *BRIEFLY, SLOWLY, FULL, "size=400")
    before = undisturbed(tmp_path / "alone", *words)
    sweep = Swept(cluster, tmp_path / "cluster", words, "generate")
    with held(cluster):
        sweep.submit()
    mine.write_text(shipped.read_text().replace("description:", "language: German\ndescription:"))
    job, process = large(sweep)
    cluster.ask("scancel", "--signal=USR2", job)
    os.kill(process, signal.SIGCONT)
    sweep.wait("a requeue", lambda: "Requeued job" in sweep.log)
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 1}
    assert sweep.reached == ["waiting"], "of the cell of the edited configuration nothing is there"
    mine.write_text(shipped.read_text())
    assert sweep.reached == ["generate"]
    assert sweep.outcome == before
