"""A sweep of four cells on a real Slurm, one of whose jobs is preempted: what continuous integration runs.

Submitted and looked at from this process, since each command of its own would take seconds to start.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cluster import Cluster
from swept import LAB, SMALL, Swept, results

from simula.composition import cells, launcher
from simula.config import Config
from simula.paths import Paths
from simula.stages.cell import run_cell
from simula.stages.record import records_of
from simula.store.artifacts import Store
from simula.sweep.settings import read_launcher
from simula.sweep.state import Snapshot
from simula.sweep.submit import submit

CELLS = (*LAB, "system=baseline,full", "seed=0,1", "size=48")
"""Two data sets, which the seeds of students share."""
SLOWLY = "dataset.concurrency=1"
"""No part of any identity. With a hundred answers a second at most, full takes five seconds and more."""


@pytest.mark.timeout(900)
def test_four_cells_of_which_one_is_preempted(
    cluster_if_any: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PATH", "SLURM_CONF"):
        monkeypatch.setenv(name, cluster_if_any.environment[name])
    monkeypatch.setenv("OMP_NUM_THREADS", "1")
    settings = read_launcher(launcher(SMALL))
    assert settings is not None
    configs = at(tmp_path / "cluster", [cell.config for cell in cells((*CELLS, SLOWLY), sweep=True)])
    first = submit(configs, "generate", settings)
    assert (first.cells, len(first.tasks), first.arrays) == (4, 3, 2)
    # Nobody waits: the jobs have not ended, and asking again submits none of them twice.
    again = submit(configs, "generate", settings)
    assert (len(again.tasks), again.published + again.at_work) == (0, 3)
    assert again.at_work > 0
    sweep = Swept(cluster_if_any, tmp_path / "cluster", CELLS, "generate")
    job, process = sweep.stopped("dataset/arithmetic-all.*", answers=20)
    of_full = [config for config in configs if config.scalars.system == "full"]
    assert states(of_full) == ["running"] * 2, "the cells that share the data set"
    cluster_if_any.ask("scancel", "--signal=USR2", job)
    os.kill(process, signal.SIGCONT)
    for config in at(tmp_path / "alone", configs):
        assert run_cell(config, "generate") is None
    sweep.wait("a requeue", lambda: "Requeued job" in sweep.log)
    sweep.ended()
    assert sweep.built == {"taxonomy": 1, "dataset": 2}
    assert sweep.results == results(tmp_path / "alone")
    assert submit(configs, "generate", settings).published == 3


def at(root: Path, configs: Sequence[Config]) -> list[Config]:
    """The cells on a store of their own."""
    paths = Paths(**{name: root / name for name in Paths.model_fields if name != "root"}, root=root)
    return [replace(config, paths=paths) for config in configs]


def states(configs: Sequence[Config]) -> list[str]:
    """How far each cell is."""
    store = Store(configs[0].paths.store)
    snapshot = Snapshot(store)
    return [snapshot.cell(record).state for record in records_of(store, configs)]
