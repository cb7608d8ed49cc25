"""How many nodes ever more points of the same source would reach: Chao's estimate."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

_Z = 1.959964
"""Standard deviations on each side of a 95 % interval."""


@dataclass(frozen=True, slots=True)
class Reachable:
    """Nodes of a level that the source reaches at all, seen and unseen; a lower bound by its making."""

    nodes: float
    low: float | None
    high: float | None
    """95 % interval; None where nothing in the counts says how far off the estimate is."""


def reachable(counts: Sequence[int], points: int) -> Reachable:
    """Chao's estimate in its bias-corrected form, S + (n − 1)/n · f₁(f₁ − 1) / (2(f₂ + 1)).

    S nodes are reached, f₁ by one point and f₂ by two. Of one factor, where a point reaches one node at most,
    this is Chao1 (Chao 1984; the correction: Chao 2005); of several together Chao2, its form for sampling
    units that hold several kinds (Chao 1987). Interval: log-normal, S + T/K to S + T·K with
    T = estimate − S and K = exp(1.96·√ln(1 + variance/T²)) (Chao 1987), which never falls below what was
    seen. Where T is 0, since at most one node is reached by a single point, there is none: S is then what the
    source reaches at least, and nothing says how many rarer nodes there are.

    The nodes of a taxonomy are finite in number and known, which the estimate does not know: it and its
    interval are cut at their number. A source that has reached all of them reaches no more, for certain.

    Args:
        counts: points that reach each node of the level, zeros included: as many as it has nodes.
        points: n, those that reach none included; at least 1.
    """
    seen, ones, twos = (sum(map(test, counts)) for test in (bool, (1).__eq__, (2).__eq__))
    most = float(len(counts))
    if seen == most:
        return Reachable(most, most, most)
    share = (points - 1) / points
    more = share * ones * (ones - 1) / (2 * (twos + 1))
    if not more:
        return Reachable(float(seen), None, None)
    spread = math.exp(_Z * math.sqrt(math.log1p(_variance(seen + more, share, ones, twos) / more**2)))
    low, high = seen + more / spread, seen + more * spread
    return Reachable(*(min(most, number) for number in (seen + more, low, high)))


def _variance(estimate: float, share: float, ones: int, twos: int) -> float:
    """Of the estimate, by the delta method (Chao 1987; in this form, EstimateS, appendix B)."""
    pairs, square = ones * (ones - 1), ones * (2 * ones - 1) ** 2
    if not twos:
        return share * pairs / 2 + share**2 * (square / 4 - ones**4 / (4 * estimate))
    third = ones**2 * twos * (ones - 1) ** 2 / (4 * (twos + 1) ** 4)
    return share * pairs / (2 * (twos + 1)) + share**2 * (square / (4 * (twos + 1) ** 2) + third)
