"""What earlier parts of a run have told: a stage that was killed goes on in its run, from a step before."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

STEP = "/step"
"""End of the names of numbers that count steps, such as `train/step`."""
_SECONDS = 60
"""Waited at most for the client's own reader of one file; it takes one."""


def steps(summary: Mapping[str, Any]) -> dict[str, float]:
    """The last step of each kind in a run's summary."""
    return {
        name: value
        for name, value in summary.items()
        if name.endswith(STEP) and isinstance(value, int | float)
    }


def told_on_disk(folder: Path, run_id: str, but: Path) -> dict[str, float]:
    """The last step of each kind that parts of a run on this disk hold, sent or not.

    Args:
        folder: the client's, with a folder for each part.
        run_id: the run.
        but: the part that begins now.
    """
    told: dict[str, float] = {}
    for file in sorted(folder.glob(f"*run-*-{run_id}/run-{run_id}.wandb")):
        if file.parent != but:
            for name, value in steps(_summary(file)).items():
                told[name] = max(value, told.get(name, value))
    return told


def _summary(file: Path) -> dict[str, Any]:
    """The last numbers in the client's file, which may end in the middle of a record; often none."""
    command = [sys.executable, "-m", "wandb", "leet", "inspect", "--summary", "--json", str(file)]
    kept = {**os.environ, "WANDB_DIR": str(file.parents[2])}  # for its own log
    try:
        read = subprocess.run(command, env=kept, capture_output=True, timeout=_SECONDS, check=True).stdout
        return dict(json.loads(read)["summary"])
    except (OSError, subprocess.SubprocessError, ValueError, KeyError):
        return {}
