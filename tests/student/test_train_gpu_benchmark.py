"""`make bench-train-gpu` on a tiny body, so that it works where there is a GPU for it at last."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "train_gpu.py"


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    alone = os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    return subprocess.run(
        [sys.executable, str(SCRIPT), *arguments], env=alone, capture_output=True, text=True, check=False
    )


@pytest.mark.slow
def test_every_side_is_measured_on_the_same_losses() -> None:
    done = ran("--tiny", "--sides", "simula", "packed", "trainer")
    assert done.returncode == 0, done.stderr
    lines = [line.split() for line in done.stdout.splitlines()]
    measured = [line for line in lines if line[0] in {"simula", "packed", "trainer"}]
    expected = [[side, again] for side in ("simula", "packed", "trainer") for again in ("no", "yes")]
    assert [line[:2] for line in measured] == expected * 2, (
        "with and without checkpointing, two kinds of rows"
    )
    for _, _, speed, memory, operations, _, attention, apart in measured:
        assert min(float(speed.replace(",", "")), float(memory), float(operations)) > 0
        assert attention == "sdpa"
        assert float(apart) < 0.01, "the same rows, model and adapter"


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_without_a_gpu_it_says_so() -> None:
    done = ran()
    assert done.returncode == 1
    sentence = "bench-train-gpu needs an NVIDIA GPU; benchmarks/train_gpu.py --tiny runs anywhere\n"
    assert (done.stdout, done.stderr) == ("", sentence)
