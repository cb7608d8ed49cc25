"""The Vendi score against its definition on the n × n kernel, and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import entropy

from simula.metrics.vendi import vendi_score


def slow_vendi(vectors: np.ndarray) -> float:
    kernel = vectors.astype(np.float64) @ vectors.astype(np.float64).T
    eigenvalues = np.linalg.eigvalsh(kernel / len(vectors))
    return float(np.exp(entropy(np.clip(eigenvalues, 0, None))))


@pytest.mark.parametrize(("n", "width"), [(40, 6), (6, 40)])
def test_it_is_the_entropy_of_the_kernels_eigenvalues(n: int, width: int) -> None:
    wide = np.random.default_rng(0).normal(size=(n, width))
    vectors = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)
    assert vendi_score(vectors, 6) == pytest.approx(slow_vendi(vectors), rel=1e-6)


def test_by_hand() -> None:
    equal = np.tile([[0.6, 0.8]], (5, 1))
    assert vendi_score(equal, 100) == pytest.approx(1)
    # Two kinds of points, four each, at right angles: two effectively different points.
    assert vendi_score(np.repeat(np.eye(2), 4, axis=0), 100) == pytest.approx(2)
    # Three quarters of one kind: exp of the entropy of 3/4 and 1/4.
    uneven = np.eye(2)[[0, 0, 0, 1]]
    assert vendi_score(uneven, 100) == pytest.approx((4 / 3) ** 0.75 * 4**0.25)


def test_a_spectrum_that_is_too_large_is_not_taken() -> None:
    assert vendi_score(np.eye(5), 4) is None
