"""Everything that can happen to a sweep, at random, for a quarter of an hour, on a real Slurm: `make soak`.

SOAK_SECONDS is how long, SOAK_SEED what the draws begin with. The sweep is one of the laboratory, with a
student of random weights, whose teacher is asked over HTTP. Where it is done before the time is over it
begins again in another store. In the end each has the bytes and the table of one undisturbed process.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from cluster import Cluster
from recorded_teacher import TIMEOUT_S, RecordedTeacher, kept
from swept import BRIEFLY, FIRST, SMALL, Outcome, Swept, simula, tiny, undisturbed
from test_short_sweep import at

from simula.composition import cells as composed
from simula.stages.cell import run_cell
from simula.student.settings import StudentSettings

SECONDS = float(os.environ.get("SOAK_SECONDS", "900"))
SEED = int(os.environ.get("SOAK_SEED", "0"))
IN_FLIGHT = 8
"""Calls of a job at once: what a kill can lose of those that were paid."""
GRID = (
    *("experiment=lab", "system=baseline,local,full", "size=60,200,400", "seed=0,1", "tracking=none"),
    # Canaries are asked anew by every job: nobody could say which calls were paid again.
    *("critic=double", "critic.canaries=0"),
)
DISK = "256m"
PATIENCE_S = 1800.0
"""What a sweep has after the last disturbance."""

pytestmark = pytest.mark.timeout(int(SECONDS + 2 * PATIENCE_S))


@dataclass
class Disturber:
    """Draws what happens next to a sweep, and counts it."""

    cluster: Cluster
    teacher: RecordedTeacher
    draws: random.Random
    happened: Counter[str] = field(default_factory=Counter)
    ended: int = 0
    """Processes that were ended amid their work, or could not write what they were told."""

    def begin(self) -> None:
        """Count from nothing."""
        for counted in (self.happened, self.teacher.asked, self.teacher.answered, self.teacher.faults):
            counted.clear()
        self.ended = 0

    def disturb(self, sweep: Swept) -> None:
        """Let one thing happen."""
        things: list[Callable[[Swept], bool]] = [
            *(self.signal, self.kill, self.cancel, self.preempt, self.lose_node, self.fill_disk),
            *(self.outage, self.kill_submitter),
        ]
        thing = self.draws.choice(things)
        if thing(sweep):
            self.happened[thing.__name__] += 1

    def signal(self, sweep: Swept) -> bool:
        """As Slurm does before a time limit; the job is queued again."""
        return self._to_a_job(sweep, "--signal=USR2")

    def cancel(self, sweep: Swept) -> bool:
        """Somebody ends a job."""
        return self._to_a_job(sweep)

    def kill(self, sweep: Swept) -> bool:
        """kill -9 of what a job runs."""
        running = [record["who"]["pid"] for record in sweep.records if record["status"] == "running"]
        alive = [pid for pid in running if Path(f"/proc/{pid}").exists()]
        if alive:
            os.kill(int(self.draws.choice(alive)), signal.SIGKILL)
            self.ended += 1
        return bool(alive)

    def preempt(self, sweep: Swept) -> bool:
        """A partition that goes first takes the node for a moment."""
        running = self._running(sweep)
        self.ended += len(running)
        self.cluster.ask("sbatch", *FIRST, "--wrap=sleep 1")
        return bool(running)

    def lose_node(self, sweep: Swept) -> bool:
        """The node dies, and comes back."""
        running = self._running(sweep)
        if running:
            self.ended += len(running)
            self.cluster.lose_node(*running)
            self.cluster.find_node()
        return bool(running)

    def fill_disk(self, sweep: Swept) -> bool:
        """No room for some seconds."""
        ballast = sweep.root / "ballast"
        self.ended += len(self._running(sweep))
        subprocess.run(["dd", "if=/dev/zero", f"of={ballast}", "bs=4k"], capture_output=True)
        time.sleep(self.draws.uniform(1, 6))
        ballast.unlink()
        return True

    def outage(self, sweep: Swept) -> bool:
        """The teacher's provider is gone for some seconds."""
        self.teacher.down_until = time.monotonic() + self.draws.uniform(2, 8)
        return True

    def kill_submitter(self, sweep: Swept) -> bool:
        """Somebody submits what is missing, and is killed at it."""
        words = simula(sweep.command, "-m", *SMALL, *sweep.cells)
        with subprocess.Popen(words, env=sweep.environment, stdout=subprocess.DEVNULL) as submitter:
            time.sleep(self.draws.uniform(1, 10))
            submitter.kill()
        return True

    def release(self) -> None:
        """What Slurm holds because it could not be started on a full disk, as an operator does."""
        for line in self.cluster.ask("squeue", "--array", "--noheader", "--format=%i|%r").splitlines():
            job, _, reason = line.partition("|")
            if "held" in reason.lower():
                with suppress(AssertionError):
                    self.cluster.ask("scontrol", "release", job)
                self.happened["released"] += 1

    def _running(self, sweep: Swept) -> list[str]:
        return sorted(job for job, state in sweep.jobs.items() if state == "RUNNING")

    def _to_a_job(self, sweep: Swept, *options: str) -> bool:
        running = self._running(sweep)
        if running:
            self.ended += 1
            # It may have ended meanwhile, which scancel says with its exit code.
            with suppress(AssertionError):
                self.cluster.ask("scancel", *options, self.draws.choice(running))
        return bool(running)


def test_the_table_is_that_of_an_undisturbed_sweep(
    cluster: Cluster, tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    with _teacher(tmp_path / "recorded", SEED) as teacher:
        server = (
            *("teacher=openai_compatible", "teacher.model=recorded", f"teacher.base_url={teacher.url}"),
            *("teacher.attempts=12", f"teacher.timeout={TIMEOUT_S}", f"teacher.concurrency={IN_FLIGHT}"),
        )
        cells = (*GRID, *tiny(tiny_gemma), *BRIEFLY, *server)
        alone = undisturbed(tmp_path / "alone", *cells)
        _tell(f"undisturbed: {len(alone.results)} files, {len(alone.results['ledger'].split()):,} calls")
        teacher.failing = True
        disturber = Disturber(cluster, teacher, random.Random(SEED))
        until = time.monotonic() + SECONDS
        rounds = 0
        while time.monotonic() < until:
            rounds += 1
            with _disk(tmp_path / f"round{rounds}") as root:
                _round(Swept(cluster, root, cells), disturber, alone, until)
    assert rounds > 0


def _round(sweep: Swept, disturber: Disturber, alone: Outcome, until: float) -> None:
    """Disturb a sweep until it is done or the time is over, then let it end, and compare."""
    disturber.begin()
    begun = time.monotonic()
    submissions = 0
    while True:
        if not sweep.jobs:
            submissions += 1
            if "nothing to submit" in sweep.submit():
                break
        disturber.release()
        disturbed = time.monotonic() < until
        if disturbed:
            disturber.disturb(sweep)
        assert time.monotonic() < until + PATIENCE_S, f"it does not end: {sweep.reached}, {sweep.log[-3000:]}"
        time.sleep(disturber.draws.uniform(2, 8) if disturbed else 1)
    assert sweep.reached == ["done"] * len(sweep.status())
    made = sweep.outcome
    calls, wanted = (Counter(one.results["ledger"].split()) for one in (made, alone))
    again = disturber.teacher.answered.total() - len(disturber.teacher.answered)
    bound = IN_FLIGHT * disturber.ended
    _tell(f"done after {time.monotonic() - begun:,.0f} s and {submissions} submissions")
    _tell(f"what happened: {_counts(disturber.happened)}")
    _tell(f"faults of the teacher: {_counts(disturber.teacher.faults)}")
    twice = calls.total() - len(calls)
    _tell(f"{len(calls):,} calls, {twice} recorded twice; {again} paid again, of at most {bound}")
    assert set(calls) == set(wanted)
    assert again <= bound
    assert _files(made) == _files(alone)
    assert (made.told, made.table) == (alone.told, alone.table)
    _tell(f"{len(_files(made))} files and the table are those of the undisturbed sweep, byte for byte")


def _files(outcome: Outcome) -> dict[str, bytes]:
    return {place: data for place, data in outcome.results.items() if place != "ledger"}


def _counts(counted: Counter[str]) -> str:
    return ", ".join(f"{name} {times}" for name, times in sorted(counted.items())) or "none"


def _tell(line: str) -> None:
    print(f"soak: {line}", flush=True)


@contextmanager
def _teacher(folder: Path, draws: int) -> Iterator[RecordedTeacher]:
    """A teacher that has an answer to every call of the grid."""
    words = ("teacher=simulated", *GRID)
    with kept() as replies:
        for config in at(folder, [cell.config for cell in composed(words, sweep=True)]):
            assert run_cell(config, "generate") is None
    with RecordedTeacher(replies, draws).running() as teacher:
        yield teacher


@contextmanager
def _disk(folder: Path) -> Iterator[Path]:
    """A file system of its own, which can be filled."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if said := subprocess.run(mount, capture_output=True, text=True).stderr.strip():
        pytest.skip(f"no file system can be mounted here: {said}")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
