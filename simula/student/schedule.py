"""The learning rate over a run: linear warm-up, then a cosine to zero (Table 6)."""

from __future__ import annotations

import math

from simula.student.settings import TrainingSettings


def steps(rows: int, training: TrainingSettings) -> int:
    """Steps of a run over so many rows."""
    return max(1, round(math.ceil(rows / training.batch_size) * training.epochs))


def warmup(steps: int, training: TrainingSettings) -> int:
    """Steps of warm-up: a share of the run, clamped; never more than half of it."""
    share = round(steps * training.warmup_share)
    return min(max(share, training.warmup_min), training.warmup_max, steps // 2)


def rate(step: int, steps: int, rising: int) -> float:
    """Share of the peak rate at `step` (0 is the first) of `steps`, of which `rising` are warm-up."""
    if step < rising:
        return (step + 1) / (rising + 1)
    return 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1, steps - rising)))
