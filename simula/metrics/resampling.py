"""A mean over points with its interval."""

from __future__ import annotations

import numpy as np

from simula.metrics.ranged import Floats, Ranged


def bootstrapped(shares: Floats, draw: np.random.Generator, resamples: int) -> Ranged:
    """The mean of the points' shares, with the 95 % percentile interval of the bootstrap over points.

    Args:
        shares: (n,) what each point adds to a measure, which is their mean; for a measure that is no plain
            mean, Tukey's pseudo-values or the influences of the points.
        draw: the generator.
        resamples: sets of n points, drawn with replacement.

    Only the shares are redrawn, never the measure computed on points that come up twice: two copies of one
    point would count as a pair at distance 0, and lower every mean of distances.

    Raises:
        ValueError: there is no point.
    """
    n = len(shares)
    if n == 0:
        raise ValueError("a mean over 0 points: at least one is needed")
    means = [shares[draw.integers(n, size=n)].mean() for _ in range(resamples)]
    return Ranged.of(float(shares.mean()), means)
