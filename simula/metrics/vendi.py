"""The Vendi score: the number of effectively different points."""

from __future__ import annotations

import numpy as np

from simula.metrics.distances import Vectors, blocks


def vendi_score(vectors: Vectors, largest: int) -> float | None:
    """exp(−Σ λ·ln λ) over the eigenvalues λ of K/n, K the points' cosine similarities; from 1 to n.

    Friedman and Dieng 2023, "The Vendi Score: A Diversity Evaluation Metric for Machine Learning", with the
    kernel of cosine similarity and q = 1. K/n has the eigenvalues of the d × d matrix VᵀV/n besides zeros, so
    that it is exact for any n, in O(n·d²), and at most d. It grows with n: compare sets of one size.

    Args:
        vectors: unit vectors (n, d).
        largest: rows of the matrix whose eigenvalues are taken, at most.

    Returns:
        None where both n and d are larger.
    """
    n, width = vectors.shape
    if min(n, width) > largest:
        return None
    if width <= n:
        product = np.zeros((width, width))
        for _, rows in blocks(vectors):
            product += rows.T @ rows
    else:
        wide = np.asarray(vectors, dtype=np.float64)
        product = wide @ wide.T
    shares = np.linalg.eigvalsh(product / n)
    shares = shares[shares > 0]  # zeros may come out a little below
    return float(np.exp(-(shares * np.log(shares)).sum()))
