"""Embedding diversity (Section 3.2): mean cosine distance, over the set and among neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.floating[Any]]


def global_distance(vectors: Vectors) -> float:
    """Mean pairwise cosine distance of unit vectors (n, d) with n > 1, in O(n·d).

    The sum of all n² dot products is the squared norm of the vectors' sum.
    """
    n = len(vectors)
    # Sums of many float32 numbers in float64: equal to brute force to 1e-6 at any size.
    total = vectors.sum(axis=0, dtype=np.float64)
    self_products = float(np.einsum("ij,ij->", vectors, vectors, dtype=np.float64))
    return 1.0 - (float(total @ total) - self_products) / (n * (n - 1))


def local_distance(vectors: Vectors, k: int) -> float:
    """Mean over points of the mean pairwise cosine distance among the point's k nearest neighbours.

    Args:
        vectors: unit vectors (n, d) with n > 2.
        k: neighbours a point, itself left out; fewer where the set is smaller.
    """
    from sklearn.neighbors import NearestNeighbors

    k = min(k, len(vectors) - 1)
    neighbours = (
        NearestNeighbors(n_neighbors=k, metric="cosine").fit(vectors).kneighbors(return_distance=False)
    )
    return float(np.mean([global_distance(vectors[near]) for near in neighbours]))


def distinct_bigrams(texts: Sequence[str]) -> float:
    """Distinct-2: different word pairs divided by all, over the whole set."""
    pairs = [pair for text in texts for pair in pairwise(text.lower().split())]
    return len(set(pairs)) / len(pairs) if pairs else 0.0
