"""Intervals: what they cover, by simulation, and against a bootstrap of the measure itself."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from simula.metrics import DiversitySettings
from simula.metrics.distances import Vectors, cluster_distances, global_shares, local_shares
from simula.metrics.neighbours import nearest
from simula.metrics.ranged import Floats
from simula.metrics.resampling import bootstrapped


def unit(wide: Floats) -> Vectors:
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)


def groups(n: int, seed: int) -> Vectors:
    """Eight groups of uneven size and width."""
    shape, draw = np.random.default_rng(99), np.random.default_rng(seed)
    centres, widths = shape.normal(size=(8, 16)), shape.uniform(0.1, 0.8, 8)
    group = draw.choice(8, p=[0.4, 0.2, 0.1, 0.1, 0.1, 0.05, 0.03, 0.02], size=n)
    return unit(centres[group] + widths[group, None] * draw.normal(size=(n, 16)))


def everywhere(n: int, seed: int) -> Vectors:
    """The same density in all directions, where local distances differ by luck alone."""
    return unit(np.random.default_rng(seed).normal(size=(n, 16)))


def neighbours_of(vectors: Vectors) -> np.ndarray:
    return nearest(vectors, DiversitySettings(), np.random.default_rng(0)).places


def test_the_interval_of_a_plain_mean_is_the_normal_one() -> None:
    values = np.random.default_rng(0).normal(3, 2, size=2000)
    found = bootstrapped(values, np.random.default_rng(1), 2000)
    half = 1.96 * values.std(ddof=1) / np.sqrt(2000)
    assert found.value == pytest.approx(values.mean())
    assert (found.value - found.low, found.high - found.value) == pytest.approx((half, half), rel=0.1)


def test_without_points_there_is_no_mean() -> None:
    with pytest.raises(ValueError, match="at least one"):
        bootstrapped(np.empty(0), np.random.default_rng(0), 100)


def redrawn_global(vectors: Vectors, weights: Floats) -> float:
    """The mean distance of the pairs of different points, each point so many times there."""
    wide = vectors.astype(np.float64)
    counts = np.outer(weights, weights) * ~np.eye(len(wide), dtype=bool)
    return float(((1 - wide @ wide.T) * counts).sum() / counts.sum())


def test_it_is_that_of_the_measure_redrawn_without_pairs_of_copies() -> None:
    vectors = groups(200, 0)
    draw = np.random.default_rng(2)
    counts = [np.bincount(draw.integers(200, size=200), minlength=200).astype(float) for _ in range(400)]
    slow = np.quantile([redrawn_global(vectors, count) for count in counts], (0.025, 0.975))
    found = bootstrapped(global_shares(vectors), np.random.default_rng(3), 2000)
    width = slow[1] - slow[0]
    assert found[1:] == pytest.approx(tuple(slow), abs=0.15 * width)
    # Pairs of copies, at distance 0, would pull it down by 1/n of the distance.
    copies = [1 - (w @ vectors) @ (w @ vectors) / 200**2 for w in counts]
    assert np.mean(copies) < found.value * (1 - 0.5 / 200)


def covered(made: Callable[[int, int], Vectors], n: int, sets: int) -> dict[str, float]:
    """How often intervals hold the measure's mean over sets: global, local, local by the clusters alone."""
    found: dict[str, list[tuple[float, float, float]]] = {"global": [], "local": [], "clusters": []}
    for seed in range(sets):
        vectors = made(n, seed)
        places = neighbours_of(vectors)
        shares = {
            "global": global_shares(vectors),
            "local": local_shares(vectors, places),
            "clusters": cluster_distances(vectors, places),
        }
        for name, each in shares.items():
            one = bootstrapped(each, np.random.default_rng(seed), 300)
            found[name].append((one.value, one.low, one.high))
    truths = {name: np.mean([value for value, _, _ in each]) for name, each in found.items()}
    return {
        name: float(np.mean([low <= truths[name] <= high for _, low, high in each]))
        for name, each in found.items()
    }


def test_intervals_cover_the_measure_of_another_set() -> None:
    shares = covered(groups, n=200, sets=80)
    assert min(shares["global"], shares["local"]) >= 0.88


def test_clusters_that_share_points_share_their_luck() -> None:
    shares = covered(everywhere, n=200, sets=60)
    assert shares["local"] >= 0.9
    assert shares["clusters"] < 0.85


@pytest.mark.slow
@pytest.mark.parametrize("made", [groups, everywhere])
def test_intervals_cover_at_the_papers_size(made: Callable[[int, int], Vectors]) -> None:
    shares = covered(made, n=1000, sets=400)
    # Of points without any structure the global distance is degenerate, and its interval too long.
    assert shares["global"] >= 0.92
    assert shares["local"] >= 0.91
