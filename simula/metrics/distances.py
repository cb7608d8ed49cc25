"""Mean cosine distances (Section 3.2): over the set, and inside the clusters of nearest neighbours.

Vectors are read in blocks of rows: they may lie in a file (`numpy.memmap`) and need not fit in memory. Sums
are taken in float64, whatever the vectors' own precision.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simula.metrics.ranged import Floats

Vectors = NDArray[np.floating[Any]]
Places = NDArray[np.int64]

_NUMBERS = 1 << 22
"""Numbers of a block: 32 MB in float64."""


def blocks(vectors: Vectors) -> Iterator[tuple[slice, Floats]]:
    """The rows in float64, from the first to the last, and where they stand."""
    rows = max(1, _NUMBERS // vectors.shape[1])
    for start in range(0, len(vectors), rows):
        at = slice(start, start + rows)
        yield at, np.asarray(vectors[at], dtype=np.float64)


def global_shares(vectors: Vectors) -> Floats:
    """What each of n > 2 points adds to the global distance: (n,), whose mean is that distance.

    Tukey's pseudo-values n·U − (n−1)·U₋ᵢ, with U the mean pairwise distance and U₋ᵢ the same without point i;
    their spread is that of U, which is a U-statistic (Arvesen 1969, "Jackknifing U-statistics"). With hᵢ the
    point's mean distance from the others they are (2·(n−1)·hᵢ − n·U)/(n−2): a second pass, O(n·d).
    """
    n, (total, distance) = len(vectors), _summed(vectors)
    shares = np.empty(n)
    for at, rows in blocks(vectors):
        from_others = 1 - (rows @ total - _squares(rows)) / (n - 1)
        shares[at] = (2 * (n - 1) * from_others - n * distance) / (n - 2)
    return shares


def cluster_distances(vectors: Vectors, neighbours: Places) -> Floats:
    """Mean pairwise cosine distance inside each cluster.

    Args:
        vectors: unit vectors (n, d).
        neighbours: (m, k) with k > 1, the places of each cluster's points.

    Returns:
        (m,), in O(m·k·d). With a point's k nearest neighbours as its cluster, of which it is none itself,
        their mean over all points is the local distance.
    """
    found = np.empty(len(neighbours))
    for at, _, distances, _ in _clusters(vectors, neighbours):
        found[at] = distances
    return found


def local_shares(vectors: Vectors, neighbours: Places) -> Floats:
    """What each point adds to the local distance: (n,), whose mean is that distance.

    Args:
        vectors: unit vectors (n, d).
        neighbours: (n, k) with k > 1, the places of each point's nearest neighbours.

    A share is the distance f inside the point's own cluster, and what the point changes in each cluster that
    it is a neighbour in: (2/k)·(m − f), with m its mean distance from that cluster's others; these sum to 0.
    So it is the influence of the point's weight, where who is whose neighbour is held fixed. Points that are
    close share neighbours and so their luck: from the spread of the f alone intervals come out up to half
    as long as they must be.
    """
    n, k = neighbours.shape
    shares = np.zeros(n)
    for at, places, distances, from_others in _clusters(vectors, neighbours):
        shares[at] += distances
        changed = 2 / k * (from_others - distances[:, None])
        shares += np.bincount(places.ravel(), weights=changed.ravel(), minlength=n)
    return shares


def _summed(vectors: Vectors) -> tuple[Floats, float]:
    """The vectors' sum (d,) and their mean pairwise distance.

    The sum of all n² dot products is the squared norm of the vectors' sum; n of them are no pairs.
    """
    n, total, own = len(vectors), np.zeros(vectors.shape[1]), 0.0
    for _, rows in blocks(vectors):
        total += rows.sum(axis=0)
        own += float(_squares(rows).sum())
    return total, 1.0 - (float(total @ total) - own) / (n * (n - 1))


def _clusters(vectors: Vectors, neighbours: Places) -> Iterator[tuple[slice, Places, Floats, Floats]]:
    """Blocks of clusters: where they stand, their places (rows, k), the mean distance inside each (rows,),
    and that of each of its points from the others (rows, k)."""
    k = neighbours.shape[1]
    rows = max(1, _NUMBERS // (k * vectors.shape[1]))
    for start in range(0, len(neighbours), rows):
        at = slice(start, start + rows)
        places = neighbours[at]
        near = np.asarray(vectors[places], dtype=np.float64)  # (rows, k, d)
        to_others = np.einsum("rkd,rd->rk", near, near.sum(axis=1)) - np.einsum("rkd,rkd->rk", near, near)
        from_others = 1 - to_others / (k - 1)
        yield at, places, from_others.mean(axis=1), from_others


def _squares(rows: Floats) -> Floats:
    return np.asarray(np.einsum("rd,rd->r", rows, rows))
