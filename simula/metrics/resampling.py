"""A mean over points with its interval."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from simula.metrics.distances import Floats


@dataclass(frozen=True, slots=True)
class Estimate:
    """A measure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def interval(self) -> tuple[float, float]:
        """Both ends."""
        return self.low, self.high


def bootstrapped(shares: Floats, draw: np.random.Generator, resamples: int) -> Estimate:
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
    low, high = np.quantile(means, (0.025, 0.975))
    return Estimate(float(shares.mean()), float(low), float(high))
