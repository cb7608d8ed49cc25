"""What runs in a job: one task of a submission, by the configuration that it was submitted with."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simula.errors import StoreError
from simula.permissions import keep_to_oneself
from simula.stages.bench import Bench
from simula.stages.cell import opened_bench, recorded
from simula.stages.dataset import build_dataset
from simula.stages.evaluate import evaluate_student, evaluate_teacher
from simula.stages.keys import adapter_key, artifact_keys, evaluation_key
from simula.stages.measures import measure
from simula.stages.rate import rate_selected
from simula.stages.shards import STAGE as SHARD
from simula.stages.shards import ask_shard, shards_of
from simula.stages.taxonomy import build_taxonomies
from simula.stages.train import train_student
from simula.sweep.folder import Submission
from simula.sweep.frozen import changed_files, thaw
from simula.sweep.tasks import Kind, Task
from simula.teacher import Spending

_STAGES: Mapping[Kind, Callable[[Bench], Any]] = {
    "taxonomy": build_taxonomies,
    "dataset": build_dataset,
    "measures": measure,
    "rate": rate_selected,
    "teacher": evaluate_teacher,
    "untuned": lambda bench: evaluate_student(bench, tuned=False),
}
"""What makes the artifacts of each kind, but of a student and a shard."""

_FILE_CHANGED = (
    "{} has changed since this was submitted; simula run -m submits what is missing, with it as it is"
)


@dataclass(frozen=True, slots=True)
class Work:
    """What submitit keeps of a job: two names, no code and no configuration."""

    folder: str
    """Of the submission."""
    task: int

    def __call__(self) -> None:
        """Run the task; a failure ends the process, so that Slurm starts nothing that waits for it."""
        keep_to_oneself()
        code = run_task(Submission(Path(self.folder)), self.task)
        if code:
            sys.exit(code)

    def checkpoint(self) -> Any:
        """What is queued again when the job is warned of its end: the same, as all that is done is stored."""
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self)


def run_task(submission: Submission, place: int) -> int:
    """Make what is missing of a task's artifacts, and keep a record of how that goes.

    Args:
        submission: its folder.
        place: the task's, in the list of the submission.

    Returns:
        The exit code: 0 where everything is published.

    Raises:
        StoreError: the submission's files cannot be read, or the code no longer takes what they say.
    """
    task, frozen, said = submission.tasks()[place], submission.frozen(), submission.said()
    spending = Spending.of_command(said["command"])
    try:
        benches = [opened_bench(thaw(frozen, cell), spending) for cell in task.cells]
    except (ValueError, TypeError, AttributeError, ImportError) as error:
        if changed := changed_files(frozen):
            raise StoreError(_FILE_CHANGED.format(changed[0])) from error
        raise StoreError(
            f"{submission.path} was written by other code, which this one does not understand ({error}); "
            "simula run -m submits what is missing again"
        ) from error

    def work() -> None:
        _check_keys(task, benches, frozen)
        _check_inputs(task, benches[0])
        if task.kind == "student":
            _students(benches, examined=said["until"] == "evaluate")
        elif task.kind == "shard":
            ask_shard(benches[0], shards_of(benches[0].config).index(task.makes[0]))
        else:
            _STAGES[task.kind](benches[0])

    record = submission.record_path(place)
    return recorded(benches[0], record, {"task": place, "makes": task.makes}, work)[1]


def _check_keys(task: Task, benches: list[Bench], frozen: Mapping[str, Any]) -> None:
    """The configuration is that of the submission; whether files and code are, too. Raises StoreError."""
    configs = [bench.config for bench in benches]
    known = {place for config in configs for place in (*artifact_keys(config).values(), *shards_of(config))}
    if lost := [place for place in task.makes if place not in known]:
        if changed := changed_files(frozen):
            raise StoreError(_FILE_CHANGED.format(changed[0]))
        raise StoreError(
            f"the code has changed since this was submitted, and would no longer make {lost[0]}; "
            "simula run -m submits what is missing again"
        )


def _check_inputs(task: Task, bench: Bench) -> None:
    """Slurm starts nothing whose inputs' jobs have failed; a person may. Raises StoreError."""
    needed = (place for place in task.needs if not place.startswith(f"{SHARD}/"))
    if lost := [place for place in needed if not bench.store.has(place)]:
        raise StoreError(f"{lost[0]}, from which this is made, is not there; simula run -m submits it again")


def _students(benches: list[Bench], *, examined: bool) -> None:
    """Tune each student, and ask it in each way that some cell wants."""
    done = set()
    for bench in benches:
        key = evaluation_key(bench.config, tuned=True) if examined else adapter_key(bench.config)
        if key not in done:
            done.add(key)
            train_student(bench)
            if examined:
                evaluate_student(bench, tuned=True)
