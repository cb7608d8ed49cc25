"""A number with the ends of its 95 % interval, and ranks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


class Ranged(NamedTuple):
    """A number and its 95 % interval; manifests hold it as a list of three, with null for ends it lacks."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float, redrawn: Sequence[float] | Floats) -> Ranged:
        """The percentile interval of a bootstrap: from its 2.5 % to its 97.5 % quantile."""
        low, high = np.quantile(redrawn, (0.025, 0.975))
        return cls(float(value), float(low), float(high))


def ranks(values: ArrayLike) -> Floats:
    """The place of each value from the lowest, from 1; equal ones share the mean of their places.

    Not scipy.stats.rankdata, which takes two seconds to import.
    """
    _, place, counts = np.unique(np.asarray(values), return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def spearman(one: ArrayLike, other: ArrayLike) -> float | None:
    """Spearman's rank correlation; None where one side has fewer than two different values."""
    first, second = ranks(one), ranks(other)
    if len(first) < 2 or not np.ptp(first) or not np.ptp(second):
        return None
    return float(np.corrcoef(first, second)[0, 1])


def shown(value: Any, digits: int = 1) -> str:
    """A number with its interval, if it has one, for tables: "12.3 [10.0, 14.6]"; a dash for no number."""
    if value is None:
        return "–"
    value, low, high = value
    ends = "" if low is None else f" [{low:,.{digits}f}, {high:,.{digits}f}]"
    return f"{value:,.{digits}f}{ends}"
