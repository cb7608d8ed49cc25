"""A student's training as Hydra's launcher submits it, interrupted by a real Slurm in every way it has.

Each ends with the adapter that an undisturbed training on this machine writes, bit for bit.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
from cluster import Cluster
from swept import FIRST, Swept, environment, simula, tiny

from simula.student.settings import StudentSettings

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

STEPS = 320
CELL = ("domain=arithmetic", "teacher=simulated", "system=baseline", "size=64", "student=hub")
TRAINING = (
    *("training=quick", f"training.epochs={STEPS // 8}", "training.batch_size=8"),
    *("+training.validation_min=4", "training.validations=4"),
)
NO_PERIODIC = "+training.checkpoint_seconds=3600"
"""What such a job goes on from was written because of the signal."""
SIGNAL_DELAY_S = 180
"""That of the launcher's file."""


@pytest.fixture(scope="session")
def cell(tiny_gemma: StudentSettings) -> tuple[str, ...]:
    """The overrides that name the training."""
    return (*CELL, *tiny(tiny_gemma), *TRAINING)


@pytest.fixture(scope="session")
def undisturbed(cell: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """The adapter of the same training without any Slurm."""
    root = tmp_path_factory.mktemp("undisturbed")
    subprocess.run(
        simula("train", *cell), env=environment(root), check=True, capture_output=True, timeout=1200
    )
    return adapter(root)


def adapter(root: Path) -> bytes:
    (file,) = (root / "store" / "train").glob("*/adapter/adapter_model.safetensors")
    return file.read_bytes()


@dataclass(frozen=True, slots=True)
class Training(Swept):
    """A sweep of one training, submitted."""

    @property
    def job(self) -> str:
        """Slurm's number of the job that trains; empty before it has begun."""
        return next((str(record["who"]["slurm_job"]) for record in self._own), "")

    @property
    def process(self) -> int:
        """The process that trains."""
        return int(self._own[0]["who"]["pid"])

    @property
    def _own(self) -> list[dict[str, Any]]:
        return [record for record in self.records if record["makes"][0].startswith("train/")]

    @property
    def steps(self) -> list[int]:
        """The steps that its lines of progress name, over its restarts."""
        return [int(found.replace(",", "")) for found in re.findall(r"train: ([\d,]+) of", self.log)]

    @property
    def checkpoint(self) -> Path | None:
        """The newest one."""
        return next((self.root / "store" / "train").glob("*.work/checkpoints/last.ckpt"), None)

    def trains(self) -> None:
        """Wait for two lines of progress, the second after twice as long as the first."""
        self.wait("two lines of progress", lambda: len(self.steps) >= 2, 600)

    def resumed(self) -> int:
        """Wait until the job was requeued and trains again, from its checkpoint; the step of that."""
        self.wait("a requeue", lambda: self.cluster.job(self.job)["Restarts"] != "0")
        seen = len(self.steps)
        assert self.checkpoint is not None
        step = int(torch.load(self.checkpoint, weights_only=True)["global_step"])
        self.wait("progress after the requeue", lambda: len(self.steps) > seen)
        # Its first line comes as early as the first of all did: from step 0 it would be half as far.
        assert self.steps[seen] > step > 0
        return step

    def made(self) -> bytes:
        """Wait for the end; the adapter. On a busy machine a time limit may come several times."""
        job = partial(self.cluster.job, self.job)
        self.wait("the job's end", lambda: job()["JobState"] == "COMPLETED", 1200)
        assert job()["Restarts"] != "0"
        assert self.built["train"] == 1
        return adapter(self.root)


@contextmanager
def submitted(cluster: Cluster, root: Path, *overrides: str) -> Iterator[Training]:
    """`simula train -m`, which does not wait for its jobs; what is left of them in the end is cancelled."""
    sweep = Training(cluster, root, overrides, "train")
    try:
        sweep.submit()
        yield sweep
    finally:
        cluster.ask("scancel", "--user=root")


def test_a_signal(cluster: Cluster, cell: tuple[str, ...], undisturbed: bytes, tmp_path: Path) -> None:
    with submitted(cluster, tmp_path, *cell, NO_PERIODIC) as sweep:
        sweep.trains()
        sent = time.time()
        cluster.ask("scancel", "--signal=USR2", sweep.job)
        sweep.wait("a checkpoint", lambda: sweep.checkpoint)
        assert sweep.checkpoint is not None
        assert sweep.checkpoint.stat().st_mtime - sent < SIGNAL_DELAY_S / 10
        sweep.resumed()
        assert sweep.made() == undisturbed
        assert sweep.log.count("Requeued job") == 1
        assert "preempted" in sweep.log


def test_a_partition_that_goes_first(
    cluster: Cluster, cell: tuple[str, ...], undisturbed: bytes, tmp_path: Path
) -> None:
    """Slurm sends SIGTERM, and after the partition's grace it kills and requeues."""
    with submitted(cluster, tmp_path, *cell, NO_PERIODIC) as sweep:
        sweep.trains()
        cluster.ask("sbatch", *FIRST, "--wrap=sleep 1")
        sweep.wait("a checkpoint", lambda: sweep.checkpoint)
        os.kill(sweep.process, signal.SIGSTOP)  # else it might be done before the grace is over
        sweep.resumed()
        assert sweep.made() == undisturbed
        assert "Bypassing signal SIGTERM" in sweep.log
        assert "Caught signal" not in sweep.log


def test_a_partition_that_goes_first_and_warns(
    cluster: Cluster, cell: tuple[str, ...], undisturbed: bytes, tmp_path: Path
) -> None:
    """The signal comes at once where a site asks for it, and submitit requeues."""
    with (
        cluster.configured("SlurmctldParameters=preempt_send_user_signal"),
        submitted(cluster, tmp_path, *cell, NO_PERIODIC) as sweep,
    ):
        sweep.trains()
        cluster.ask("sbatch", *FIRST, "--wrap=sleep 1")
        sweep.resumed()
        assert sweep.made() == undisturbed
        assert sweep.log.count("Requeued job") == 1


def test_a_time_limit(cluster: Cluster, cell: tuple[str, ...], undisturbed: bytes, tmp_path: Path) -> None:
    """Slurm looks every 30 s: the warning comes 10 to 40 s before the limit."""
    limit = ("hydra.launcher.timeout_min=3", "hydra.launcher.signal_delay_s=10")
    with submitted(cluster, tmp_path, *limit, *cell, NO_PERIODIC) as sweep:
        sweep.trains()
        os.kill(sweep.process, signal.SIGSTOP)  # minutes without computing; Slurm wakes it to warn it
        sweep.wait("the warning", lambda: "Caught signal" in sweep.log, seconds=210)
        sweep.resumed()
        assert sweep.made() == undisturbed
        assert "Requeued job" in sweep.log
        assert "timed-out" in sweep.log


def test_a_lost_node(cluster: Cluster, cell: tuple[str, ...], undisturbed: bytes, tmp_path: Path) -> None:
    with submitted(cluster, tmp_path, *cell, "+training.checkpoint_seconds=1") as sweep:
        sweep.trains()
        cluster.lose_node(sweep.job)
        cluster.find_node()
        sweep.resumed()
        assert sweep.made() == undisturbed
        assert "Caught signal" not in sweep.log
