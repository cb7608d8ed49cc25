"""Sweeps that share cells: what waits for whose jobs, and what is left when they are cancelled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
from slurm_stub import Stub

from simula.config import Config
from simula.stages.keys import artifact_keys
from simula.store.artifacts import Store
from simula.sweep.ending import Cancelled, cancel
from simula.sweep.folder import submissions
from simula.sweep.job import run_task
from simula.sweep.settings import Slurm
from simula.sweep.state import AtWork, at_work, jobs_at_work
from simula.sweep.submit import submit


class Queue:
    """What is in the queue: all that was submitted, but what was cancelled."""

    def __init__(self, slurm: Stub, grid: Sequence[Config]) -> None:
        self.slurm, self.store = slurm, Store(grid[0].paths.store)
        self.gone: set[str] = set()

    def submit(self, configs: Sequence[Config], until: str) -> str:
        said = submit(configs, until, Slurm())
        self.show()
        return said.sweep

    def cancel(self, sweep: str) -> Cancelled:
        asked = self.slurm.here / "asked"
        asked.unlink(missing_ok=True)
        found = cancel(self.store, sweep)
        lines = asked.read_text().splitlines()
        self.gone.update(job for line in lines if line.startswith("scancel ") for job in line.split()[1:])
        self.show()
        return found

    def show(self) -> None:
        self.slurm.queue()
        lines = (self.slurm.here / "squeue.says").read_text().splitlines()
        self.slurm.says("squeue", *(line for line in lines if line.partition("|")[0] not in self.gone))

    def arrays(self, sweep: str) -> list[tuple[dict[str, Any], str]]:
        """What a sweep submitted, with the text that sbatch got, in that order."""
        (submission,) = submissions(self.store, sweep)
        found = sorted(submission.arrays(), key=lambda array: int(array["job"]))
        return [(array, self.slurm.scripts[int(array["job"]) - 1]) for array in found]

    def left(self) -> list[AtWork]:
        return jobs_at_work(self.store)

    def kinds(self, sweep: str) -> Counter[str]:
        return Counter(work.task.kind for work in self.left() if work.submission.sweep == sweep)


def dependency(script: str) -> str:
    found = [line for line in script.splitlines() if line.startswith("#SBATCH --dependency=")]
    return "".join(found).removeprefix("#SBATCH --dependency=")


@pytest.fixture
def queue(slurm: Stub, grid: list[Config]) -> Iterator[Queue]:
    """Whatever a test does: once every sweep is cancelled, in the order of their names, nothing is left."""
    queue = Queue(slurm, grid)
    yield queue
    for sweep in sorted({one.sweep for one in submissions(queue.store)}):
        queue.cancel(sweep)
    assert not queue.left()


def test_students_that_a_sweep_up_to_data_sets_never_asked_for_end(queue: Queue, grid: list[Config]) -> None:
    """The larger set of cells waits for the taxonomy and the two data sets of the smaller one."""
    run = queue.submit(grid[:2], "evaluate")
    generate = queue.submit(grid, "generate")
    assert queue.kinds(run) == {"taxonomy": 1, "dataset": 2, "measures": 2, "untuned": 1, "student": 2}
    found = queue.cancel(run)
    assert (found.ended, found.kept, found.others) == (5, 3, 0)
    assert queue.kinds(run) == {"taxonomy": 1, "dataset": 2}
    assert queue.kinds(generate) == {"dataset": 2}
    # With the one that waited for them they end, too: nobody wants them any more.
    found = queue.cancel(generate)
    assert (found.ended, found.kept, found.others) == (2, 0, 3)
    assert "cancelled 2 jobs and 3 of sweeps cancelled before" in found.sentence()
    assert not queue.left()


@pytest.mark.parametrize("first", ["train", "evaluate"])
def test_sweeps_of_one_cell_end_in_either_order(queue: Queue, grid: list[Config], first: str) -> None:
    """`train`, then `run`: both tune the same student, the second also examines it."""
    names = {until: queue.submit(grid[:1], until) for until in ("train", "evaluate")}
    assert queue.kinds(names["train"]) == {"taxonomy": 1, "dataset": 1, "measures": 1, "student": 1}
    assert queue.kinds(names["evaluate"]) == {"untuned": 1, "student": 1}
    found = queue.cancel(names.pop(first))
    if first == "train":
        assert (found.ended, found.kept) == (1, 3)
    else:
        assert (found.ended, found.kept) == (2, 0)
    queue.cancel(*names.values())
    assert not queue.left()


def test_sweeps_that_ask_a_student_in_two_ways(queue: Queue, grid: list[Config]) -> None:
    one, two = (
        [replace(grid[0], evaluation=grid[0].evaluation.model_copy(update={"limit": limit}))]
        for limit in (8, 9)
    )
    first, second = queue.submit(one, "evaluate"), queue.submit(two, "evaluate")
    assert queue.kinds(second) == {"untuned": 1, "student": 1}
    found = queue.cancel(first)
    # The second tunes its student itself.
    assert queue.kinds(first) == {"taxonomy": 1, "dataset": 1, "measures": 1}
    assert (found.ended, found.kept) == (2, 3)
    found = queue.cancel(second)
    assert (found.ended, found.others) == (2, 3)
    assert not queue.left()


def test_what_is_published_is_waited_for_by_nobody(queue: Queue, grid: list[Config]) -> None:
    """The first sweep's job of the taxonomy has published it, and is still in the queue."""
    run = queue.submit(grid[:1], "evaluate")
    queue.submit(grid[2:3], "generate")
    (submission, *_) = submissions(queue.store, run)
    assert run_task(submission, 0) == 0
    found = queue.cancel(run)
    assert (found.ended, found.kept) == (5, 0)


def test_a_sweep_that_is_submitted_again_is_waited_for_again(queue: Queue, grid: list[Config]) -> None:
    run = queue.submit(grid[:2], "evaluate")
    generate = queue.submit(grid, "generate")
    queue.cancel(run)
    assert queue.submit(grid[:2], "evaluate") == run
    # The small data sets and the taxonomy are for both, those of the other system for the second alone.
    found = queue.cancel(generate)
    assert (found.ended, found.kept, found.others) == (2, 0, 0)
    assert queue.kinds(run) == {"taxonomy": 1, "dataset": 2, "measures": 2, "untuned": 1, "student": 2}


def test_a_student_waits_until_another_sweep_has_tuned_it(queue: Queue, grid: list[Config]) -> None:
    """Held on a GPU it would wait for the other one's; however that ends, it then goes on."""
    queue.submit(grid[:1], "train")
    assert [work.task.kind for work in queue.left()] == ["taxonomy", "dataset", "measures", "student"]
    run = queue.submit(grid[:2], "evaluate")
    by_task = {
        submissions(queue.store, run)[0].tasks()[task].makes[0]: script
        for array, script in queue.arrays(run)
        for task in array["tasks"]
    }
    small, large = (artifact_keys(config) for config in grid[:2])
    assert dependency(by_task[small["train"]]) == "afterok:2,afterany:4"
    assert dependency(by_task[small["untuned"]]) == ""
    assert "afterany" not in dependency(by_task[large["train"]])
    # A third sweep's waits for both. Without a job that makes its adapter now, it would not.
    asked = [replace(grid[0], evaluation=grid[0].evaluation.model_copy(update={"limit": 8}))]
    ((_, untuned), (array, student)) = queue.arrays(queue.submit(asked, "evaluate"))
    assert array["gpu"]
    assert dependency(untuned) == ""
    (own,) = [work.job.id for work in queue.left() if work.task.makes[-1] == small["evaluate"]]
    assert dependency(student) == f"afterok:2,afterany:4:{own}"


def test_of_two_jobs_that_make_the_same_one_that_runs_is_told(queue: Queue, grid: list[Config]) -> None:
    queue.submit(grid[:1], "train")
    queue.submit(grid[:1], "evaluate")
    adapter, lines = artifact_keys(grid[0])["train"], (queue.slurm.here / "squeue.says").read_text()
    for which in (work.job.id for work in queue.left() if adapter in work.task.makes):
        running = lines.replace(f"{which}|PENDING|Priority|", f"{which}|RUNNING|None|node7")
        queue.slurm.says("squeue", *running.splitlines())
        assert at_work(queue.store)[adapter].job.id == which
