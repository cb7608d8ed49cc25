"""Ratings that depend on no order."""

from dataclasses import replace
from itertools import combinations

import evalica
import numpy as np
import pytest
import statsmodels.api as sm
from drawn_batches import scored_batches
from hypothesis import given, settings
from hypothesis import strategies as st

from simula.draws import generator
from simula.scoring import Comparisons, EloSettings, ScoredBatch, compared, estimate, online_elo, schedule
from simula.scoring.bradley_terry import strengths
from simula.scoring.simulation import score

ELO = EloSettings()


def scored() -> st.SearchStrategy[Comparisons]:
    return scored_batches().map(lambda made: compared(made[1], made[0]))


def simulated(items: int, size: int, times: int, seed: int = 0) -> Comparisons:
    draw = np.random.default_rng(seed)
    plan = schedule(items, size, times, seed)
    return compared(score(plan.batches, draw.uniform(5, 95, items), 8, 5, draw), items)


@given(scored())
def test_the_comparisons_are_the_pairs_of_each_batch_in_their_order(pairs: Comparisons) -> None:
    """Checked through `scored`'s own batches: those of several sizes come back into their order."""
    assert (np.diff(pairs.batch) >= 0).all()
    for batch in set(pairs.batch.tolist()):
        own = pairs.batch == batch
        members = list(dict.fromkeys([*pairs.first[own].tolist(), *pairs.second[own].tolist()]))
        assert list(zip(pairs.first[own], pairs.second[own], strict=True)) == list(combinations(members, 2))
    slow = [
        len({*pairs.batch[pairs.first == item], *pairs.batch[pairs.second == item]})
        for item in range(pairs.items)
    ]
    assert pairs.appearances.tolist() == slow


def test_batches_of_several_sizes_by_hand() -> None:
    batches = [
        ScoredBatch((0, 1, 2), (10, 30, 10)),
        ScoredBatch((3,), (50,)),
        ScoredBatch((2, 0), (20, 60)),
        ScoredBatch((1, 2, 3), (), "failed", "refused"),
        ScoredBatch((3, 1, 0), (10, 10, 90)),
    ]
    pairs = compared(batches, 5)
    assert pairs.first.tolist() == [0, 0, 1, 2, 3, 3, 1]
    assert pairs.second.tolist() == [1, 2, 2, 0, 1, 0, 0]
    assert pairs.outcome.tolist() == pytest.approx([0.25, 0.5, 0.75, 0.25, 0.5, 0.1, 0.1])
    assert pairs.batch.tolist() == [0, 0, 0, 2, 4, 4, 4]
    assert pairs.appearances.tolist() == [3, 2, 2, 1, 0]
    assert len(compared(batches[1:2], 4)) == 0


def test_two_items_by_hand() -> None:
    # 80 against 20: odds of 4, 400 log10(4) = 240.824 points apart, around the start.
    value = estimate(compared([ScoredBatch((0, 1), (80, 20))], 2), ELO, 0, 0).value
    assert value.tolist() == pytest.approx([520.412, 279.588], abs=1e-3)
    # Then a draw: the mean outcome is 0.65, 400 log10(0.65 / 0.35) = 107.538 points.
    both = compared([ScoredBatch((0, 1), (80, 20)), ScoredBatch((1, 0), (50, 50))], 2)
    assert np.ptp(estimate(both, ELO, 0, 0).value) == pytest.approx(107.538, abs=1e-3)


def test_scores_without_noise_are_found_again_as_their_logarithms() -> None:
    scores = (10, 20, 40, 80)
    batches = [ScoredBatch((0, 1, 2), scores[:3]), ScoredBatch((3, 1), (scores[3], scores[1]))]
    value = estimate(compared(batches, 4), EloSettings(start=1000, scale=200), 0, 0).value
    logs = np.log10(scores)
    assert value == pytest.approx(1000 + 200 * (logs - logs.mean()), abs=1e-3)


@pytest.mark.parametrize(("size", "times"), [(5, 5), (10, 2), (2, 4)])
def test_the_estimates_are_those_of_a_logistic_regression_and_of_evalica(size: int, times: int) -> None:
    pairs = simulated(30, size, times)
    found = strengths(pairs)
    # Slow and obvious: a column an item, 1 where it is first, -1 where it is second; the first item is 0.
    design = np.eye(30)[pairs.first] - np.eye(30)[pairs.second]
    fit = sm.GLM(pairs.outcome, design[:, 1:], family=sm.families.Binomial()).fit(tol=1e-12)
    slow = np.array([0.0, *fit.params])
    assert found == pytest.approx(slow - slow.mean(), abs=1e-6)
    # evalica has no soft outcomes: each is a win of its weight, and a loss of the rest.
    first, second = pairs.first.tolist(), pairs.second.tolist()
    winners = [evalica.Winner.X] * len(pairs) + [evalica.Winner.Y] * len(pairs)
    weights = [*pairs.outcome, *(1 - pairs.outcome)]
    theirs = evalica.bradley_terry(
        first * 2, second * 2, winners, weights=weights, tolerance=1e-9, limit=10_000
    )
    logs = np.log(theirs.scores.reindex(range(30)).to_numpy())
    assert found == pytest.approx(logs - logs.mean(), abs=1e-6)


@given(scored(), st.randoms(use_true_random=False))
@settings(max_examples=50)
def test_no_order_of_the_comparisons_matters_and_the_sum_stays(pairs: Comparisons, random: object) -> None:
    value = estimate(pairs, ELO, 0, 0).value
    assert value.sum() == pytest.approx(400 * pairs.items)
    order = np.random.default_rng(len(pairs)).permutation(len(pairs))
    turned = Comparisons(
        items=pairs.items,
        first=pairs.second[order],
        second=pairs.first[order],
        outcome=1 - pairs.outcome[order],
        batch=pairs.batch[order],
        appearances=pairs.appearances,
    )
    assert estimate(turned, ELO, 0, 0).value == pytest.approx(value, abs=1e-3)


def test_online_elo_does_depend_on_the_order() -> None:
    pairs = simulated(50, 5, 5)
    turned = replace(
        pairs,
        first=pairs.first[::-1].copy(),
        second=pairs.second[::-1].copy(),
        outcome=pairs.outcome[::-1].copy(),
    )
    there, back = (np.array(online_elo(each, ELO)) for each in (pairs, turned))
    assert np.abs(there - back).max() > 1
    assert there.sum() == pytest.approx(back.sum()) == pytest.approx(400 * 50)


def test_every_connected_part_and_every_item_without_a_pair_has_the_start_as_its_mean() -> None:
    batches = [ScoredBatch((0, 1), (90, 10)), ScoredBatch((2, 3, 4), (20, 30, 70))]
    value = estimate(compared(batches, 6), ELO, 0, 0).value
    assert value[:2].mean() == pytest.approx(400)
    assert value[2:5].mean() == pytest.approx(400)
    assert value[5] == 400
    assert estimate(compared([], 3), ELO, 2, 0).value.tolist() == [400.0] * 3


def test_a_weight_is_so_many_times_the_comparison() -> None:
    pairs = simulated(20, 4, 3)
    twice = np.concatenate((np.arange(len(pairs)), np.arange(30)))
    weights = np.where(np.arange(len(pairs)) < 30, 2.0, 1.0)
    columns = {name: getattr(pairs, name)[twice] for name in ("first", "second", "outcome", "batch")}
    assert strengths(pairs, weights) == pytest.approx(strengths(replace(pairs, **columns)), abs=1e-6)


def test_the_interval_is_the_spread_over_reweighted_batches_times_students_t() -> None:
    pairs = simulated(15, 5, 5)
    found = estimate(pairs, ELO, 8, seed=3)
    refits = [
        strengths(pairs, generator(3, turn, "bradley-terry").exponential(size=15)[pairs.batch])
        for turn in range(1, 9)
    ]
    spread = 400 / np.log(10) * np.std(refits, axis=0, ddof=1)
    # t(0.975) with 4 degrees of freedom: each item is in 5 batches.
    assert set(pairs.appearances.tolist()) == {5}
    assert found.high - found.value == pytest.approx(2.7764 * spread, rel=1e-3)
    assert found.value - found.low == pytest.approx(2.7764 * spread, rel=1e-3)
    again, other = estimate(pairs, ELO, 8, seed=3), estimate(pairs, ELO, 8, seed=4)
    assert (again.high == found.high).all()
    assert not (other.high == found.high).any()


def test_an_item_of_one_batch_has_no_interval() -> None:
    batches = [ScoredBatch((0, 1), (80, 20)), ScoredBatch((1, 2), (50, 40)), ScoredBatch((2, 1), (30, 30))]
    found = estimate(compared(batches, 4), ELO, 10, 0)
    assert np.isnan(found.low).tolist() == [True, False, False, True]
    assert np.isfinite(found.value).all()
