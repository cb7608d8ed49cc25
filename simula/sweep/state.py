"""How far a store's sweeps are: their own records say what became of a task, Slurm says what is in its queue.

A job's exit is never taken for a result: what is published is done, whatever Slurm says of its job, and
what is not is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Literal

from simula.errors import StoreError
from simula.stages.record import CellRecord
from simula.stages.shards import STAGE as SHARD
from simula.store.artifacts import Store
from simula.sweep import slurm
from simula.sweep.folder import Submission, submissions, sweeps_folder, swept_cells
from simula.sweep.tasks import STAGES, Task

State = Literal["done", "running", "queued", "waiting", "failed", "stopped", "cancelled", "interrupted"]
"""Waiting: for another task; queued: for Slurm; interrupted: its job ended without a word of its own."""
_ENDED: tuple[State, ...] = ("failed", "stopped", "cancelled", "interrupted")


@dataclass(frozen=True, slots=True)
class AtWork:
    """A job in the queue, and the task that is its own."""

    job: slurm.Job
    submission: Submission
    place: int
    """The task's, in the submission's list."""
    task: Task


def at_work(store: Store) -> dict[str, AtWork]:
    """What jobs in the queue make or are to make, by `stage/key`; other stores' jobs are left out.

    Of two jobs that make the same, one that runs.

    Raises:
        SlurmUnavailable: the store has sweeps, and Slurm is not there or refuses to say.
    """
    ordered = sorted(jobs_at_work(store), key=lambda work: work.job.runs)
    return {place: work for work in ordered for place in work.task.makes}


def jobs_at_work(store: Store) -> list[AtWork]:
    """Every job in the queue, of this store. Two may make the same: students of one adapter, asked otherwise.

    Raises:
        SlurmUnavailable: Slurm is there and refuses to say.
    """
    found: list[AtWork] = []
    if not sweeps_folder(store).is_dir():
        return found
    arrays: dict[tuple[str, str], tuple[Submission, list[int]] | None] = {}
    lists: dict[Submission, list[Task]] = {}
    for job in slurm.queued():
        name = (job.sweep, job.array)
        if name not in arrays:
            arrays[name] = _array(store, *name)
        array = arrays[name]
        if array is None:
            continue
        submission, places = array
        if submission not in lists:
            lists[submission] = submission.tasks()
        place = places[job.element]
        task = lists[submission][place]
        found.append(AtWork(job, submission, place, task))
    return found


def _array(store: Store, sweep: str, array: str) -> tuple[Submission, list[int]] | None:
    for path in (sweeps_folder(store) / sweep).glob(f"*/array-{array}.json"):
        submission = Submission(path.parent)
        return submission, submission.array(array)["tasks"]
    return None


@dataclass(frozen=True, slots=True)
class TaskState:
    """How far a task is."""

    task: Task
    state: State
    reason: str = ""
    """Why, or for what it waits."""
    job: str = ""
    """The last job of Slurm's that was its own."""
    node: str = ""
    exit_code: int = 0


@dataclass(frozen=True)
class Snapshot:
    """The sweeps of a store, as they are when this is made."""

    store: Store
    sweep: str | None = None
    """Only this one's tasks; null: all sweeps'."""

    @property
    def live(self) -> dict[str, AtWork]:
        """What is in Slurm's queue, as far as it can be asked."""
        return self._asked[0]

    @property
    def unseen(self) -> str:
        """Why Slurm cannot be asked; empty where it can, or where the store has no sweep to ask about."""
        return self._asked[1] if sweeps_folder(self.store).is_dir() else ""

    @cached_property
    def _asked(self) -> tuple[dict[str, AtWork], str]:
        """What is in the queue, and why Slurm cannot be asked; that is empty where it can."""
        if not slurm.present():
            return {}, "there is no Slurm on this machine"
        try:
            return at_work(self.store), ""
        except slurm.SlurmUnavailable as error:
            return {}, " ".join(str(error).split())

    @property
    def states(self) -> dict[str, TaskState]:
        """Every artifact that some job was to make, to how far that is; a later submission counts."""
        return self._worked_out[0]

    @property
    def unreadable(self) -> list[str]:
        """Jobs' records that were passed over, each with why it cannot be read."""
        return self._worked_out[1]

    @cached_property
    def _worked_out(self) -> tuple[dict[str, TaskState], list[str]]:
        newest: dict[str, tuple[Submission, int, Task]] = {}
        for submission in sorted(submissions(self.store, self.sweep), key=lambda one: one.said()["at"]):
            for place, task in enumerate(submission.tasks()):
                newest |= dict.fromkeys(task.makes, (submission, place, task))
        worked = _States(self.store, *self._asked, newest)
        return worked.all(), list(worked.unreadable.values())

    def cell(self, record: CellRecord) -> CellRecord:
        """A cell's record, with what the jobs of its missing artifacts say, as far as sweeps asked for it."""
        if asked := self._asked_for.get(record.key):
            record = replace(record, until=max(asked, record.until or asked, key=STAGES.index))
            if record.state == "waiting" and not record.missing:
                return replace(record, reached=record.until, reason=f"done up to {record.until}")
        found = [(name, state) for name in record.missing for state in self._of(record.artifacts[name])]
        known = [(name, state) for name, state in found if state.state != "done"]
        if not known:
            return record
        for wanted in (_ENDED, ("running",), ("queued", "waiting")):
            for name, state in known:
                if state.state in wanted:
                    return replace(record, **_said(name, state))
        raise AssertionError(known)

    @cached_property
    def _asked_for(self) -> dict[str, str]:
        """Cell to the furthest stage that a sweep was submitted up to."""
        found: dict[str, str] = {}
        sweeps = {one.sweep: one for one in submissions(self.store, self.sweep)}
        for name, submission in sweeps.items():
            until = submission.said()["until"]
            for cell in swept_cells(self.store, name):
                found[cell["key"]] = max(until, found.get(cell["key"], until), key=STAGES.index)
        return found

    def _of(self, place: str) -> list[TaskState]:
        """What is known of the shards that an artifact's task waits for, which no cell lists, and of it."""
        own = self.states.get(place)
        if own is None:
            return []
        needed = (self.states.get(need) for need in own.task.needs if need.startswith(f"{SHARD}/"))
        return [*(state for state in needed if state is not None), own]


def _said(name: str, state: TaskState) -> dict[str, Any]:
    where = f"job {state.job} on {state.node}" if state.state == "running" else state.reason
    said = "waiting" if state.state == "queued" else state.state
    return {"state": said, "reason": f"{name}: {where}", "exit_code": state.exit_code, "reached": ""}


@dataclass(slots=True)
class _States:
    """Works out every task's state once."""

    store: Store
    live: dict[str, AtWork]
    unseen: str
    """Why Slurm cannot be asked."""
    newest: dict[str, tuple[Submission, int, Task]]
    known: dict[tuple[Submission, int], TaskState] = field(default_factory=dict)
    unknown: dict[tuple[Submission, int], str] = field(default_factory=dict)
    """Tasks of which only Slurm may know how they ended, to their last job."""
    cancelled: dict[Submission, set[int]] = field(default_factory=dict)
    submitted: dict[Submission, dict[int, str]] = field(default_factory=dict)
    """Of each submission: task to the job that was submitted for it."""
    records: dict[tuple[Submission, int], dict[str, Any]] = field(default_factory=dict)
    """Of the tasks whose jobs have begun."""
    unreadable: dict[tuple[Submission, int], str] = field(default_factory=dict)
    """Records, empty ones here, to why they cannot be read."""

    def all(self) -> dict[str, TaskState]:
        tasks = {(submission, place): task for submission, place, task in self.newest.values()}
        recorded = {submission: submission.recorded() for submission in {one for one, _ in tasks}}
        for (submission, place), task in tasks.items():
            if place in recorded[submission]:
                self._read(submission, place)
            self._one(submission, place, task)
        jobs = {key: job for key, job in self.unknown.items() if job}
        ends = {} if self.unseen else slurm.ended(set(jobs.values()))
        for key in self.unknown:
            self.known[key] = self._gone(key, tasks[key], ends.get(jobs.get(key, ""), ""))
        return {place: self.known[submission, at] for place, (submission, at, _) in self.newest.items()}

    def _read(self, submission: Submission, place: int) -> None:
        try:
            record = submission.record(place)
        except StoreError as error:
            record, self.unreadable[submission, place] = {}, str(error)
        if record is not None:
            self.records[submission, place] = record

    def _one(self, submission: Submission, place: int, task: Task) -> None:
        key = (submission, place)
        record = self.records.get(key)
        live = next((self.live[made] for made in task.makes if made in self.live), None)
        who = (record or {}).get("who") or {}
        if all(self.store.has(made) for made in task.makes):
            self.known[key] = TaskState(task, "done", job=who.get("slurm_job") or "")
        elif live is not None and live.job.runs:
            self.known[key] = TaskState(task, "running", "", live.job.id, live.job.node)
        elif live is not None:
            state, reason = self._pending(live, task, begun=record is not None)
            self.known[key] = TaskState(task, state, reason, live.job.id)
        elif place in self._cancelled(submission):
            self.known[key] = TaskState(task, "cancelled", "by simula cancel", exit_code=1)
        elif record is not None and record.get("status") in ("failed", "stopped"):
            self.known[key] = TaskState(
                task,
                record["status"],
                record["reason"],
                who.get("slurm_job") or "",
                exit_code=record["exit_code"],
            )
        else:
            self.unknown[key] = who.get("slurm_job") or self._job(submission, place)

    def _cancelled(self, submission: Submission) -> set[int]:
        if submission not in self.cancelled:
            self.cancelled[submission] = submission.cancelled()
        return self.cancelled[submission]

    def _pending(self, live: AtWork, task: Task, *, begun: bool) -> tuple[State, str]:
        """Why a job is not running yet."""
        missing = [need for need in task.needs if not self.store.has(need)]
        if live.job.reason == "Dependency" and missing:
            return "waiting", f"for {', '.join(missing)}"
        again = "again, after an interruption " if begun else ""
        return "queued", f"job {live.job.id} is queued {again}({live.job.reason})"

    def _job(self, submission: Submission, place: int) -> str:
        """The job that was submitted for a task; empty where the submitter was killed before it knew."""
        if submission not in self.submitted:
            self.submitted[submission] = {
                task: f"{array['job']}_{element}" if len(array["tasks"]) > 1 else str(array["job"])
                for array in submission.arrays()
                if "job" in array
                for element, task in enumerate(array["tasks"])
            }
        return self.submitted[submission].get(place, "")

    def _in_vain(self, task: Task, lost: Sequence[str], job: str) -> TaskState:
        """A task whose job was not started, since no job makes what it needs: it is as that is."""
        makers = {place: self.newest[place][:2] for place in lost if place in self.newest}
        became = {place: self.known[maker] for place, maker in makers.items() if maker in self.known}
        whys = {place: f" ({state.reason})" if state.reason else "" for place, state in became.items()}
        reason = ", ".join(f"{place}, which no job makes{whys.get(place, '')}" for place in lost)
        first = next((state for state in became.values() if state.state in _ENDED), None)
        state, code = (first.state, first.exit_code) if first else ("failed", 1)
        return TaskState(task, state, f"needs {reason}", job, exit_code=code)

    def _gone(self, key: tuple[Submission, int], task: Task, end: str) -> TaskState:
        """A task without a job in the queue, and without a word of how its job ended."""
        job = self.unknown[key]
        if self.unseen:
            state: State = "running" if key in self.records else "waiting"
            return TaskState(task, state, f"by the store alone: {self.unseen}", job, "a node unknown here")
        lost = [need for need in task.needs if not self.store.has(need) and need not in self.live]
        if lost and key not in self.records:
            return self._in_vain(task, lost, job)
        if not job:
            why = key[0].refused() or "the submitter ended before"
            return TaskState(task, "interrupted", f"it was not submitted: {why}", exit_code=1)
        how = f": Slurm says {end}" if end else ""
        word = "a word that can be read" if key in self.unreadable else "a word"
        return TaskState(task, "interrupted", f"job {job} ended without {word}{how}", job, exit_code=1)


def overlaid(store: Store, records: Sequence[CellRecord]) -> list[CellRecord]:
    """The cells' records, with what jobs of sweeps say of those that are not done."""
    if not sweeps_folder(store).is_dir():
        return list(records)
    snapshot = Snapshot(store)
    return [record if record.state == "done" else snapshot.cell(record) for record in records]
