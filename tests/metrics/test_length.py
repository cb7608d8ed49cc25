"""The regression of a rating on length, beside statsmodels, and ranks beside scipy."""

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import rankdata, spearmanr

from simula.metrics.length import LengthEffect, length_effect
from simula.metrics.ranged import Ranged, ranks, spearman

VALUES = st.lists(st.integers(0, 9), min_size=1, max_size=30)


@given(VALUES)
def test_ranks_are_scipys(values: list[int]) -> None:
    assert ranks(values) == pytest.approx(rankdata(values))


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=30))
def test_rank_correlation_is_scipys(pairs: list[tuple[int, int]]) -> None:
    one, other = zip(*pairs, strict=True)
    if len(set(one)) == 1 or len(set(other)) == 1:
        assert spearman(one, other) is None
    else:
        assert spearman(one, other) == pytest.approx(spearmanr(one, other).statistic)


def test_a_line_by_hand() -> None:
    # Words 8, 16, 32, 32: doublings 3, 4, 5, 5; deviations from 4.25: -1.25, -0.25, 0.75, 0.75.
    found = length_effect(np.array([390.0, 400.0, 402.0, 418.0]), np.array([8, 16, 32, 32]))
    assert found is not None
    # Ratings' deviations from 402.5: -12.5, -2.5, -0.5, 15.5. Σxy = 27.5, Σx² = 2.75: 10 points a doubling.
    assert found.slope.value == pytest.approx(10)
    # Residuals 0, 0, -8, 8: s² = 128 / 2, s / sqrt(2.75) = 4.8242, t(0.975, 2) = 4.3027.
    assert found.slope.high - 10 == pytest.approx(4.8242 * 4.3027, rel=1e-4)
    assert found.r2 == pytest.approx(1 - 128 / (12.5**2 + 2.5**2 + 0.5**2 + 15.5**2))


def test_the_line_is_that_of_statsmodels() -> None:
    draw = np.random.default_rng(0)
    words = draw.integers(5, 200, 300).astype(float)
    ratings = 400 + 12 * np.log2(words) + draw.normal(0, 30, 300)
    found = length_effect(ratings, words)
    fit = sm.OLS(ratings, sm.add_constant(np.log2(words))).fit()
    assert found is not None
    assert found.slope == pytest.approx((fit.params[1], *fit.conf_int()[1]))
    assert found.r2 == pytest.approx(fit.rsquared)
    assert LengthEffect.from_json(found.to_json()) == found


def test_without_different_lengths_or_ratings_there_is_no_line() -> None:
    assert length_effect(np.array([1.0, 2.0, 3.0]), np.array([7, 7, 7])) is None
    assert length_effect(np.array([1.0, 1.0, 1.0]), np.array([7, 8, 9])) is None
    assert length_effect(np.array([1.0, 2.0]), np.array([7, 8])) is None
    assert length_effect(np.array([1.0, 2.0, 3.0]), np.array([0, 1, 1])) is None  # none counts as one


def test_the_sentence_warns_where_length_explains_more_than_little() -> None:
    little = LengthEffect(9, Ranged(5.25, 2.0, 8.5), 0.04, 0.2).sentence("complexity Elo")
    assert little == (
        "a doubling of the words goes with +5.2 points of complexity Elo [+2.0, +8.5]; "
        "length explains little of it (R² 0.04, Spearman +0.20)"
    )
    most = LengthEffect(9, Ranged(-50.0, -60.0, -40.0), 0.6, -0.8).sentence("complexity Elo")
    assert "-50.0 points of complexity Elo [-60.0, -40.0]; length explains most of it" in most
    assert most.endswith(": do not take long for high complexity Elo")
