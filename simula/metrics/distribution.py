"""How the ratings of a set are distributed: mean, mode, quantiles, density (Figure 5)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from simula.metrics.ranged import Floats, Ranged

_BINS = 512
"""Places where the density is computed, between the ends of the axis."""
_REACH = 3.0
"""Bandwidths that an axis goes beyond the ratings."""


@dataclass(frozen=True, slots=True)
class Distribution:
    """The ratings of one set; intervals are over its points, as if others of their kind had been drawn."""

    points: int
    mean: Ranged
    mode: Ranged
    """Where the density is highest."""
    q05: Ranged
    """5 % of the points are below."""
    q95: Ranged
    """5 % of the points are above."""
    density: Floats
    """Share of the points a point of rating, at each place of the axis."""
    low: Floats
    """Ends of its pointwise 95 % interval."""
    high: Floats

    @property
    def numbers(self) -> dict[str, Ranged]:
        """What tables show."""
        return {
            "mean": self.mean,
            "mode": self.mode,
            "5 % quantile": self.q05,
            "95 % quantile": self.q95,
        }

    def to_json(self) -> dict[str, Any]:
        """The numbers, for manifests, without the density."""
        return {
            "points": self.points,
            **{name: [float(end) for end in found] for name, found in self.numbers.items()},
        }


def axis(sets: Sequence[Floats]) -> Floats:
    """Places that hold all sets, one axis for all of them."""
    low = min(float(values.min() - _REACH * _bandwidth(values)) for values in sets)
    high = max(float(values.max() + _REACH * _bandwidth(values)) for values in sets)
    return np.linspace(low, high, _BINS)


def distribution(values: Floats, places: Floats, draw: np.random.Generator, resamples: int) -> Distribution:
    """The distribution of some ratings.

    The density is a kernel estimate with Gaussian kernels of Scott's bandwidth, s · n^(-1/5) (Scott 1992), at
    least one point. The values are put into as many equal bins as there are places, so that any number of
    them costs the same. Intervals: the bootstrap over points, percentiles, with the bandwidth held.

    Args:
        values: the ratings, at least one.
        places: `axis`.
        draw: the generator.
        resamples: bootstrap resamples.
    """
    step, width = float(places[1] - places[0]), _bandwidth(values)
    # kernels[i, j]: what a value in bin j adds to the density at place i.
    kernels = np.exp(-0.5 * ((places[:, None] - places[None, :]) / width) ** 2) / (width * np.sqrt(2 * np.pi))

    def density(chosen: Floats) -> Floats:
        counts = np.bincount(np.rint((chosen - places[0]) / step).astype(np.int64), minlength=len(places))
        return np.asarray(kernels @ (counts / len(values)))

    def numbers(chosen: Floats, curve: Floats) -> list[float]:
        q05, q95 = np.quantile(chosen, (0.05, 0.95))
        return [float(chosen.mean()), float(places[curve.argmax()]), float(q05), float(q95)]

    curves, others = [], []
    for _ in range(resamples):
        chosen = values[draw.integers(len(values), size=len(values))]
        curves.append(density(chosen))
        others.append(numbers(chosen, curves[-1]))
    own = density(values)
    mean, mode, q05, q95 = (
        Ranged.of(*each) for each in zip(numbers(values, own), np.transpose(others), strict=True)
    )
    low, high = np.quantile(np.array(curves), (0.025, 0.975), axis=0)
    return Distribution(len(values), mean, mode, q05, q95, own, low, high)


def _bandwidth(values: Floats) -> float:
    spread = float(values.std(ddof=1)) if len(values) > 1 else 0.0
    return max(1.0, spread * float(len(values) ** -0.2))
