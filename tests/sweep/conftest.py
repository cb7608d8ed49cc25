"""A Slurm of scripts on the path."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path

import pytest
from slurm_stub import SAYS, SBATCH, Stub

from simula.composition import cells
from simula.config import Config
from simula.paths import Paths

GRID = ("domain=arithmetic", "teacher=simulated", "tracking=none", "system=baseline,full", "size=8,12")


@pytest.fixture
def slurm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Stub:
    here = tmp_path / "slurm"
    here.mkdir()
    for name in ("sbatch", "squeue", "scontrol", "sacct", "scancel", "srun"):
        script = SBATCH if name == "sbatch" else SAYS
        (here / name).write_text(script.format(here=here, name=name))
        (here / name).chmod(stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{here}{os.pathsep}{os.environ['PATH']}")
    stub = Stub(here)
    stub.says("scontrol", "MaxArraySize            = 1001")
    return stub


@pytest.fixture(scope="session")
def composed() -> list[Config]:
    return [cell.config for cell in cells(GRID, sweep=True)]


@pytest.fixture
def grid(composed: list[Config], tmp_path: Path) -> list[Config]:
    """Four cells on a store of this test's own: `baseline` of 8 and of 12 rows, then `full`."""
    root = tmp_path / "outputs"
    paths = {name: root / name for name in Paths.model_fields if name != "root"}
    return [replace(config, paths=Paths(root=root, **paths)) for config in composed]
