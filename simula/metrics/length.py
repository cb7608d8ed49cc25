"""Whether a rating is one of mere length: its regression on the number of words."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from simula.metrics.ranged import Floats, Ranged, spearman

_LITTLE, _MUCH = 0.1, 0.5
"""Below the first share of the variance length explains little, from the second on most; ours."""


@dataclass(frozen=True, slots=True)
class LengthEffect:
    """The least-squares line of a rating over the binary logarithm of the words."""

    points: int
    slope: Ranged
    """Points of the rating for each doubling of the words, with its t interval."""
    r2: float
    """The share of the rating's variance that the line explains."""
    spearman: float
    """Rank correlation of rating and words."""

    def to_json(self) -> dict[str, Any]:
        """For manifests."""
        return {
            "points": self.points,
            "slope": list(self.slope),
            "r2": self.r2,
            "spearman": self.spearman,
        }

    @classmethod
    def from_json(cls, said: dict[str, Any]) -> LengthEffect:
        """What `to_json` wrote."""
        return cls(said["points"], Ranged(*said["slope"]), said["r2"], said["spearman"])

    def sentence(self, attribute: str) -> str:
        """How much of the rating length may be, for people."""
        slope, low, high = self.slope
        little, much = self.r2 < _LITTLE, self.r2 >= _MUCH
        amount = "little" if little else "most" if much else "a part"
        return (
            f"a doubling of the words goes with {slope:+.1f} points of {attribute}"
            f" [{low:+.1f}, {high:+.1f}]; length explains {amount} of it"
            f" (R² {self.r2:.2f}, Spearman {self.spearman:+.2f})"
            + ("" if little else f": do not take long for high {attribute}")
        )


def length_effect(ratings: Floats, words: Floats) -> LengthEffect | None:
    """The line rating = a + b · log2(words), by ordinary least squares.

    Interval: b ± t(0.975, n-2) · s / sqrt(Σ(x - mean)²), s² the residuals' sum of squares by n - 2.

    Args:
        ratings: of each point.
        words: how many each point has; none counts as one.

    Returns:
        None with fewer than three points, or where all ratings or all lengths are equal.
    """
    n, x = len(ratings), np.log2(np.maximum(words, 1))
    rank = spearman(ratings, words)
    if n < 3 or rank is None:
        return None
    from scipy.special import stdtrit

    x = x - x.mean()
    y = ratings - ratings.mean()
    within = float(x @ x)
    if not within:
        return None
    slope = float(x @ y) / within
    rest = float(((y - slope * x) ** 2).sum())
    half = float(stdtrit(n - 2, 0.975)) * np.sqrt(rest / (n - 2) / within)
    return LengthEffect(n, Ranged(slope, slope - half, slope + half), 1 - rest / float(y @ y), rank)
