"""How much of the way from the untuned student to the teacher a tuned student has gone."""

from __future__ import annotations

import numpy as np

from simula.evaluation.spread import Groups
from simula.evaluation.statistics import Comparison, Right, contrast


def gap_closed(
    student: Right,
    base: Right,
    teacher: Right,
    draw: np.random.Generator,
    groups: Groups | None = None,
    resamples: int = 4_000,
) -> Comparison | None:
    """(student − base) / (teacher − base), of accuracies on the same items, with its 95 % interval.

    Args:
        student: right or wrong, shape (runs, items).
        base: of the untuned student, shape (items,).
        teacher: of the teacher, shape (items,).
        draw: the generator of the bootstrap.
        groups: the data seed of each run; None: each run has its own.
        resamples: bootstrap resamples.

    Interval: that of the mean of r + (student − base − r·(teacher − base)) / (mean of teacher − base) over
    runs and items, r the ratio itself: the linearised ratio (Cochran 1977, "Sampling techniques", 6.3), which
    holds where the denominator is far from 0.

    Returns:
        The share as `difference`, 1 being the whole way; None where the teacher is not told to be above the
        untuned student at the 5 % level, so that there is no way to go.
    """
    gap = teacher.astype(float) - base.astype(float)
    told = contrast(gap[None], draw, resamples)
    if not (told.decided and told.low > 0):
        return None
    gained = student.astype(float) - base.astype(float)
    ratio = gained.mean() / gap.mean()
    return contrast(ratio + (gained - ratio * gap) / gap.mean(), draw, resamples, groups)
