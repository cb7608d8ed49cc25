"""Chao's estimate: by hand, and against sources whose nodes are known."""

import math

import numpy as np
import pytest

from simula.metrics.coverage import reachable
from simula.metrics.coverage.unseen import Reachable


def test_a_hand_worked_example() -> None:
    # S = 6 of 40 nodes by n = 20 points, 4 by one and 1 by two.
    counts = [1, 1, 1, 1, 2, 14] + 34 * [0]
    found = reachable(counts, 20)
    more = 19 / 20 * 4 * 3 / (2 * 2)
    assert found.nodes == pytest.approx(6 + more)
    a = 19 / 20
    variance = a * 12 / 4 + a**2 * (4 * 7**2 / (4 * 2**2) + 4**2 * 1 * 3**2 / (4 * 2**4))
    spread = math.exp(1.959964 * math.sqrt(math.log(1 + variance / more**2)))
    assert (found.low, found.high) == (pytest.approx(6 + more / spread), pytest.approx(6 + more * spread))


def test_without_a_node_of_two_points() -> None:
    found = reachable([1, 1, 1, 7] + 96 * [0], 10)
    a, more = 0.9, 0.9 * 3 * 2 / 2
    variance = a * 6 / 2 + a**2 * (3 * 25 / 4 - 3**4 / (4 * (4 + more)))
    spread = math.exp(1.959964 * math.sqrt(math.log(1 + variance / more**2)))
    assert found.nodes == pytest.approx(6.7)
    assert (found.low, found.high) == (pytest.approx(4 + more / spread), pytest.approx(4 + more * spread))


def test_where_nothing_points_to_unseen_nodes() -> None:
    """At least what is reached, and no interval: least of all one without width."""
    for counts in ([3, 2, 2] + 7 * [0], [3, 2, 1] + 7 * [0], [500, 400, 300] + 7 * [0]):
        assert reachable(counts, sum(counts)) == Reachable(3, None, None)
    assert reachable([0, 0], 5) == Reachable(0, None, None)


def test_no_more_than_the_taxonomy_has() -> None:
    # All nodes are reached: that is no estimate.
    assert reachable([3, 1, 1], 5) == Reachable(3, 3, 3)
    found = reachable([1] * 50, 50)
    assert (found.nodes, found.high) == (50, 50)
    low = reachable([1] * 10 + [0] * 40, 10).low
    assert low is not None
    assert 50 > low > 10


@pytest.mark.parametrize(("nodes", "points"), [(50, 100), (120, 150)])
def test_the_interval_holds_the_nodes_of_a_source_that_reaches_all_alike(nodes: int, points: int) -> None:
    draw = np.random.default_rng(0)
    held, estimates = 0, []
    for _ in range(400):
        counts = np.bincount(draw.integers(nodes, size=points), minlength=10 * nodes)
        found = reachable(counts.tolist(), points)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= nodes <= found.high
        estimates.append(found.nodes)
    assert np.mean(estimates) == pytest.approx(nodes, rel=0.02)
    assert held / 400 > 0.91
