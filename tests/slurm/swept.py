"""A sweep on the cluster as a user meets it: real commands, and what they leave in the store."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cluster import PATIENCE_S, Cluster

from simula.student.settings import HubWeights, StudentSettings

LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none")
SMALL = (
    "hydra/launcher=slurm_gpu",
    *("hydra.launcher.gres=null", "hydra.launcher.cpus_per_task=1", "hydra.launcher.mem_gb=2"),
    *("hydra.launcher.cpu_jobs.cpus_per_task=1", "hydra.launcher.cpu_jobs.mem_gb=1"),
)
"""A launcher for a node of two cores and no GPU."""
BRIEFLY = (
    *("training=quick", "training.epochs=2", "training.batch_size=8", "+training.validation_min=4"),
    *("evaluation.limit=8", "evaluation.max_new_tokens=4"),
)
"""A training and a test of seconds."""
FIRST = ("--partition=high", "--exclusive", "--output=/dev/null")
"""A job that goes before all of the other partition, on the whole node."""


def tiny(student: StudentSettings) -> tuple[str, ...]:
    """The overrides that name a student of the tests."""
    assert isinstance(student.weights, HubWeights)
    return (
        "student=hub",
        "student.name=tiny",
        f"student.weights.id={student.weights.id}",
        "student.dtype=float32",
    )


def simula(*words: str) -> list[str]:
    """A command of simula's."""
    return [sys.executable, "-c", "from simula.cli import main; main()", *words]


def environment(root: Path) -> dict[str, str]:
    """A process's environment with its results below `root`."""
    kept = {name: value for name, value in os.environ.items() if name != "WANDB_API_KEY"}
    return {**kept, "SIMULA_ROOT": str(root), "OMP_NUM_THREADS": "1", "COLUMNS": "200"}


@dataclass(frozen=True, slots=True)
class Swept:
    """A sweep that is submitted to the cluster."""

    cluster: Cluster
    root: Path
    cells: tuple[str, ...]
    command: str = "run"

    @property
    def environment(self) -> dict[str, str]:
        """Of everything that is started here."""
        return {**self.cluster.environment, **environment(self.root)}

    def submit(self, *overrides: str) -> str:
        """Submit what is missing; what the command says."""
        return self.said(self.command, "-m", *SMALL, *self.cells, *overrides)

    def said(self, *words: str) -> str:
        """What a command prints. Raises AssertionError where it fails."""
        return _said(self.environment, *words)

    def states(self, *overrides: str) -> Counter[str]:
        """How many cells are in which state."""
        return Counter(cell["state"] for cell in self.status(*overrides))

    def status(self, *overrides: str) -> list[dict[str, Any]]:
        """What simula says of each cell."""
        said = self.said("status", "-m", "--json", *self.cells, *overrides)
        found: list[dict[str, Any]] = json.loads(said)["cells"]
        return found

    @property
    def jobs(self) -> dict[str, str]:
        """The jobs of this cluster that are queued or running, to their states."""
        lines = self.cluster.ask("squeue", "--array", "--noheader", "--format=%i|%T").split()
        return dict(line.split("|", 1) for line in lines)

    def ended(self, seconds: float = 400) -> None:
        """Wait until no job is in the queue."""
        self.wait("the jobs' end", lambda: not self.jobs, seconds)

    def wait(self, what: str, met: Callable[[], object], seconds: float = PATIENCE_S) -> None:
        """Until something is so. Raises AssertionError with the jobs' words where it is not in time."""
        try:
            self.cluster.wait(what, met, seconds)
        except AssertionError as error:
            raise AssertionError(f"{error}; the jobs' words: {self.log[-3000:]}") from error

    def stopped(self, artifact: str, answers: int) -> tuple[str, int]:
        """Wait until a job is amid its work, and stop it: its number and its process.

        Args:
            artifact: a pattern of what it makes.
            answers: those of the teacher's that it has recorded by then.
        """
        found: dict[str, Any] = {}

        def begun() -> bool:
            for record in self.records:
                # Of a job that was killed the record says so for ever.
                runs = record["status"] == "running" and Path(f"/proc/{record['who']['pid']}").exists()
                if runs and re.fullmatch(artifact, record["makes"][0]):
                    found.update(record["who"])
            return bool(found)

        self.wait(f"the job of {artifact}", begun)
        job, process = str(found["slurm_job"]), int(found["pid"])
        until = time.monotonic() + PATIENCE_S
        while self.answers(process) < answers:
            assert time.monotonic() < until, f"few answers are recorded: {self.log[-3000:]}"
            time.sleep(0.005)
        os.kill(process, signal.SIGSTOP)
        return job, process

    @property
    def log(self) -> str:
        """What all jobs said."""
        files = sorted(self.root.glob("store/sweeps/*/*/jobs/*_log.*"))
        return "".join(path.read_text(errors="replace") for path in files)

    @property
    def records(self) -> list[dict[str, Any]]:
        """What the jobs that have begun say of themselves."""
        return [json.loads(path.read_text()) for path in self.root.glob("store/sweeps/*/*/task-*.json")]

    @property
    def built(self) -> Counter[str]:
        """Stage to how often one of its artifacts was made."""
        return Counter(re.findall(r"(\w+)(?: \([\w ]+\))?: done in [\d.]+ s", self.log))

    def answers(self, process: int) -> int:
        """How many of the teacher's answers a process has recorded."""
        return sum(path.read_bytes().count(b"\n") for path in self.root.glob(f"ledger/*-{process}-*.jsonl"))

    @property
    def reached(self) -> list[str]:
        """How far each cell is, by size and system: the stage that a sweep was to end with, or its state."""
        told = sorted(self.status(), key=lambda cell: (cell["axes"]["size"], cell["axes"]["system"]))
        return [cell["done_up_to"] or cell["state"] for cell in told]

    @property
    def results(self) -> dict[str, bytes]:
        """What came out: rows, adapters and answers, by their place in the store."""
        return results(self.root)

    @property
    def outcome(self) -> Outcome:
        """What came out, with its table; students that no job was to tune are tuned here, in one process."""
        if self.command != "run":
            self.said("run", "-m", *self.cells)
        return _outcome(self.root, self.said("report", "-m", *self.cells))


@dataclass(frozen=True, slots=True)
class Outcome:
    """What comes of cells, which is the same whoever makes them, and whatever happens meanwhile."""

    results: dict[str, bytes]
    """Of `results`."""
    told: list[str]
    """What `simula report` prints: the answer and the tables."""
    table: list[dict[str, str]]
    """What it writes for others to read, line by line."""


def results(root: Path) -> dict[str, bytes]:
    """The bytes of what a store's artifacts hold that any other making of them must hold, too.

    Beside them `ledger`, the names of all calls that were paid, each as often as it was: what is recorded and
    asked for again all the same, or asked for and needed by nobody, makes a difference.
    """
    names = ("rows.parquet", "taxonomies.json", "adapter_model.safetensors", "results.json")
    store = root / "store"
    found = {"ledger": "\n".join(sorted(_calls(root))).encode()}
    for stage in ("taxonomy", "dataset", "train", "evaluate"):
        for name in names:
            for path in (store / stage).rglob(name):
                found[str(path.relative_to(store))] = path.read_bytes()
    return found


def _calls(root: Path) -> list[str]:
    files = (path.read_text() for path in root.glob("ledger/*.jsonl"))
    # A line that a full disk cut off at a file's end is none.
    lines = (line for text in files for line in text.rpartition("\n")[0].splitlines())
    return [json.loads(line)["key"] for line in lines]


def undisturbed(root: Path, *cells: str) -> Outcome:
    """What comes of the same cells in one process, without any Slurm."""
    _said(environment(root), "run", "-m", *cells)
    return _outcome(root, _said(environment(root), "report", "-m", *cells))


def _outcome(root: Path, told: str) -> Outcome:
    """Without how long it took, and how many calls a restart found recorded: these are no other's."""
    blocks = told.split("page:")[0].split("\n\n")
    rows = list(csv.DictReader(io.StringIO((root / "report" / "table.csv").read_text())))
    assert rows, "a table without a line is equal to any other"
    own = {name for name in rows[0] if name.startswith("seconds ") or name == "recorded"}
    table = [{name: said for name, said in row.items() if name not in own} for row in rows]
    return Outcome(results(root), [block for block in blocks if not block.startswith("Seconds a")], table)


def _said(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(simula(*words), env=environment, capture_output=True, text=True, timeout=1200)
    assert done.returncode == 0, done.stderr
    return done.stdout
