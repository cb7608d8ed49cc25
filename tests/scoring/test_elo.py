"""Ratings from scored batches."""

from itertools import combinations

import pytest
from drawn_batches import scored_batches
from hypothesis import given
from hypothesis import strategies as st

from simula.scoring import EloSettings, Rating, ScoredBatch, rate


def test_two_items_by_hand() -> None:
    # Equal ratings: expected 1/2. 80 against 20 is an outcome of 0.8: 32 * 0.3 = 9.6 points change hands.
    first = rate([ScoredBatch((0, 1), (80, 20))], 2, EloSettings())
    assert first == [Rating(80, pytest.approx(409.6), 1), Rating(20, pytest.approx(390.4), 1)]
    # Then 409.6 against 390.4: expected 1 / (1 + 10^(-19.2/400)) = 0.5276; a draw costs 32 * 0.0276 = 0.883.
    second = rate([ScoredBatch((0, 1), (80, 20)), ScoredBatch((1, 0), (50, 50))], 2, EloSettings())
    assert second[0] == Rating(65, pytest.approx(408.717, abs=1e-3), 2)
    assert second[1].elo == pytest.approx(391.283, abs=1e-3)


@given(scored_batches(), st.floats(1, 100))
def test_what_one_gains_another_loses(made: tuple[int, list[ScoredBatch]], k: float) -> None:
    items, batches = made
    found = rate(batches, items, EloSettings(k_factor=k))
    assert sum(rating.elo for rating in found) == pytest.approx(400 * items)


@given(scored_batches())
def test_it_is_the_plain_recurrence_over_the_pairs_in_their_order(
    made: tuple[int, list[ScoredBatch]],
) -> None:
    items, batches = made
    elo = [400.0] * items
    for batch in batches:
        for (a, s), (b, t) in combinations(zip(batch.items, batch.scores, strict=True), 2):
            outcome, expected = s / (s + t), 1 / (1 + 10 ** ((elo[b] - elo[a]) / 400))
            elo[a], elo[b] = elo[a] + 32 * (outcome - expected), elo[b] - 32 * (outcome - expected)
    assert [rating.elo for rating in rate(batches, items, EloSettings())] == pytest.approx(elo)


def test_a_batch_that_was_left_out_adds_nothing_and_shows() -> None:
    batches = [ScoredBatch((0, 1), (60, 30)), ScoredBatch((1, 2), (), "unreadable", "no JSON")]
    found = rate(batches, 3, EloSettings())
    assert [rating.appearances for rating in found] == [1, 1, 0]
    assert found[2] == Rating(None, 400.0, 0)


def test_start_and_scale_are_settings() -> None:
    settings = EloSettings(start=1000, k_factor=10, scale=100)
    high, low = rate([ScoredBatch((0, 1), (3, 1))] * 2, 2, settings)
    # 2.5 each; then expected 1 / (1 + 10^(-5/100)) = 0.52876.
    assert high.elo == pytest.approx(1002.5 + 10 * (0.75 - 0.52876), abs=1e-3)
    assert high.elo + low.elo == pytest.approx(2000)
