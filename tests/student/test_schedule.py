"""Warm-up, cosine, and which checkpoint is kept."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.student.schedule import rate, warmup
from simula.student.selection import peak, smoothed, still_possible, validation_steps
from simula.student.settings import TrainingSettings


@pytest.mark.parametrize(
    ("steps", "expected"),
    [(1_000_000, 5000), (40_000, 2000), (5000, 500), (600, 300), (1, 0)],
)
def test_warmup_is_a_clamped_share(steps: int, expected: int) -> None:
    assert warmup(steps, TrainingSettings(warmup_share=0.05)) == expected


def test_the_rate_rises_to_its_peak_and_falls_to_almost_nothing() -> None:
    rates = [rate(step, 100, 10) for step in range(100)]
    assert max(rates) == rates[10] == 1
    assert rates[:10] == sorted(rates[:10])
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert rates[55] == pytest.approx(0.5)
    assert 0 < rates[-1] < 0.001


def test_one_step_is_taken_at_full_rate() -> None:
    assert rate(0, 1, 0) == 1


def test_validations_are_even_and_end_with_the_run() -> None:
    assert validation_steps(100, 4) == (25, 50, 75, 100)
    assert validation_steps(2, 5) == (1, 2)


def test_moving_average() -> None:
    assert smoothed([0.0, 3.0, 6.0, 0.0]) == [1.5, 3.0, 3.0, 3.0]


def test_a_single_spike_is_not_the_peak() -> None:
    accuracies = {10: 0.1, 20: 0.9, 30: 0.1, 40: 0.6, 50: 0.6, 60: 0.6}
    assert peak(accuracies) == 60
    assert peak({10: 0.2, 20: 0.5, 30: 0.5, 40: 0.5, 50: 0.1}) == 30


@given(st.lists(st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0]), min_size=1, max_size=9))
def test_what_is_chosen_in_the_end_was_possible_all_along(values: list[float]) -> None:
    accuracies = dict(enumerate(values, 1))
    chosen = peak(accuracies)
    for seen in range(chosen, len(values) + 1):
        possible = still_possible({step: accuracies[step] for step in range(1, seen + 1)})
        assert chosen in possible
        assert len(possible) <= 2
