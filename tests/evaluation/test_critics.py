"""A critic's rates and what follows from them: by hand, from the paper's figure, against a known truth."""

import numpy as np
import pytest
from statsmodels.stats.proportion import proportion_confint

from simula.critique import Judged
from simula.draws import generator
from simula.evaluation.critics import (
    Tried,
    contradictions,
    controlled,
    empirical,
    expected_accuracy,
    mean,
)

YES, NO = Judged("yes", "no"), Judged("no", "yes")
BOTH, NEITHER = Judged("yes", "yes"), Judged("no", "no")
LOST = Judged("undecided", "undecided", "blocked")


def draw() -> np.random.Generator:
    return generator(0, "test")


def tried(
    right: Judged, corrupted: Judged | None, own: Judged | None = None, own_right: bool = False
) -> Tried:
    return Tried(right=right, corrupted=corrupted, own=own, own_right=own_right)


# Nine right answers accepted and three corrupted ones; the teacher answered eight, six of them right.
TEN = [
    *[tried(YES, NO, YES, True)] * 5,
    tried(YES, NO, NO, True),
    tried(YES, YES, YES, False),
    tried(YES, YES, NO, False),
    tried(YES, YES),
    tried(NO, NO),
]


def test_expected_accuracy_by_hand() -> None:
    found = controlled(TEN, "double", None, draw())
    assert (found.pairs, found.undecided) == (10, 0)
    assert (found.right_accepted.value, found.corrupted_accepted.value) == (0.9, 0.3)
    assert found.corrupted_refused.count == 7
    assert (found.teacher_accuracy.count, found.teacher_accuracy.of) == (6, 8)
    # A = 0.75 * 0.9 + 0.25 * 0.3 = 0.75; 0.75 * 0.9 / 0.75 = 0.9.
    assert found.rejection.value == pytest.approx(0.25)
    assert found.accuracy.value == pytest.approx(0.9)
    # With a teacher that is always right nothing wrong is left, and one in ten is rejected all the same.
    sure = controlled(TEN, "double", 1.0, draw())
    assert (sure.accuracy.value, sure.accuracy.low, sure.accuracy.high) == pytest.approx((1, 1, 1))
    assert sure.rejection.value == pytest.approx(0.1)


def test_what_a_critic_filters_by_hand() -> None:
    found = empirical(TEN, "double")
    assert (found.answers, found.undecided) == (8, 0)
    assert (found.before.count, found.before.of) == (6, 8)
    assert (found.accepted.count, found.accepted.of) == (5, 6)
    assert (found.rejected.count, found.rejected.of) == (1, 2)
    assert (found.rejection.count, found.rejection.of) == (2, 8)
    assert (found.right_accepted.count, found.right_accepted.of) == (5, 6)
    assert (found.wrong_refused.count, found.wrong_refused.of) == (1, 2)


def test_the_single_critics_and_what_they_contradict_each_other_about() -> None:
    four = [tried(YES, BOTH), tried(BOTH, NO), tried(NEITHER, BOTH), tried(YES, NEITHER)]
    rates = {
        critic: (found.right_accepted.count, found.corrupted_accepted.count)
        for critic in ("correct", "incorrect", "double")
        if (found := controlled(four, critic, 0.5, draw()))
    }
    assert rates == {"correct": (3, 2), "incorrect": (3, 1), "double": (2, 0)}
    gap = contradictions([answer for one in four for answer in (one.right, one.corrupted) if answer])
    assert (gap.both_yes.count, gap.both_no.count, gap.contradicted.count, gap.both_yes.of) == (3, 2, 5, 8)


def test_what_is_undecided_or_lost_is_in_no_rate_and_counted() -> None:
    some = [
        *TEN,
        tried(LOST, NO),
        tried(YES, LOST),
        tried(YES, None),
        tried(YES, NO, LOST, True),
        tried(Judged("yes", "undecided"), Judged("no", "undecided")),
    ]
    found = controlled(some, "double", 0.75, draw())
    assert (found.pairs, found.undecided) == (11, 3)
    assert controlled(some, "correct", 0.75, draw()).undecided == 2
    assert (empirical(some, "double").answers, empirical(some, "double").undecided) == (8, 1)
    assert contradictions([LOST, YES, BOTH]).both_yes.of == 2
    nothing = controlled([], "double", None, draw())
    assert (nothing.right_accepted.value, nothing.accuracy.value, nothing.accuracy.low) == (None, None, None)
    refused = controlled([tried(NO, NO)] * 3, "double", 0.5, draw())
    assert (refused.accuracy.value, refused.rejection.value) == (None, 1.0)


def test_the_rates_have_wilson_s_interval() -> None:
    found = controlled(TEN, "double", None, draw())
    for one in (found.right_accepted, found.corrupted_accepted, found.teacher_accuracy):
        low, high = proportion_confint(one.count, one.of, method="wilson")
        assert (one.low, one.high) == pytest.approx((low, high))


# Level: accuracy before, expected accuracy of what is accepted, rejected, in percent (Figure 3a).
FIGURE_3A = {1: (97, 99, 4), 2: (95, 99, 6), 3: (93, 98, 8), 4: (85, 94, 14), 5: (72, 86, 23)}


def test_the_paper_s_figure_follows_from_acceptance_rates_that_are_possible() -> None:
    rates = {}
    for level, percents in FIGURE_3A.items():
        mu, expected, rejected = (percent / 100 for percent in percents)
        accepted = 1 - rejected
        right, corrupted = expected * accepted / mu, (1 - expected) * accepted / (1 - mu)
        assert 0.9 < right < 1
        assert 0 < corrupted < 0.5
        rates[level] = right, corrupted
        assert expected_accuracy(np.array(mu), np.array(right), np.array(corrupted)) == pytest.approx(
            expected
        )
    # The critic lets through more of what is wrong where the problems are hard, and less of what is right.
    assert rates[5][0] < rates[1][0]
    assert rates[5][1] > rates[2][1]
    # Of 1,000 problems of level 5 with these very shares the whole way gives the printed numbers.
    right, corrupted = (round(1000 * rate) for rate in rates[5])
    both = round(right * corrupted / 1000)
    table = [(YES, YES)] * both + [(YES, NO)] * (right - both) + [(NO, YES)] * (corrupted - both)
    table += [(NO, NO)] * (1000 - len(table))
    found = controlled([tried(*pair) for pair in table], "double", 0.72, draw())
    assert (found.accuracy.value, found.rejection.value) == pytest.approx((0.86, 0.23), abs=0.001)
    assert found.accuracy.low is not None
    assert found.accuracy.high is not None
    assert found.accuracy.low < 0.86 < found.accuracy.high < found.accuracy.low + 0.04


def test_the_intervals_cover_the_truth_as_often_as_they_say() -> None:
    """Right and corrupted answers of one question share a chance, so that the two rates go together."""
    truth = np.random.default_rng(3)
    mu, right, corrupted = 0.8, 0.9, 0.3
    expected = mu * right / (mu * right + (1 - mu) * corrupted)
    rejected = 1 - mu * right - (1 - mu) * corrupted
    covered = np.zeros(2)
    for _ in range(300):
        shared = truth.random((80, 1))
        own = np.where(truth.random((80, 2)) < 0.5, shared, truth.random((80, 2)))
        answers = [
            Tried(YES if y < right else NO, YES if c < corrupted else NO, YES, bool(correct))
            for (y, c), correct in zip(own, truth.random(80) < mu, strict=True)
        ]
        found = controlled(answers, "double", None, truth)
        for at, (one, true) in enumerate(((found.accuracy, expected), (found.rejection, rejected))):
            assert one.low is not None
            assert one.high is not None
            covered[at] += one.low <= true <= one.high
    assert (covered / 300 > 0.92).all(), covered / 300
    assert (covered / 300 < 0.985).all(), covered / 300


def test_the_mean_has_student_s_interval() -> None:
    found = mean([1.0, 2.0, 3.0])
    # t(0.975, 2) = 4.3027, s = 1, sqrt(3).
    assert (found.value, found.low, found.high) == pytest.approx((2, 2 - 2.4841, 2 + 2.4841), abs=1e-4)
    assert (mean([4.0]).value, mean([4.0]).low, mean([]).value) == (4.0, None, None)
