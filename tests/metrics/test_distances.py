"""Distances against a slow, obvious re-computation and hand-worked examples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from grouped_vectors import unit_vectors

from simula.embedding.lexical import tfidf
from simula.metrics import distances
from simula.metrics.distances import (
    Places,
    Vectors,
    cluster_distances,
    global_shares,
    local_shares,
)
from simula.metrics.ranged import Floats


def slow_global(vectors: Vectors) -> float:
    wide = vectors.astype(np.float64)
    return float(
        np.mean([1 - wide[i] @ wide[j] for i in range(len(wide)) for j in range(len(wide)) if i != j])
    )


def slow_neighbours(vectors: Vectors, k: int) -> Places:
    wide = vectors.astype(np.float64)
    found = []
    for i, vector in enumerate(wide):
        near = np.argsort(1 - wide @ vector, kind="stable")
        found.append([j for j in near if j != i][:k])
    return np.array(found)


def weighted_local(vectors: Vectors, neighbours: Places, weights: Floats) -> float:
    """The local distance where point i counts `weights[i]` times, for its own cluster and in others."""
    inside = []
    for places in neighbours:
        pairs = [(a, b) for a in places for b in places if a != b]
        counts = [weights[a] * weights[b] for a, b in pairs]
        apart = [1 - vectors[a].astype(np.float64) @ vectors[b].astype(np.float64) for a, b in pairs]
        inside.append(np.average(apart, weights=counts))
    return float(np.average(inside, weights=weights))


def test_the_global_distance_of_2000_rows_equals_brute_force() -> None:
    vectors = unit_vectors(2000, 16)
    wide = vectors.astype(np.float64)
    apart = 1 - wide @ wide.T
    slow = float(apart[~np.eye(2000, dtype=bool)].mean())
    assert slow_global(vectors[:50]) == pytest.approx(global_shares(vectors[:50]).mean(), abs=1e-9)
    assert global_shares(vectors).mean() == pytest.approx(slow, abs=1e-6)


def test_hand_worked_distances() -> None:
    # Two equal vectors and one orthogonal: distances 0, 1, 1.
    three = np.array([[1.0, 0], [1, 0], [0, 1]])
    assert global_shares(three).mean() == pytest.approx(2 / 3)
    # Without one of the equal points 1, without the other 1, without the third 0: 3·2/3 − 2·(1, 1, 0).
    assert global_shares(three) == pytest.approx([0, 0, 2])
    # Clusters: of the equal points each other and the third, of the third the equal ones.
    neighbours = np.array([[1, 2], [0, 2], [0, 1]])
    assert cluster_distances(three, neighbours) == pytest.approx([1, 1, 0])
    # In clusters of two the only pair keeps its distance, whatever its points weigh.
    assert local_shares(three, neighbours) == pytest.approx([1, 1, 0])


def test_a_global_share_is_the_pseudo_value_of_leaving_the_point_out() -> None:
    vectors = unit_vectors(30, 6)
    slow = [30 * slow_global(vectors) - 29 * slow_global(np.delete(vectors, i, axis=0)) for i in range(30)]
    assert global_shares(vectors) == pytest.approx(np.array(slow), abs=1e-6)


def test_cluster_distances_equal_brute_force() -> None:
    vectors = unit_vectors(60, 8)
    neighbours = slow_neighbours(vectors, 10)
    slow = [slow_global(vectors[places]) for places in neighbours]
    assert cluster_distances(vectors, neighbours) == pytest.approx(np.array(slow), abs=1e-6)
    assert local_shares(vectors, neighbours).mean() == pytest.approx(np.mean(slow), abs=1e-6)


def test_a_local_share_is_the_derivative_by_the_points_weight() -> None:
    vectors = unit_vectors(25, 6)
    neighbours = slow_neighbours(vectors, 5)
    shares, step = local_shares(vectors, neighbours), 1e-5
    whole = weighted_local(vectors, neighbours, np.ones(25))
    for i in range(25):
        heavier = np.ones(25)
        heavier[i] += step
        # The measure is a weighted mean of 25 points: a point's share less the mean is 25 times the slope.
        slope = (weighted_local(vectors, neighbours, heavier) - whole) / step
        assert shares[i] - whole == pytest.approx(25 * slope, abs=1e-3)


def test_vectors_in_a_file_and_small_blocks_give_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = unit_vectors(500, 12)
    neighbours = slow_neighbours(vectors[:500], 10)
    whole, shares = global_shares(vectors), local_shares(vectors, neighbours)
    stored = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="w+", shape=vectors.shape)
    stored[:] = vectors
    stored.flush()
    opened = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="r", shape=vectors.shape)
    monkeypatch.setattr(distances, "_NUMBERS", 1000)
    assert len(list(distances.blocks(opened))) > 5
    assert global_shares(opened) == pytest.approx(whole, abs=1e-12)
    assert local_shares(opened, neighbours) == pytest.approx(shares, abs=1e-12)


def test_equal_texts_are_at_distance_nothing() -> None:
    assert global_shares(tfidf(["one two", "one two", "one two"])).mean() == pytest.approx(0, abs=1e-6)
