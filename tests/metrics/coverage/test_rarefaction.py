"""Rarefaction against enumeration of all sets of points, its interval against fresh sets of one source."""

from itertools import combinations

import numpy as np
import pytest

from simula.metrics.coverage import curve_sizes, rarefied
from simula.metrics.coverage.rarefaction import Hits, absences


def hits_of(points: int, nodes_by_factor: list[int], seed: int) -> Hits:
    """Random hits: the nodes of the factors one after the other, some points in no node of a factor."""
    draw = np.random.default_rng(seed)
    columns, begin = [], 0
    for nodes in nodes_by_factor:
        own = draw.choice(nodes + 1, size=points, p=draw.dirichlet(np.ones(nodes + 1)))
        columns.append(np.where(own == nodes, -1, own + begin))
        begin += nodes
    return np.array(columns, dtype=np.int32).T


def reached(hits: Hits) -> int:
    return len(set(hits[hits >= 0].tolist()))


@pytest.mark.parametrize("nodes_by_factor", [[5], [3, 4], [2, 3, 1]])
@pytest.mark.parametrize("seed", range(3))
def test_mean_and_deviation_are_those_over_all_sets_of_points(nodes_by_factor: list[int], seed: int) -> None:
    hits = hits_of(8, nodes_by_factor, seed)
    nodes = sum(nodes_by_factor) + 2  # two that no point reaches
    for one in rarefied(hits, nodes, range(1, 9)):
        every = [reached(hits[list(some)]) / nodes for some in combinations(range(8), one.points)]
        assert one.share == pytest.approx(np.mean(every), abs=1e-12)
        assert one.deviation == pytest.approx(np.std(every), abs=1e-7)


def test_a_hand_worked_example() -> None:
    # Nodes with 2, 1 and 1 of 4 points, one more without; of 2 points the first node misses 1 of 6 pairs, the
    # others 3 of 6: 3 - (1 + 3 + 3) / 6 = 11/6 nodes. One of the 6 pairs reaches 1 node, five reach 2.
    (two, all_points) = rarefied(np.array([[0], [0], [1], [2]], dtype=np.int32), 4, [2, 4])
    assert two.share == pytest.approx(11 / 6 / 4)
    assert two.deviation == pytest.approx(np.sqrt(5 / 36) / 4)
    assert two.low is not None
    assert (all_points.share, all_points.deviation) == (3 / 4, 0)
    # Without a point: 3, 3, 2, 2 nodes, so e² = 3/4 · 4 · 0.25.
    assert all_points.low == pytest.approx((3 - 1.959964 * np.sqrt(0.75)) / 4)
    assert all_points.high == 1  # 3 + 1.7 nodes are cut at 4


@pytest.mark.parametrize("size", [1, 3, 6, 7])
def test_the_interval_is_the_jackknife_over_points(size: int) -> None:
    hits = hits_of(7, [4, 5], 5)
    without = []
    for point in range(7):
        rest = np.delete(hits, point, axis=0)
        every = [reached(rest[list(some)]) for some in combinations(range(6), min(size, 6))]
        without.append(np.mean(every))
    error = np.sqrt(6 / 7 * np.sum((np.array(without) - np.mean(without)) ** 2))
    (one,) = rarefied(hits, 30, [size])
    if error < 1e-12:
        assert (one.low, one.high) == (None, None)
        return
    assert one.low is not None
    assert one.high is not None
    assert (one.high - one.low) / 2 == pytest.approx(1.959964 * error / 30, abs=1e-9)


@pytest.mark.parametrize(("nodes", "exponent", "points"), [(30, 1.0, 100), (200, 0.0, 100), (200, 2.0, 300)])
def test_the_interval_holds_what_sets_of_one_source_reach_on_average(
    nodes: int, exponent: float, points: int
) -> None:
    draw = np.random.default_rng(1)
    shares = np.arange(1, nodes + 1) ** -exponent
    shares /= shares.sum()
    # Two factors that hang together: the second follows the first half of the time.
    held = {points: 0, points // 3: 0}
    rounds = 300
    for _ in range(rounds):
        one, other = draw.choice(nodes, size=(2, points), p=shares)
        other = np.where(draw.random(points) < 0.5, one, other) + nodes
        hits = np.stack([one, other], axis=1).astype(np.int32)
        for found in rarefied(hits, 2 * nodes, list(held)):
            truth = 1 - np.mean((1 - shares) ** found.points)
            assert found.low is not None
            assert found.high is not None
            held[found.points] += found.low <= truth <= found.high
    assert min(held.values()) / rounds > 0.93


def test_one_point_and_a_set_that_reaches_nothing() -> None:
    (one,) = rarefied(np.array([[0, 3]], dtype=np.int32), 4, [1])
    assert (one.share, one.deviation, one.low, one.high) == (0.5, 0, None, None)
    (nothing,) = rarefied(np.full((5, 2), -1, dtype=np.int32), 4, [5])
    assert (nothing.share, nothing.deviation, nothing.low, nothing.high) == (0, 0, None, None)


def test_without_a_node_of_one_point_there_is_no_interval_for_all_and_one_for_fewer() -> None:
    # Two nodes by two points each: without any point both are reached; of two points perhaps one.
    two, every = rarefied(np.array([[0], [0], [1], [1]], dtype=np.int32), 9, [2, 4])
    assert (every.share, every.low, every.high) == (2 / 9, None, None)
    # Without a point 1 and 2 points of the nodes are left: 2 of 3 pairs reach both, so 5/3 every time.
    assert (two.low, two.high) == (None, None)
    (three,) = rarefied(np.array([[0], [0], [0], [1], [1]], dtype=np.int32), 9, [3])
    assert three.low is not None
    assert three.low < three.share


def test_factors_that_every_point_reaches_have_no_interval() -> None:
    draw = np.random.default_rng(0)
    hits = np.stack([draw.integers(7, size=300), 7 + draw.integers(5, size=300)], axis=1).astype(np.int32)
    # One point reaches one node of each factor, whichever: nothing varies.
    (one,) = rarefied(hits, 20, [1])
    assert one.share == pytest.approx(2 / 20)
    assert (one.low, one.high) == (None, None)


def test_more_points_than_there_are_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="9 of 8 points cannot be drawn"):
        rarefied(hits_of(8, [3], 0), 3, [2, 9])
    with pytest.raises(ValueError, match="0 of 8"):
        rarefied(hits_of(8, [3], 0), 3, [0])


def test_absences_stay_exact_in_large_sets() -> None:
    from scipy.stats import hypergeom

    found = absences(512_000, 1000)
    for held in (1, 100, 5000):
        assert found[held] == pytest.approx(hypergeom(512_000, held, 1000).pmf(0), rel=1e-8)
    assert found[511_001:].max() == 0


def test_sizes_of_a_curve() -> None:
    assert curve_sizes(1000, 4, also=(7, 2000)) == [1, 7, 10, 100, 1000]
    assert curve_sizes(3, 40) == [1, 2, 3]
    assert curve_sizes(1, 5) == [1]
