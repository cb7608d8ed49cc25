"""Pareto front, gap to the teacher, scaling fits, and the winner's curse."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import curve_fit

from simula.evaluation.gap import gap_closed
from simula.evaluation.pareto import dominated_by, front_shares
from simula.evaluation.picking import expected_largest, pick, winners_curse
from simula.evaluation.scaling import saturation, slope
from simula.evaluation.statistics import compare

POINTS = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), min_size=1, max_size=12)


def rows(*shares: int, runs: int = 2, items: int = 100) -> np.ndarray:
    """The same answers in every run, `shares` of the items right; shape (shares, runs, items)."""
    return np.stack([np.tile(np.arange(items) < share, (runs, 1)) for share in shares])


@given(POINTS)
def test_no_point_of_the_front_is_dominated_and_every_other_is_by_one_of_it(
    points: list[tuple[int, int]],
) -> None:
    prices, values = zip(*points, strict=True)
    found = dominated_by(prices, values)
    front = [point for point, by in zip(points, found, strict=True) if by is None]
    assert front
    for price, value in front:
        assert not any(p <= price and v >= value and (p < price or v > value) for p, v in points)
    for (price, value), by in zip(points, found, strict=True):
        if by is not None:
            assert points[by] in front
            assert points[by][0] <= price
            assert points[by][1] >= value


def test_a_front_by_hand() -> None:
    """Cheap and poor, dear and good, dearer and no better, cheap and poorer; a twin of the first."""
    assert dominated_by([1, 5, 9, 2, 1], [0.5, 0.8, 0.8, 0.4, 0.5]) == [None, None, 1, 0, None]


def test_the_cheapest_is_always_on_the_front_and_equals_now_and_then() -> None:
    rng = np.random.default_rng(0)
    right = rng.random((3, 4, 300)) < np.array([0.5, 0.5, 0.9])[:, None, None]
    cheap, equal, good = front_shares(right, [1.0, 2.0, 3.0], rng)
    assert cheap == 1.0
    assert 0.05 < equal < 0.99
    assert good == 1.0


def test_points_of_one_price_are_on_the_front_where_they_are_best() -> None:
    shares = front_shares(rows(50, 60), [0.0, 0.0], np.random.default_rng(1))
    assert shares == [0.0, 1.0]


def test_half_of_the_way_to_the_teacher() -> None:
    """Untuned 20, student 50, teacher 80 of 100."""
    found = gap_closed(rows(50)[0], rows(20)[0, 0], rows(80)[0, 0], np.random.default_rng(2))
    assert found is not None
    assert found.difference == pytest.approx(0.5)
    assert 0.2 < found.low < 0.5 < found.high < 0.8


def test_no_way_to_go_is_no_share() -> None:
    """Ten items of a hundred more, two lost; one more; and a teacher below the student."""
    base = rows(20)[0, 0]
    for teacher in (rows(21)[0, 0], rows(20)[0, 0], rows(5)[0, 0]):
        assert gap_closed(rows(50)[0], base, teacher, np.random.default_rng(3)) is None


def test_the_gaps_interval_covers_the_truth() -> None:
    """60 experiments of 3 seeds and 200 items; (0.6 − 0.4) / (0.9 − 0.4) = 0.4."""
    rng, covered = np.random.default_rng(4), 0
    mixed = 0.6 * rng.random(200_000) + 0.4 * rng.random(200_000)
    cuts = np.quantile(mixed, (0.6, 0.4, 0.9))
    for _ in range(60):
        item = rng.random(200)
        answers = [item * 0.6 + rng.random((runs, 200)) * 0.4 for runs in (3, 1, 1)]
        student, base, teacher = (found < cut for found, cut in zip(answers, cuts, strict=True))
        found = gap_closed(student, base[0], teacher[0], rng, resamples=300)
        assert found is not None
        covered += found.low <= 0.4 <= found.high
    assert 54 <= covered <= 60


def test_a_slope_by_hand_and_by_least_squares() -> None:
    """40, 50, 55 and 75 of 100 at 1, 2, 4 and 8 thousand rows: Σ(x − 1.5)(y) / 5 = 0.11 a doubling."""
    right, sizes = rows(40, 50, 55, 75), [1000, 2000, 4000, 8000]
    found = slope(right, sizes, np.random.default_rng(5))
    assert found.difference == pytest.approx((-1.5 * 0.40 - 0.5 * 0.50 + 0.5 * 0.55 + 1.5 * 0.75) / 5)
    assert found.difference == pytest.approx(np.polyfit(np.log2(sizes), right.mean(axis=(1, 2)), 1)[0])


def test_two_sizes_slope_is_their_difference_a_doubling() -> None:
    rng = np.random.default_rng(6)
    right = rng.random((2, 3, 200)) < np.array([0.4, 0.6])[:, None, None]
    one = slope(right, [64, 256], np.random.default_rng(7))
    two = compare(right[1], right[0], np.random.default_rng(7), 4_000)
    assert (one.difference, one.low, one.high) == pytest.approx(
        (two.difference / 2, two.low / 2, two.high / 2)
    )


def test_one_size_has_no_slope() -> None:
    with pytest.raises(ValueError, match="at least two sizes"):
        slope(rows(40, 50), [64, 64], np.random.default_rng(0))


SIZES = (4_000, 16_000, 64_000, 128_000, 256_000, 512_000)


def test_a_power_law_that_levels_off_is_found() -> None:
    """0.7 − 0.3·(n/4000)^−0.5: against scipy's curve_fit, and the planted values."""
    rng = np.random.default_rng(8)
    truth = 0.7 - 0.3 * (np.array(SIZES) / 4_000) ** -0.5
    right = rng.random((6, 5, 3000)) < truth[:, None, None]
    found = saturation(right, SIZES, rng, resamples=200)
    fitted, _ = curve_fit(
        lambda n, a, b, c: a - b * n**-c, np.array(SIZES) / 4_000, right.mean(axis=(1, 2)), p0=(0.7, 0.3, 0.5)
    )
    assert found.ceiling == pytest.approx(fitted[0], abs=0.005)
    assert found.drop == pytest.approx(fitted[1], abs=0.005)
    assert found.exponent == pytest.approx(fitted[2], rel=0.05)
    assert found.low < 0.7 < found.high
    assert found.in_sight
    assert found.error < 0.005


def test_a_straight_line_has_no_ceiling_in_sight() -> None:
    rng = np.random.default_rng(9)
    truth = 0.3 + 0.05 * np.log2(np.array(SIZES) / 4_000)
    found = saturation(rng.random((6, 3, 500)) < truth[:, None, None], SIZES, rng, resamples=200)
    assert not found.in_sight


def test_accuracy_that_falls_is_level() -> None:
    found = saturation(rows(60, 55, 50, 45), SIZES[:4], np.random.default_rng(10), resamples=50)
    assert found.drop == 0
    assert found.ceiling == pytest.approx(0.525)


def test_three_sizes_have_no_power_law() -> None:
    with pytest.raises(ValueError, match="at least 4 sizes"):
        saturation(rows(40, 50, 60), SIZES[:3], np.random.default_rng(0))


@pytest.mark.parametrize(("count", "mean"), [(1, 0.0), (2, 1 / np.sqrt(np.pi)), (3, 1.5 / np.sqrt(np.pi))])
def test_the_largest_of_normals(count: int, mean: float) -> None:
    """Tippett (1925): 0.5642 of two, 0.8463 of three."""
    assert expected_largest(count) == pytest.approx(mean, abs=1e-6)


def test_the_winners_curse_is_what_picking_on_test_adds() -> None:
    """400 experiments with two and three equally good rates: what the picked one shows above the truth."""
    rng = np.random.default_rng(11)
    for choices in (2, 3):
        shown, stated = [], []
        for _ in range(400):
            difficulty = rng.random(200)
            luck = rng.normal(0, 0.02, (choices, 3, 1))
            right = rng.random((choices, 3, 200)) < difficulty + luck
            shown.append(max(right.mean(axis=(1, 2))) - right.mean())
            stated.append(winners_curse(right))
        assert np.mean(stated) == pytest.approx(np.mean(shown), rel=0.1)
    assert winners_curse(rows(50)) == 0


def test_the_rate_is_picked_on_the_validation() -> None:
    right = rows(60, 66)
    found = pick([0.005, 0.01], [[0.8, 0.9], [0.7, 0.8]], right, "validation")
    assert found is not None
    assert (found.rate, found.best, found.difference) == (0.005, 1, pytest.approx(0.06))
    assert found.validation == (pytest.approx(0.85), pytest.approx(0.75))
    assert found.bias == winners_curse(right)
    tested = pick([0.005, 0.01], [[0.8, 0.9], [0.7, 0.8]], right, "test")
    assert tested is not None
    assert (tested.rate, tested.difference) == (0.01, 0)


def test_without_held_out_rows_the_validation_picks_nothing() -> None:
    assert pick([0.005, 0.01], [[0.8, None], [0.7, 0.8]], rows(60, 66), "validation") is None
    assert pick([0.005, 0.01], [[None, None], [None, None]], rows(60, 66), "test") is not None
