"""Planned designs: by hand, against experiments that are then made, and from runs that exist."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.evaluation.power import Arm, Noise, detectable, measured_noise
from simula.evaluation.statistics import compare

ASSUMED = Noise()


def test_ten_seeds_by_hand() -> None:
    """V_s = 2·0.0001/10 + 0.15/10,000 = 3.5e-5, V_i = 0.1/1000."""
    found = detectable(1000, 10, 1, Noise(luck_sd=0.01, discordant=0.25, between_seeds=0.15))
    assert found.same_items == pytest.approx((2.262157 + 0.883404) * np.sqrt(3.5e-5), rel=1e-5)
    freedom = 1.35e-4**2 / (3.5e-5**2 / 9 + 1e-4**2 / 999)
    assert freedom == pytest.approx(124.7, abs=0.1)
    assert found.items_redrawn == pytest.approx((1.97917 + 0.84463) * np.sqrt(1.35e-4), rel=1e-4)


def test_one_run_knows_items_alone() -> None:
    found = detectable(400, 1, 1, ASSUMED)
    assert found.items_redrawn == pytest.approx((1.959964 + 0.841621) * np.sqrt(0.25 / 400), rel=1e-6)
    assert found.same_items is None


def test_students_of_one_data_set_say_nothing_of_another() -> None:
    """With one data set only training's share of the luck is in the spread."""
    found = detectable(1000, 1, 5, replace(ASSUMED, data_share=0.75, luck_sd=0.02))
    variance = 2 * 0.0004 * 0.25 / 5 + 0.15 / 5000
    assert found.same_items == pytest.approx((2.776445 + 0.940965) * np.sqrt(variance), rel=1e-5)


def test_more_data_seeds_help_more_than_more_students_of_each() -> None:
    many_data = detectable(1500, 6, 1, ASSUMED).same_items
    many_students = detectable(1500, 3, 2, ASSUMED).same_items
    assert many_data is not None
    assert many_students is not None
    assert many_data < many_students


def test_holms_strictest_step_detects_less() -> None:
    alone, among = (detectable(1500, 10, 1, ASSUMED, family).items_redrawn for family in (1, 4))
    assert among > 1.1 * alone


@given(st.integers(2, 40), st.integers(1, 5), st.integers(2, 5000))
def test_more_seeds_never_hurt(data: int, training: int, items: int) -> None:
    here = detectable(items, data, training, ASSUMED)
    assert here.same_items is not None
    for more in ((data + 1, training), (data, training + 1)):
        there = detectable(items, *more, ASSUMED)
        assert there.same_items is not None
        assert there.same_items <= here.same_items * (1 + 1e-9)


@pytest.mark.parametrize("wrong", [(0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 0, 1), (1, 1, 1, 0)])
def test_nothing_detects_nothing(wrong: tuple[int, int, int, int]) -> None:
    with pytest.raises(ValueError, match="each must be at least 1"):
        detectable(wrong[0], wrong[1], wrong[2], ASSUMED, wrong[3])


def simulated(rng: np.random.Generator, lift: float, seeds: int, items: int) -> tuple[np.ndarray, ...]:
    """Two systems' answers: items of two kinds of difficulty, luck of seeds of 3 points."""
    share = np.where(rng.random(items) < 0.5, 0.2, 0.8)
    change = np.where(rng.random(items) < 0.5, 0.15, -0.15)
    luck = rng.normal(0, 0.03, (2, seeds, 1))
    return (
        rng.random((seeds, items)) < share + luck[0] + change / 2 + lift,
        rng.random((seeds, items)) < share + luck[1] - change / 2,
    )


def test_the_planned_difference_is_found_as_often_as_promised() -> None:
    """Noise measured on a pilot, a design planned from it, and 200 such experiments with that difference."""
    pilot = simulated(np.random.default_rng(1), 0.0, 40, 4000)
    arms = [Arm(right, range(40), [(seed,) for seed in range(40)]) for right in pilot]
    noise, counts = measured_noise(arms, ASSUMED)
    assert set(counts) == {"luck_sd", "between_seeds", "discordant"}
    planned = detectable(200, 5, 1, noise).items_redrawn
    rng, found = np.random.default_rng(2), 0
    for _ in range(200):
        found += compare(*simulated(rng, planned, 5, 200), rng, resamples=1000).decided
    assert found / 200 == pytest.approx(0.8, abs=0.08)


def test_noise_of_a_few_answers_by_hand() -> None:
    one = Arm(np.array([[1, 1, 0, 0], [1, 0, 0, 0]], bool), (0, 0), [(0, 0), (0, 1)])
    other = Arm(np.array([[1, 1, 1, 0]], bool), (0,), [(0, 1)])
    noise, counts = measured_noise([one, other], ASSUMED)
    assert noise.luck_sd == pytest.approx(np.sqrt(0.25**2 / 2 - 0.25 / 8), abs=1e-12)
    assert noise.between_seeds == pytest.approx(0.25)
    assert noise.discordant == pytest.approx(0.5)
    assert noise.data_share == ASSUMED.data_share
    assert counts == {"between_seeds": 1, "discordant": 1, "luck_sd": 2}


def test_nothing_measured_leaves_the_assumptions() -> None:
    assert measured_noise([], ASSUMED) == (ASSUMED, {})


def test_the_data_sets_share_of_the_luck() -> None:
    """60 data seeds of two students: what a data set does has 2.7 times a student's variance."""
    rng = np.random.default_rng(3)
    data = np.repeat(rng.normal(0, 0.10, 60), 2)
    shares = 0.5 + data + rng.normal(0, 0.0612, 120)
    right = np.arange(200) < (shares * 200).round()[:, None]
    arm = Arm(right, np.repeat(np.arange(60), 2).tolist(), [(at,) for at in range(120)])
    noise, counts = measured_noise([arm], ASSUMED)
    assert noise.data_share == pytest.approx(0.73, abs=0.08)
    assert counts["data_share"] == 1
