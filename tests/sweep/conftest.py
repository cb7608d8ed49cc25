"""A Slurm of scripts on the path."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from slurm_stub import SAYS, SBATCH, Stub


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
