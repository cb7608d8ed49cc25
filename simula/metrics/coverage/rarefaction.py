"""Rarefaction: how many nodes a random part of the points reaches, so that sets of different sizes compare.

The sampling units are points. A point reaches at most one node of a factor at a level, and perhaps one of
each of several factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hits = NDArray[np.int32]
"""Shape (points, factors): the node that a point reaches in a factor, by number from 0, or -1."""

_Z = 1.959964
"""Standard deviations on each side of a 95 % interval."""
_NONE = 1e-9
"""Nodes: a standard error below is one of 0, but for rounding."""


@dataclass(frozen=True, slots=True)
class Expected:
    """Of m random points: the share of the nodes that they reach, between 0 and 1."""

    points: int
    """m."""
    share: float
    """The mean over all sets of m of the points."""
    deviation: float
    """Standard deviation over all such sets: what the luck of drawing m of these very points makes. 0 where m
    is all of them."""
    low: float | None
    high: float | None
    """95 % interval of the share that m other points of the same source reach on average; None where the
    points say nothing of it."""


def rarefied(hits: Hits, nodes: int, sizes: Sequence[int]) -> list[Expected]:
    """The rarefaction curve at `sizes`, exact.

    Mean: 1/N · Σ_i (1 − q_i), where q_i = C(n − n_i, m) / C(n, m) is the probability that none of the n_i
    points of node i is among the m (Hurlbert 1971). Variance of the number of nodes, given these points:
    Σ_i Σ_j (q_ij − q_i·q_j), where q_ij is the same for the points of node i or node j, and q_ii = q_i
    (Heck, van Belle and Simberloff 1975).

    Interval: share ± 1.96·e/N, cut at 0 and 1, with the delete-one jackknife over points,
    e² = (n − 1)/n · Σ_j (S_j − S̄)², S_j the expected number of nodes without point j. On average e² is
    too large rather than too small, whatever the distribution over nodes and however factors hang together
    (Efron and Stein 1981); of one set it may be too small. Where it is 0 there is no interval: of all points
    where no node is reached by one point alone, of a single point, and where every point reaches as many
    nodes. A bootstrap is not used: a point drawn twice reaches nothing new, so that its sets reach fewer
    nodes than real ones do.

    Args:
        hits: (points, factors) with at least one point, numbers below `nodes`.
        nodes: N, all nodes of the level, reached or not; at least 1.
        sizes: m, each from 1 to the number of points.

    Raises:
        ValueError: a size is larger than the set, or not positive.
    """
    if wrong := [size for size in sizes if not 1 <= size <= len(hits)]:
        raise ValueError(f"{wrong[0]} of {len(hits)} points cannot be drawn")
    counts = np.bincount(hits[hits >= 0], minlength=nodes)
    unions = _unions(hits, counts)
    found = []
    for size in sizes:
        absent = absences(len(hits), size)
        missed = absent[counts]
        mean = float(nodes - missed.sum())
        # Nodes that no point reaches are missed by all sets, and vary with nothing.
        seen = float(absent[counts[counts > 0]].sum())
        variance = seen + 2 * float(unions @ absent) - seen**2
        error = _jackknife(hits, counts, size)
        half = _Z * error
        found.append(
            Expected(
                points=size,
                share=mean / nodes,
                deviation=float(np.sqrt(max(0.0, variance))) / nodes,
                low=max(0.0, mean - half) / nodes if error > _NONE else None,
                high=min(float(nodes), mean + half) / nodes if error > _NONE else None,
            )
        )
    return found


def absences(points: int, size: int) -> NDArray[np.float64]:
    """For k from 0 to `points`: the probability that `size` random points hold none of k given ones.

    C(n − k, m) / C(n, m) is the product of (n − t − m) / (n − t) for t below k.
    """
    left = points - np.arange(points, dtype=np.float64)
    factors = np.maximum(left - size, 0.0) / left
    return np.concatenate(([1.0], np.cumprod(factors)))


def curve_sizes(points: int, count: int, also: Sequence[int] = ()) -> list[int]:
    """About `count` sizes from 1 to `points`, evenly on a logarithmic scale; of `also` those there are."""
    even = np.unique(np.geomspace(1, points, count).round().astype(int)).tolist()
    return sorted({*even, *(size for size in also if size <= points)})


def _unions(hits: Hits, counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """For each k: pairs of different reached nodes that k points reach together, one or both; 0 to n."""
    points, factors = hits.shape
    pairs = np.zeros(2 * points + 1)
    values, many = np.unique(counts[counts > 0], return_counts=True)
    weights = np.outer(many, many) / 2.0
    np.fill_diagonal(weights, many * (many - 1) / 2.0)
    np.add.at(pairs, np.add.outer(values, values), weights)
    for one in range(factors):
        for other in range(one + 1, factors):
            both = hits[(hits[:, one] >= 0) & (hits[:, other] >= 0)][:, [one, other]].astype(np.int64)
            code, shared = np.unique(both[:, 0] * len(counts) + both[:, 1], return_counts=True)
            apart = counts[code // len(counts)] + counts[code % len(counts)]
            np.subtract.at(pairs, apart, 1.0)
            np.add.at(pairs, apart - shared, 1.0)
    # Beyond n there are only pairs that were moved away.
    return pairs[: points + 1]


def _jackknife(hits: Hits, counts: NDArray[np.int64], size: int) -> float:
    """Standard error of the expected number of nodes; 0 for a single point."""
    points = len(hits)
    if points == 1:
        return 0.0
    absent = absences(points - 1, min(size, points - 1))
    # What a node loses in expectation when one of its points goes; the last entry is for no node.
    lost = np.append(np.where(counts > 0, absent[counts - 1] - absent[np.minimum(counts, points - 1)], 0), 0)
    influence = lost[hits].sum(axis=1)
    return float(np.sqrt((points - 1) * influence.var()))
