"""Intervals, tests and detectable differences against published values and simulated experiments."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.proportion import proportion_confint

from simula.evaluation.statistics import accuracy, compare, contrast, holm, mcnemar, mean_over_seeds


def answers(rng: np.random.Generator, seeds: int, items: int, share: float) -> np.ndarray:
    return rng.random((seeds, items)) < share


def test_accuracy_has_wilsons_interval() -> None:
    """Newcombe (1998), Table I: 81 of 263."""
    found = accuracy([True] * 81 + [False] * 182)
    assert (found.right, found.items) == (81, 263)
    assert found.value == pytest.approx(0.3080, abs=5e-5)
    assert (found.low, found.high) == (pytest.approx(0.2553, abs=5e-5), pytest.approx(0.3662, abs=5e-5))


def test_accuracy_of_nothing_right_still_has_an_upper_bound() -> None:
    found = accuracy([False] * 20)
    assert found.low == pytest.approx(0.0, abs=1e-12)
    assert found.high == pytest.approx(0.1611, abs=5e-5)


def test_accuracy_needs_an_item() -> None:
    with pytest.raises(ValueError, match="0 items"):
        accuracy([])


def test_mean_over_seeds_has_a_t_interval() -> None:
    found = mean_over_seeds([0.5, 0.6, 0.7])
    assert found.value == pytest.approx(0.6)
    assert found.high - found.value == pytest.approx(4.302653 * 0.1 / np.sqrt(3), abs=1e-6)
    assert found.value - found.low == pytest.approx(found.high - found.value)


def test_mean_over_seeds_has_the_papers_interval_too() -> None:
    found = mean_over_seeds([0.5, 0.6, 0.7])
    assert found.normal_half == pytest.approx(1.959964 * 0.1 / np.sqrt(3), abs=1e-6)


def test_runs_of_one_data_seed_are_no_several_data_sets() -> None:
    """Two data sets of two students each: means 0.5 and 0.7, so e = 0.1, with one degree of freedom."""
    found = mean_over_seeds([0.4, 0.6, 0.69, 0.71], groups=[0, 0, 1, 1])
    assert found.value == pytest.approx(0.6)
    assert (found.low, found.high) == (0.0, 1.0)
    many = [0.50, 0.52, 0.54, 0.56, 0.52, 0.54]
    grouped = mean_over_seeds(many, groups=[0, 0, 1, 1, 2, 2])
    by_hand = 4.302653 * np.std([0.51, 0.55, 0.53], ddof=1) / np.sqrt(3)
    assert grouped.high - grouped.value == pytest.approx(by_hand, abs=1e-6)
    shared = mean_over_seeds(many, groups=[7] * 6)
    assert shared == mean_over_seeds(many)


def test_mean_over_seeds_stays_between_0_and_1() -> None:
    found = mean_over_seeds([0.99, 0.90])
    assert found.high == 1.0


def test_mean_over_one_seed_is_refused() -> None:
    with pytest.raises(ValueError, match="at least 2 seeds, not 1"):
        mean_over_seeds([0.5])


def test_mcnemar_is_exact() -> None:
    first = np.array([True] * 9 + [False] * 3 + [True] * 40)
    second = np.array([False] * 9 + [True] * 3 + [True] * 40)
    assert mcnemar(first, second) == pytest.approx(2 * (1 + 12 + 66 + 220) / 2**12)
    assert mcnemar(first, first) == 1.0


def test_one_seed_redraws_items_only() -> None:
    rng = np.random.default_rng(1)
    first, second = answers(rng, 1, 400, 0.6), answers(rng, 1, 400, 0.5)
    found = compare(first, second, rng)
    differences = first.astype(float) - second
    error = differences.std() / np.sqrt(400)
    assert found.difference == pytest.approx(differences.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * error, rel=0.06)
    assert found.detectable == pytest.approx(2.80 * error, rel=0.05)
    assert found.mcnemar == mcnemar(first[0], second[0])


def test_shared_items_cancel() -> None:
    """Two systems that agree on most items are told apart by less than their accuracies' intervals."""
    rng = np.random.default_rng(2)
    second = answers(rng, 3, 300, 0.5)
    first = second | (rng.random((3, 300)) < 0.06)
    found = compare(first, second, rng)
    assert found.decided
    assert found.low > 0
    assert found.high - found.low < 0.05
    assert found.mcnemar is None


def test_more_seeds_do_not_make_more_items() -> None:
    """The same items decide the same way at every seed: only more items can shorten the interval."""
    rng = np.random.default_rng(3)
    first, second = answers(rng, 1, 100, 0.6), answers(rng, 1, 100, 0.5)
    one = compare(first, second, np.random.default_rng(0))
    assert one.runs == (1,)
    ten = compare(first.repeat(10, axis=0), second.repeat(10, axis=0), np.random.default_rng(0))
    assert ten.high - ten.low == pytest.approx(one.high - one.low, rel=0.1)


def test_equal_systems_are_seldom_told_apart() -> None:
    rng = np.random.default_rng(5)
    wrong = sum(
        compare(answers(rng, 3, 100, 0.5), answers(rng, 3, 100, 0.5), rng, resamples=400).decided
        for _ in range(200)
    )
    assert wrong <= 0.08 * 200


def test_identical_answers_leave_nothing_to_decide() -> None:
    same = answers(np.random.default_rng(6), 2, 50, 0.5)
    found = compare(same, same, np.random.default_rng(0))
    assert (found.difference, found.p, found.detectable) == (0, 1, 0)
    # With 0 of 50 items that tell the two apart, up to 1 - 0.025^(1/50) = 7.1 % of all items may.
    assert (found.low, found.high) == pytest.approx((-0.0711, 0.0711), abs=5e-5)


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 6), st.integers(2, 40), st.floats(0, 1), st.floats(0, 1), st.integers(0, 2**32))
def test_p_is_below_5_percent_where_the_interval_excludes_0_and_nowhere_else(
    seeds: int, items: int, first: float, second: float, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    found = compare(answers(rng, seeds, items, first), answers(rng, seeds, items, second), rng, resamples=100)
    assert found.decided == (found.low > 0 or found.high < 0)
    assert 0 <= found.p <= 1


def test_p_is_the_t_tests_where_nothing_is_skewed() -> None:
    """Values of 40 runs on one item, as many above the mean as below, against scipy's one-sample test."""
    apart = np.random.default_rng(9).normal(0, 1, 20)
    for shift in (0.1, 0.35, 0.8):
        values = shift + np.concatenate([apart, -apart])
        found = contrast(values[:, None], np.random.default_rng(0), 20_000)
        assert found.p == pytest.approx(stats.ttest_1samp(values, 0).pvalue, rel=0.12)


def test_a_large_family_leaves_clear_differences_decided() -> None:
    """Holm over 400 comparisons of 10 seeds: resamples do not bound what p may become."""
    rng = np.random.default_rng(10)
    clear = compare(answers(rng, 10, 400, 0.7), answers(rng, 10, 400, 0.5), rng, resamples=500)
    vague = compare(answers(rng, 10, 400, 0.5), answers(rng, 10, 400, 0.5), rng, resamples=500)
    corrected = holm([clear, *[vague] * 399])
    assert corrected[0].decided
    assert not any(one.decided for one in corrected[1:])


def test_what_is_detectable_is_corrected_as_p_is() -> None:
    rng = np.random.default_rng(12)
    one = compare(answers(rng, 3, 200, 0.6), answers(rng, 3, 200, 0.5), rng)
    first, *_ = holm([one] * 8)
    t = stats.t(one.freedom)
    assert one.detectable == pytest.approx((t.ppf(0.975) + t.ppf(0.8)) * one.error)
    assert first.detectable == pytest.approx((t.ppf(1 - 0.05 / 16) + t.ppf(0.8)) * one.error)


def test_the_generator_decides_the_bootstrap() -> None:
    rng = np.random.default_rng(7)
    first, second = answers(rng, 2, 80, 0.6), answers(rng, 2, 80, 0.5)
    one, again, other = (compare(first, second, np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert one == again
    assert one != other


def test_the_luck_of_data_sets_is_seen_only_where_they_are_told_apart() -> None:
    """Three data sets, four students of each; what a data set does, it does to all of its students."""
    rng = np.random.default_rng(11)
    luck = np.repeat([-0.15, 0.0, 0.15], 4)[:, None]
    first, second = rng.random((12, 400)) < 0.6 + luck, rng.random((12, 400)) < 0.5
    groups = np.repeat([5, 6, 7], 4).tolist()
    told = compare(first, second, np.random.default_rng(0), groups=groups)
    mixed = compare(first, second, np.random.default_rng(0))
    assert told.runs == (4, 4, 4)
    assert told.difference == mixed.difference
    assert told.high - told.low > 2 * (mixed.high - mixed.low)


@pytest.mark.parametrize("shape", [(2, 30), (1, 31), (0, 30)])
def test_unlike_shapes_are_refused(shape: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="equal, non-empty shapes"):
        compare(np.zeros((1, 30), bool), np.zeros(shape, bool), np.random.default_rng(0))


@pytest.mark.parametrize("right", [0, 1, 37, 99, 100])
def test_accuracy_is_statsmodels(right: int) -> None:
    found = accuracy([True] * right + [False] * (100 - right))
    low, high = proportion_confint(right, 100, method="wilson")
    assert (found.low, found.high) == pytest.approx((low, high), abs=1e-12)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_scipys_binomial_test(gained: int, lost: int) -> None:
    first = np.array([True] * gained + [False] * lost + [True])
    second = np.array([False] * gained + [True] * lost + [True])
    expected = stats.binomtest(gained, gained + lost).pvalue if gained + lost else 1.0
    assert mcnemar(first, second) == pytest.approx(expected)


@settings(max_examples=15)  # statsmodels collects garbage at each call
@given(st.lists(st.floats(0, 1), min_size=2, max_size=12))
def test_holm_is_statsmodels(found: list[float]) -> None:
    same = np.ones((1, 3), bool)
    base = compare(same, same, np.random.default_rng(0), resamples=2)
    corrected = holm([replace(base, p=p) for p in found])
    assert [one.p for one in corrected] == pytest.approx(list(multipletests(found, method="holm")[1]))


def test_holm_corrects_step_by_step() -> None:
    rng = np.random.default_rng(8)
    base = compare(answers(rng, 1, 50, 0.5), answers(rng, 1, 50, 0.5), rng)
    corrected = holm([replace(base, p=p) for p in (0.01, 0.04, 0.03)])
    assert [one.p for one in corrected] == pytest.approx([0.03, 0.06, 0.06])
    assert {one.family for one in corrected} == {3}
    assert holm([base]) == (base,)


def test_where_all_items_say_the_same_few_items_are_no_proof() -> None:
    """One is right everywhere, the other nowhere: McNemar's p, and an interval that goes with it."""
    for items in range(1, 12):
        every, none = np.ones((1, items), bool), np.zeros((1, items), bool)
        found = compare(every, none, np.random.default_rng(0))
        assert found.p == pytest.approx(min(1, 2 * 0.5**items)) == found.mcnemar
        assert found.decided == (items >= 6) == (found.low > 0)
        assert (found.difference, found.high) == (1, 1)
        other = compare(none, every, np.random.default_rng(0))
        assert (other.low, other.high, other.p) == pytest.approx((-1, -found.low, found.p))


def test_an_interval_holds_nothing_impossible() -> None:
    """Two seeds that differ by 80 points know nothing of their spread: t with one degree of freedom."""
    first = np.array([[True] * 9 + [False], [True] + [False] * 9])
    second = np.zeros((2, 10), bool)
    found = compare(first, second, np.random.default_rng(0))
    free = contrast(first.astype(float), np.random.default_rng(0))
    assert (free.low < -1, free.high > 1) == (True, True)
    assert (found.low, found.high, found.p) == (-1, 1, free.p)
    share = contrast(first.astype(float), np.random.default_rng(0), possible=(0, 1))
    assert (share.low, share.high) == (0, 1)
