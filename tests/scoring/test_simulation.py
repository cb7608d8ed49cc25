"""A scorer of known truth: do the ratings find it, and do the intervals hold it?"""

import numpy as np
import pytest
from scipy.stats import norm, spearmanr

from simula.scoring import EloSettings, ScoredBatch, compared, estimate, rate, schedule
from simula.scoring.simulation import score, split_normal

ELO = EloSettings()
ITEMS = 150


def test_the_true_scores_have_the_quartiles_that_were_asked_for() -> None:
    found = split_normal(30, 40, 70, 200_000, np.random.default_rng(0))
    assert np.quantile(found, [0.25, 0.5]) == pytest.approx([30, 40], abs=0.2)
    # The upper half: 40 + 30 / 0.6745 z. What is above 100, one item in 11, is at the end of the scale.
    assert np.quantile(found, 0.75) == pytest.approx(70, abs=0.3)
    assert (found == 100).mean() == pytest.approx(norm.sf(60 / (30 / norm.ppf(0.75))), abs=0.003)
    assert found.min() == 1


def test_a_scorer_without_noise_says_the_truth_in_steps() -> None:
    truth = np.array([1.0, 12.4, 12.6, 99.0])
    found = score([(0, 1), (3, 2)], truth, 0.0, 5, np.random.default_rng(0))
    assert found == [ScoredBatch((0, 1), (5, 10)), ScoredBatch((3, 2), (100, 15))]


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    return np.clip(np.random.default_rng(1).normal(50, 20, ITEMS), 5, 95)


@pytest.mark.parametrize(("noise", "least"), [(4, 0.98), (15, 0.85)])
def test_both_ratings_follow_the_truth(truth: np.ndarray, noise: float, least: float) -> None:
    draw = np.random.default_rng(2)
    batches = score(schedule(ITEMS, 5, 5, 2).batches, truth, noise, 5, draw)
    elo = [rating.elo for rating in rate(batches, ITEMS, ELO)]
    fitted = estimate(compared(batches, ITEMS), ELO, 0, 0).value
    by_elo, by_fit = (spearmanr(truth, each).statistic for each in (elo, fitted))
    assert by_elo > least - 0.05
    assert by_fit > least
    # What the order of comparisons adds to Elo is noise.
    assert by_fit > by_elo


def test_the_intervals_hold_the_rating_that_endless_batches_would_give(truth: np.ndarray) -> None:
    draw = np.random.default_rng(3)

    def fit(times: int, seed: int, resamples: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        batches = score(schedule(ITEMS, 5, times, seed).batches, truth, 10, 5, draw)
        found = estimate(compared(batches, ITEMS), ELO, resamples, seed)
        return found.value, found.low, found.high

    endless, _, _ = fit(400, 0, 0)
    held = []
    for seed in range(1, 5):
        _, low, high = fit(5, seed, 60)
        held.append((low <= endless) & (endless <= high))
    # 600 intervals of 95 %: their share has a standard error of about 1 point.
    assert 0.91 < np.mean(held) < 0.985
