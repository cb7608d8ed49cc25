"""Two answers to one question tell how often a teacher errs, where its errors are independent."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simula.advice.estimate import Estimate, Point, error_rate, errors, row_error_rate

shares = some.floats(0, 0.5)
chances = some.sampled_from([0.0, 1 / 3, 1 / 9])


@given(wrong=shares, alike=chances)
def test_agreement_gives_the_share_of_wrong_answers_back(wrong: float, alike: float) -> None:
    agreement = (1 - wrong) ** 2 + alike * wrong**2
    assert error_rate(agreement, alike) == pytest.approx(wrong, abs=1e-6)


@given(wrong=some.floats(0, 0.4), rows=some.floats(0, 1), alike=chances)
def test_agreement_of_rows_gives_their_share_back(wrong: float, rows: float, alike: float) -> None:
    agreement = (1 - rows) * (1 - wrong) + alike * rows * wrong
    assert row_error_rate(agreement, wrong, alike) == pytest.approx(rows, abs=1e-6)


def test_by_hand() -> None:
    # 81 of 100 agree: one answer in ten is wrong. Of rows of which 90 % agree, none is.
    assert error_rate(0.81, 0.0) == pytest.approx(0.1)
    assert row_error_rate(0.9, 0.1, 0.0) == pytest.approx(0.0)
    assert row_error_rate(0.45, 0.1, 0.0) == pytest.approx(0.5)
    # More agreement than any error allows, or less, ends at the bounds.
    assert (error_rate(1.0, 0.0), error_rate(0.0, 0.0)) == (0.0, 1.0)
    assert row_error_rate(1.0, 0.1, 0.0) == 0.0


def world(draw: np.random.Generator, count: int, wrong: float, caught: float) -> list[Point]:
    """Points of a teacher that errs so often, and critics that refuse so many of the wrong ones."""
    first, second = draw.random(count) < wrong, draw.random(count) < wrong
    refused = first & (draw.random(count) < caught)
    return [
        Point(False, not no, not one and not other)
        for one, other, no in zip(first, second, refused, strict=True)
    ]


@pytest.mark.parametrize(("wrong", "caught"), [(0.1, 0.8), (0.3, 0.5), (0.45, 0.85)])
def test_intervals_hold_the_truth_about_as_often_as_they_say(wrong: float, caught: float) -> None:
    draw = np.random.default_rng(7)
    left = wrong * (1 - caught) / (1 - wrong * caught)
    held = np.zeros(3)
    for _ in range(60):
        found = errors(world(draw, 200, wrong, caught), 0.0, draw, 400)
        for place, (estimate, truth) in enumerate(
            ((found.answers, wrong), (found.rows, left), (found.removed, wrong - left))
        ):
            held[place] += estimate.low <= truth <= estimate.high
    assert (held / 60 > 0.85).all(), held


def test_no_point_and_no_row_say_nothing() -> None:
    draw = np.random.default_rng(0)
    nothing = errors([], 0.0, draw, 200)
    assert (nothing.answers.low, nothing.answers.high, nothing.answers.points) == (0.0, 1.0, 0)
    assert (nothing.answers.value, str(nothing.answers)) == (None, "unknown")
    refused = errors([Point(True, False, True)] * 20, 0.0, draw, 200)
    assert (refused.rows.low, refused.rows.high, refused.rows.points) == (0.0, 1.0, 0)
    assert refused.refused.value == 1


def test_shares_are_whole_percents_without_a_negative_nothing() -> None:
    assert str(Estimate(-0.003, -0.012, 0.004, 10)) == "0 % [-1, 0]"
