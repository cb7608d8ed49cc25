"""Sweeps that were submitted to the scripts: their tasks, run here, and what is known of their cells."""

from __future__ import annotations

from collections.abc import Sequence

from simula.config import Config
from simula.stages.record import CellRecord, records_of
from simula.store.artifacts import Store
from simula.sweep.folder import submissions
from simula.sweep.job import run_task
from simula.sweep.settings import Slurm
from simula.sweep.state import Snapshot

GPU = Slurm(
    name="gpu", gres="gpu:1", cpus_per_task=8, cpu_jobs=Slurm(name="cpu", partition="short", mem_gb=2)
)


def store(grid: Sequence[Config]) -> Store:
    return Store(grid[0].paths.store)


def run_all(grid: Sequence[Config], *numbers: int) -> list[int]:
    """Run the tasks of the newest submission here."""
    submission = max(submissions(store(grid)), key=lambda one: one.said()["at"])
    return [run_task(submission, number) for number in numbers or range(len(submission.tasks()))]


def known(grid: Sequence[Config]) -> list[CellRecord]:
    snapshot = Snapshot(store(grid))
    return [snapshot.cell(record) for record in records_of(store(grid), grid)]
