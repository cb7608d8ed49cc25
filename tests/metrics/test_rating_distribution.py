"""How ratings are distributed, beside slow and obvious ways."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde

from simula.metrics.distribution import axis, distribution


def test_the_density_is_the_plain_kernel_estimate() -> None:
    draw = np.random.default_rng(0)
    values = np.concatenate((draw.normal(350, 30, 300), draw.normal(450, 20, 200)))
    places = axis([values])
    found = distribution(values, places, draw, 20)
    plain = gaussian_kde(values)(places)  # Scott's bandwidth is its default
    assert found.density == pytest.approx(plain, abs=0.01 * plain.max())
    assert np.trapezoid(found.density, places) == pytest.approx(1, abs=0.01)
    assert found.mode.value == pytest.approx(places[plain.argmax()], abs=2)
    assert (found.low <= found.high).all()


def test_mean_and_quantiles_with_the_spread_that_theory_says() -> None:
    draw = np.random.default_rng(1)
    values = draw.normal(400, 50, 1000)
    found = distribution(values, axis([values]), draw, 400)
    assert found.points == 1000
    assert found.mean.value == pytest.approx(values.mean())
    assert found.q05.value == pytest.approx(np.quantile(values, 0.05))
    assert found.q95.value == pytest.approx(np.quantile(values, 0.95))
    half = 1.96 * values.std() / np.sqrt(1000)
    assert found.mean.high - found.mean.low == pytest.approx(2 * half, rel=0.2)
    for ranged in found.numbers.values():
        assert ranged.low <= ranged.value <= ranged.high


def test_sets_on_one_axis_fit_on_it() -> None:
    low, high = np.array([100.0, 110.0]), np.array([500.0, 520.0, 540.0])
    places = axis([low, high])
    assert places[0] < 100
    assert places[-1] > 540
    found = distribution(high, places, np.random.default_rng(0), 5)
    assert places[found.density.argmax()] == pytest.approx(520, abs=10)


def test_equal_ratings_have_a_mode_and_no_width() -> None:
    values = np.full(7, 400.0)
    found = distribution(values, axis([values]), np.random.default_rng(0), 5)
    assert found.mean == (400, 400, 400)
    assert found.mode.value == pytest.approx(400, abs=0.01)
    assert found.to_json()["5 % quantile"] == [400.0, 400.0, 400.0]


def test_it_is_the_same_for_the_same_generator() -> None:
    values = np.random.default_rng(0).normal(400, 40, 50)
    one, again = (distribution(values, axis([values]), np.random.default_rng(3), 10) for _ in range(2))
    assert one.to_json() == again.to_json()
    assert (one.low == again.low).all()
