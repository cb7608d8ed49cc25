"""What is written of a sweep, all of it data: whoever sees the store can tell what was submitted.

::

    <store>/sweeps/<name>/cells.json            the cells: key, axes, artifacts
    <store>/sweeps/<name>/<n>/frozen.json       of the n-th submission: the cells' configurations
    <store>/sweeps/<name>/<n>/tasks.json        its tasks: what they make, need, and the cells they are of
    <store>/sweeps/<name>/<n>/array-<id>.json   an array of its jobs: which task is which, Slurm's number
    <store>/sweeps/<name>/<n>/cancelled-*.json  who gave the sweep up, and the tasks whose jobs ended by that
    <store>/sweeps/<name>/<n>/task-<i>.json     how far the job of a task came
    <store>/sweeps/<name>/<n>/refused.json      why Slurm did not take all of its arrays, where it did not
    <store>/sweeps/<name>/<n>/jobs/             submitit's scripts and the jobs' logs

A submission is never changed: submitting again, for what is missing, makes another one.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from simula.durable import write_json
from simula.errors import StoreError
from simula.stages.record import SWEEPS, SWEPT
from simula.store.artifacts import Store
from simula.sweep.tasks import Task


@dataclass(frozen=True, slots=True)
class Submission:
    """The folder of one submission."""

    path: Path

    @property
    def sweep(self) -> str:
        """The sweep's name."""
        return self.path.parent.name

    @property
    def jobs(self) -> Path:
        """Where submitit writes."""
        return self.path / "jobs"

    def write(self, frozen: Mapping[str, Any], tasks: Sequence[Task], said: Mapping[str, Any]) -> None:
        """Write everything that a job needs; the list of tasks comes last."""
        write_json(self.path / "frozen.json", frozen)
        write_json(self.path / "tasks.json", {**said, "tasks": [asdict(task) for task in tasks]})

    def said(self) -> dict[str, Any]:
        """What is beside the tasks: the last stage, the command that pays."""
        return {name: value for name, value in self._tasks_file().items() if name != "tasks"}

    def tasks(self) -> list[Task]:
        """The tasks."""
        return [
            Task(**{**task, "makes": tuple(task["makes"]), "needs": tuple(task["needs"])})
            for task in self._tasks_file()["tasks"]
        ]

    def _tasks_file(self) -> dict[str, Any]:
        return _read(self.path / "tasks.json")

    def frozen(self) -> dict[str, Any]:
        """The configurations, for `thaw`."""
        return _read(self.path / "frozen.json")

    def arrays(self) -> Iterator[dict[str, Any]]:
        """Every array: `id`, `tasks`, and `job` where it was submitted for certain."""
        for path in sorted(self.path.glob("array-*.json")):
            yield self.array(path.stem.removeprefix("array-"))

    def array(self, name: str) -> dict[str, Any]:
        """One array, as `arrays` tells it. Raises FileNotFoundError."""
        return {"id": name, **_read(self.path / f"array-{name}.json")}

    def write_array(self, name: str, said: Mapping[str, Any]) -> None:
        """Write what an array is, before it is submitted, and again when Slurm has given it a number."""
        write_json(self.path / f"array-{name}.json", said)

    def record_path(self, task: int) -> Path:
        """Where the record of a task's job is."""
        return self.path / f"task-{task}.json"

    def record(self, task: int) -> dict[str, Any] | None:
        """How far the job of a task came; None where none has begun."""
        try:
            return _read(self.record_path(task))
        except FileNotFoundError:
            return None

    @property
    def given_up(self) -> bool:
        """Whether `simula cancel` was told to end its sweep since it was submitted."""
        return any(self.path.glob("cancelled-*.json"))

    def cancelled(self) -> set[int]:
        """The tasks whose jobs `simula cancel` has ended."""
        files = self.path.glob("cancelled-*.json")
        return {task for path in files for task in _read(path)["tasks"]}

    def cancel(self, name: str, said: Mapping[str, Any]) -> None:
        """Keep who cancelled what."""
        write_json(self.path / f"cancelled-{name}.json", said)

    def refused(self) -> str:
        """Why Slurm did not take all of the arrays; empty where it did, or where nobody could write it."""
        try:
            return str(_read(self.path / "refused.json")["reason"])
        except FileNotFoundError:
            return ""

    def refuse(self, reason: str) -> None:
        """Keep why Slurm did not take all of the arrays."""
        write_json(self.path / "refused.json", {"reason": reason})

    def recorded(self) -> set[int]:
        """The tasks that have a record."""
        found = (re.fullmatch(r"task-(\d+)\.json", path.name) for path in self.path.iterdir())
        return {int(match[1]) for match in found if match}


def sweeps_folder(store: Store) -> Path:
    """Where all sweeps of a store are."""
    return store.root / SWEEPS


def swept_cells(store: Store, name: str) -> list[dict[str, Any]]:
    """The cells of a sweep: `key`, `axes`, `artifacts`."""
    found: list[dict[str, Any]] = json.loads(
        (sweeps_folder(store) / name / SWEPT).read_text(encoding="utf-8")
    )
    return found


def submissions(store: Store, name: str | None = None) -> list[Submission]:
    """The complete submissions of one sweep, or of all, the oldest of each sweep first."""
    found = sweeps_folder(store).glob(f"{name or '*'}/*/tasks.json")
    paths = [path.parent for path in found if path.parent.name.isdecimal()]
    return [Submission(path) for path in sorted(paths, key=lambda path: (path.parent.name, int(path.name)))]


def next_submission(store: Store, name: str) -> Submission:
    """A new folder for another submission of a sweep; nobody else may make one meanwhile."""
    folder = sweeps_folder(store) / name
    folder.mkdir(parents=True, exist_ok=True)
    taken = [int(path.name) for path in folder.iterdir() if path.name.isdecimal()]
    path = folder / str(max(taken, default=-1) + 1)
    path.mkdir()
    return Submission(path)


def _read(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8")))
    except ValueError as error:
        raise StoreError(f"{path} cannot be read ({error}); move it away") from error
