"""Vectors as texts have them."""

from __future__ import annotations

import numpy as np

from simula.metrics.distances import Vectors


def unit_vectors(n: int, width: int, groups: int = 8, spread: float = 1.0) -> Vectors:
    """Points in groups, of length 1, shape (n, width)."""
    draw = np.random.default_rng(0)
    centres = draw.normal(size=(groups, width))
    wide = centres[draw.integers(groups, size=n)] + spread * draw.normal(size=(n, width))
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)
