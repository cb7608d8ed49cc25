"""The spread of a mean against an analysis of variance done by hand, and the bootstrap's weights."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.evaluation.bootstrap import redrawn_means, run_weights
from simula.evaluation.spread import design, mean_variance, run_groups, spread_of_mean


def test_a_table_of_two_runs_and_three_items_by_hand() -> None:
    """Run means 1 and 3, item means 1, 2 and 3, grand mean 2; the interaction is 0, 0, 0."""
    found = spread_of_mean(np.array([[0.0, 1.0, 2.0], [2.0, 3.0, 4.0]]), [0, 1])
    # MS_s = 3·(1 + 1)/1 = 6, MS_i = 2·(1 + 0 + 1)/2 = 2, MS_e = 0: V = (6 + 2)/6.
    assert found.error**2 == pytest.approx(8 / 6)
    assert found.freedom == pytest.approx(8**2 / (6**2 / 1 + 2**2 / 2))


@given(st.integers(2, 6), st.integers(2, 8), st.integers(0, 10_000))
def test_it_is_the_two_way_analysis_of_variance(runs: int, items: int, seed: int) -> None:
    values = np.random.default_rng(seed).normal(size=(runs, items)) + np.arange(runs)[:, None]
    grand = values.mean()
    by_run = sum(items * (row.mean() - grand) ** 2 for row in values) / (runs - 1)
    by_item = sum(runs * (column.mean() - grand) ** 2 for column in values.T) / (items - 1)
    rest = 0.0
    for r in range(runs):
        for i in range(items):
            rest += (values[r, i] - values[r].mean() - values[:, i].mean() + grand) ** 2
    rest /= (runs - 1) * (items - 1)
    variance = max(by_run + by_item - rest, by_run, by_item) / (runs * items)
    found = spread_of_mean(values, range(runs))
    assert found.error**2 == pytest.approx(variance)
    whole = variance * runs * items
    freedom = whole**2 / (
        by_run**2 / (runs - 1) + by_item**2 / (items - 1) + rest**2 / ((runs - 1) * (items - 1))
    )
    assert found.freedom == pytest.approx(freedom)


def test_students_of_one_data_set_are_averaged_before_they_are_spread() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(6, 20))
    pairs = values.reshape(3, 2, 20).mean(axis=1)
    grouped, averaged = spread_of_mean(values, [0, 0, 1, 1, 2, 2]), spread_of_mean(pairs, [0, 1, 2])
    assert grouped.error == pytest.approx(averaged.error)
    assert grouped.freedom == pytest.approx(averaged.freedom)


def test_equal_answers_have_no_spread() -> None:
    found = spread_of_mean(np.ones((3, 5)), [0, 1, 2])
    assert (found.error, found.freedom) == (0.0, float("inf"))


def test_one_run_is_spread_over_items_alone() -> None:
    values = np.array([[0.0, 1.0, 1.0, 0.0]])
    found = spread_of_mean(values, [0])
    assert found.error == pytest.approx(values.std(ddof=1) / 2)
    assert found.freedom == pytest.approx(3)


@given(st.lists(st.integers(0, 3), min_size=1, max_size=8), st.integers(0, 1000))
def test_weights_are_shares_of_runs(groups: list[int], seed: int) -> None:
    weights = run_weights(groups, np.random.default_rng(seed), 50)
    assert weights.shape == (50, len(groups))
    assert np.allclose(weights.sum(axis=1), 1)
    if len(groups) == 1:
        assert (weights == 1).all()


@pytest.mark.parametrize("groups", [range(4), [0] * 4])
def test_redrawn_means_of_runs_vary_as_much_as_the_mean_does(groups: range | list[int]) -> None:
    values = np.array([0.1, 0.4, 0.5, 0.8])
    weights = run_weights(groups, np.random.default_rng(2), 40_000)
    assert (weights @ values).var() == pytest.approx(mean_variance(values, groups), rel=0.03)
    assert mean_variance(values, groups) == pytest.approx(values.var(ddof=1) / 4)


def test_a_data_seed_is_redrawn_whole_and_then_its_students() -> None:
    """Of two data seeds with equal students each, a redrawn mean knows only which data seeds were drawn."""
    values = np.repeat([0.0, 1.0], 3)[:, None] * np.ones(5)
    means = redrawn_means(values[None], np.random.default_rng(3), 4_000, [0, 0, 0, 1, 1, 1])[:, 0]
    half = np.sqrt(2) / 2
    found, counts = np.unique(means.round(6), return_counts=True)
    assert found == pytest.approx([0.5 - half, 0.5, 0.5 + half], abs=1e-5)
    assert counts / 4_000 == pytest.approx([0.25, 0.5, 0.25], abs=0.03)


def test_quantities_are_redrawn_together() -> None:
    stack = np.random.default_rng(5).random((1, 3, 30)) + np.array([0, 1, 5])[:, None, None]
    means = redrawn_means(stack, np.random.default_rng(6), 50)
    assert means.shape == (50, 3)
    assert np.allclose(means - means[:, :1], [0, 1, 5])


def test_what_cannot_be_redrawn_is_refused() -> None:
    rng = np.random.default_rng(7)
    with pytest.raises(ValueError, match="nothing to redraw"):
        redrawn_means(np.ones((1, 0, 3)), rng, 10)
    with pytest.raises(ValueError, match="2 data seeds are named for 3 runs"):
        redrawn_means(np.ones((1, 3, 3)), rng, 10, [0, 1])


def test_groups_keep_their_order() -> None:
    assert run_groups(["b", "a", "b"]) == [[0, 2], [1]]


@pytest.mark.parametrize(
    ("runs", "words"),
    [
        ((1,), "1 seed"),
        ((1,) * 10, "10 seeds"),
        ((3,), "1 data seed × 3 training seeds"),
        ((2, 2, 2), "3 data seeds × 2 training seeds"),
        ((2, 1), "3 runs of 2 data seeds"),
    ],
)
def test_a_design_in_words(runs: tuple[int, ...], words: str) -> None:
    assert design(runs) == words
