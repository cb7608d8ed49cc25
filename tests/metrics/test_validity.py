"""Agreement of scores with people, beside scikit-learn's own ways."""

import numpy as np
import pytest
from sklearn.cluster import KMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score, roc_auc_score

from simula.metrics.validity import ValiditySettings, auc, validity

FEW = ValiditySettings(resamples=40)


def judged(items: int, noise: float, seed: int = 0) -> tuple[np.ndarray, list[str], np.ndarray]:
    """Scores of three levels, and a model that errs more on the third."""
    draw = np.random.default_rng(seed)
    level = draw.integers(1, 4, items)
    scores = 20.0 * level + draw.normal(0, noise, items)
    return scores, [f"level {each}" for each in level], draw.random(items) > 0.25 * level


def test_clusters_that_are_the_levels_agree_wholly() -> None:
    scores = np.array([1.0, 2.0, 1.5, 50.0, 51.0, 98.0, 99.0, 97.0] * 10)
    levels = list("aaabbccc") * 10
    found = validity(scores, levels, None, FEW, np.random.default_rng(0))
    assert found.nmi == pytest.approx((1, 1, 1))
    assert found.nmi_by_chance is not None
    assert found.nmi_by_chance.high < 0.3
    assert found.ari == pytest.approx((1, 1, 1))
    assert found.auc is None
    assert found.points == 80


def test_the_numbers_are_scikit_learns() -> None:
    scores, levels, right = judged(400, 12)
    found = validity(scores, levels, right, FEW, np.random.default_rng(0))
    # From any of many beginnings the best clusters in one dimension are the same.
    labels = KMeans(3, n_init=50, random_state=7).fit_predict(scores[:, None])
    assert found.nmi is not None
    assert found.ari is not None
    assert found.auc is not None
    assert found.nmi.value == pytest.approx(normalized_mutual_info_score(levels, labels), abs=1e-3)
    assert found.ari.value == pytest.approx(adjusted_rand_score(levels, labels), abs=1e-3)
    fit = LogisticRegression(C=1e6).fit(scores[:, None], right)
    assert found.auc.value == pytest.approx(roc_auc_score(right, fit.decision_function(scores[:, None])))
    assert fit.coef_[0, 0] < 0
    for ranged in (found.nmi, found.ari, found.auc):
        assert ranged.low < ranged.value < ranged.high


def test_the_area_by_hand_with_a_tie() -> None:
    # Right: 1, 2, 3; wrong: 2, 5. Of six pairs the wrong one is higher in four and equal in one: 4.5 of 6.
    scores, right = np.array([1.0, 2.0, 3.0, 2.0, 5.0]), np.array([True, True, True, False, False])
    assert auc(scores, right) == pytest.approx(4.5 / 6)
    assert auc(-scores, right) == auc(scores, right)
    assert auc(scores, ~right) == auc(scores, right)
    assert auc(scores, np.ones(5, dtype=bool)) is None


def test_the_area_by_hand_is_counted_pair_by_pair() -> None:
    scores, _, right = judged(60, 15, seed=3)
    pairs = [(high > low) + (high == low) / 2 for high in scores[~right] for low in scores[right]]
    assert auc(scores, right) == pytest.approx(max(np.mean(pairs), 1 - np.mean(pairs)))


def test_intervals_hold_no_agreement_where_there_is_none() -> None:
    draw = np.random.default_rng(5)
    scores, levels = draw.normal(size=300), [str(each) for each in draw.integers(1, 4, 300)]
    found = validity(scores, levels, draw.random(300) < 0.5, ValiditySettings(resamples=80), draw)
    assert found.auc is not None
    assert found.auc.low < 0.5 < found.auc.high
    assert found.ari is not None
    assert found.nmi is not None
    assert abs(found.ari.value) < 0.02
    # Percentiles cannot show that NMI is nothing; what permuted levels give does.
    assert found.nmi.low > 0
    assert found.nmi_by_chance is not None
    assert found.ari_by_chance is not None
    assert found.nmi_by_chance.low <= found.nmi.value <= found.nmi_by_chance.high
    assert found.ari_by_chance.low <= found.ari.value <= found.ari_by_chance.high
    assert found.ari_by_chance.low < 0 < found.ari_by_chance.high


def test_what_is_by_chance_is_the_agreement_with_any_order_of_the_levels() -> None:
    # Three plain clusters of ten, and levels of unequal numbers.
    clusters = np.repeat([0, 1, 2], 10)
    scores, levels = 40.0 * clusters + np.tile(np.arange(10.0), 3), list("aab" * 8 + "cccccc")
    found = validity(scores, levels, None, ValiditySettings(resamples=150), np.random.default_rng(0))
    draw = np.random.default_rng(1)
    orders = [draw.permutation(levels) for _ in range(300)]
    for measure, told in (
        (normalized_mutual_info_score, found.nmi_by_chance),
        (adjusted_rand_score, found.ari_by_chance),
    ):
        every = [measure(order, clusters) for order in orders]
        assert told == pytest.approx((np.mean(every), *np.quantile(every, (0.025, 0.975))), abs=0.06)
    assert found.ari_by_chance is not None
    assert found.ari_by_chance.value == pytest.approx(0, abs=0.02)


def test_what_cannot_be_computed_is_none() -> None:
    levels, right = ["1", "2", "1", "2"], np.array([True] * 4)
    same = validity(np.full(4, 400.0), levels, right, FEW, np.random.default_rng(0))
    assert (same.nmi, same.ari, same.auc) == (None, None, None)
    one = validity(np.arange(4.0), ["1"] * 4, None, FEW, np.random.default_rng(0))
    assert one.nmi is None
    # Few different scores: resamples with fewer than there are clusters are left out.
    few = validity(np.array([1.0, 1.0, 2.0, 3.0]), levels, None, FEW, np.random.default_rng(0))
    assert few.nmi is not None


def test_the_same_generator_gives_the_same_intervals() -> None:
    scores, levels, right = judged(100, 12)
    one, again = (validity(scores, levels, right, FEW, np.random.default_rng(2)) for _ in range(2))
    assert one == again
