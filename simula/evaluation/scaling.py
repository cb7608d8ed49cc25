"""Accuracy over sizes: a line over the logarithm, and a power law that levels off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simula.evaluation.bootstrap import redrawn_means
from simula.evaluation.spread import Floats, Groups
from simula.evaluation.statistics import Comparison, contrast

FEWEST = 4
"""Sizes that a power law of three parameters needs at least."""
_EXPONENTS = np.geomspace(0.02, 3.0, 80)
_LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Saturation:
    """accuracy = ceiling − drop·(size / smallest size)^(−exponent)."""

    ceiling: float
    low: float
    high: float
    """95 % interval of the ceiling."""
    drop: float
    exponent: float
    error: float
    """Root mean square of what the fit leaves, a share."""

    @property
    def in_sight(self) -> bool:
        """Whether the data say that there is a ceiling at all: its interval ends below 1."""
        return self.high < 1 - 1e-6


def slope(
    right: npt.NDArray[np.generic],
    sizes: Sequence[int],
    draw: np.random.Generator,
    groups: Groups | None = None,
) -> Comparison:
    """What a doubling of the rows adds to accuracy.

    Args:
        right: right or wrong, or one system's minus another's, shape (sizes, runs, items).
        sizes: rows of each.
        draw: the generator of the bootstrap.
        groups: the data seed of each run; None: each run has its own.

    Least squares of accuracy over x = log2(size): Σ l_k·y_k with l_k = (x_k − x̄)/Σ(x − x̄)², a fixed
    combination of the sizes, so that its interval is that of any other comparison (`contrast`): sizes of one
    seed share items and nested rows, which a regression's own error would take as independent.

    Raises:
        ValueError: fewer than two different sizes.
    """
    if len(set(sizes)) < 2:
        raise ValueError(f"a slope needs at least two sizes, not {sorted(set(sizes))}")
    x = np.log2(np.asarray(sizes, dtype=float))
    weights = (x - x.mean()) / ((x - x.mean()) ** 2).sum()
    return contrast(np.tensordot(weights, right.astype(float), axes=1), draw, 4_000, groups)


def saturation(
    right: npt.NDArray[np.bool_],
    sizes: Sequence[int],
    draw: np.random.Generator,
    groups: Groups | None = None,
    resamples: int = 1_000,
) -> Saturation:
    """The power law that levels off, least squares over the sizes' mean accuracies.

    Args:
        right: right or wrong, shape (sizes, runs, items).
        sizes: rows of each, four different ones or more.
        draw: the generator of the bootstrap.
        groups: the data seed of each run; None: each run has its own.
        resamples: redrawn experiments, each fitted; their 2.5 % and 97.5 % quantiles are the interval.

    accuracy = a − b·(n/n₀)^(−c) with 0 ≤ a ≤ 1, b ≥ 0 and c of a grid of 80 values from 0.02 to 3, n₀ the
    smallest size (Hestness et al. 2017 have that form for learning curves); for each c, a and b are linear.

    Raises:
        ValueError: fewer than four different sizes.
    """
    if len(set(sizes)) < FEWEST:
        raise ValueError(f"a power law needs at least {FEWEST} sizes, not {sorted(set(sizes))}")
    means = right.mean(axis=(1, 2))[None]
    (ceiling,), (drop,), (exponent,), (error,) = _fitted(means, sizes)
    redrawn = _fitted(redrawn_means(right, draw, resamples, groups), sizes)[0]
    low, high = np.quantile(redrawn, [(1 - _LEVEL) / 2, (1 + _LEVEL) / 2])
    return Saturation(float(ceiling), float(low), float(high), float(drop), float(exponent), float(error))


def _fitted(means: Floats, sizes: Sequence[int]) -> tuple[Floats, Floats, Floats, Floats]:
    """Ceiling, drop, exponent and error of each line of means, shape (fits, sizes)."""
    relative = np.asarray(sizes, dtype=float) / min(sizes)
    best = np.full((4, len(means)), np.inf)
    for exponent in _EXPONENTS:
        u = relative**-exponent
        spread = ((u - u.mean()) ** 2).sum()
        drop = np.maximum(0.0, -(means @ (u - u.mean())) / spread)
        ceiling = means.mean(axis=1) + drop * u.mean()
        above = ceiling > 1
        # Held at 1, the drop is the best one for that.
        drop = np.where(above, np.maximum(0.0, (1 - means) @ u / (u @ u)), drop)
        ceiling = np.minimum(ceiling, 1.0)
        left = means - (ceiling[:, None] - drop[:, None] * u)
        error = np.sqrt((left**2).mean(axis=1))
        better = error < best[3] - 1e-12
        best[:, better] = np.stack([ceiling, drop, np.full(len(means), exponent), error])[:, better]
    return best[0], best[1], best[2], best[3]
