"""Coverage and power of the comparison in simulated experiments; the generators are seeded."""

from __future__ import annotations

import numpy as np
import pytest

from simula.evaluation.statistics import Comparison, compare


def chances(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def true_difference(lift: float, luck: float) -> float:
    rng = np.random.default_rng(0)
    item, seed = rng.normal(0, 1, 100_000), rng.normal(0, luck, (2, 100_000))
    return float(np.mean(chances(item + seed[1] + lift) - chances(item + seed[0])))


def experiments(data: int, training: int, items: int, lift: float, trials: int) -> list[Comparison]:
    """Items of different difficulty; luck of data sets and of trainings, 0.15 each on the logit."""
    rng = np.random.default_rng(4)
    groups = np.repeat(np.arange(data), training).tolist()
    found = []
    for _ in range(trials):
        item = rng.normal(0, 1, items)
        luck = np.repeat(rng.normal(0, 0.15, (2, data)), training, axis=1)
        luck += rng.normal(0, 0.15, luck.shape)
        second, first = (
            rng.random((data * training, items)) < chances(item + luck[at][:, None] + lift * at)
            for at in (0, 1)
        )
        found.append(compare(first, second, rng, resamples=300, groups=groups))
    return found


@pytest.mark.parametrize(
    ("data", "training", "items"), [(2, 1, 100), (3, 1, 100), (3, 2, 300), (5, 2, 100), (10, 1, 100)]
)
def test_the_interval_covers_the_truth(data: int, training: int, items: int) -> None:
    """Nominally 95 %; the standard error of 200 experiments is 1.5 points."""
    truth = true_difference(0.5, 0.15 * np.sqrt(2))
    covered = [one.low <= truth <= one.high for one in experiments(data, training, items, 0.5, 200)]
    assert 0.92 <= np.mean(covered) <= 0.985


def test_without_telling_data_seeds_apart_it_would_not() -> None:
    """The same experiments as three by two, taken as six independent runs: what the grouping is for."""
    rng = np.random.default_rng(4)
    truth, covered = true_difference(0.5, 0.5), 0
    for _ in range(150):
        item, luck = rng.normal(0, 1, 200), np.repeat(rng.normal(0, 0.5, (2, 3)), 4, axis=1)
        second, first = (
            rng.random((12, 200)) < chances(item + luck[at][:, None] + 0.5 * at) for at in (0, 1)
        )
        flat = compare(first, second, rng, resamples=300)
        covered += flat.low <= truth <= flat.high
    assert covered / 150 < 0.88


def test_a_detectable_difference_is_found_about_as_often_as_stated() -> None:
    """The planted difference is about what is called detectable; 80 % of the experiments decide for it."""
    found = experiments(6, 1, 120, 0.62, 200)
    truth = true_difference(0.62, 0.15 * np.sqrt(2))
    assert np.median([one.detectable for one in found]) == pytest.approx(truth, rel=0.12)
    assert np.mean([one.decided for one in found]) == pytest.approx(0.8, abs=0.08)
