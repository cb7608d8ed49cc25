"""How good critics are (Section 3.6): at answers made wrong on purpose, and at a teacher's own answers.

The acceptance rates p(y) and p(y_corrupt) of right answers and of the same made wrong give, with a teacher
of accuracy μ, what a critic can be expected to leave: A = μ·p(y) + (1−μ)·p(y_corrupt) is accepted, of which
μ·p(y)/A is right, and 1 − A is rejected. What it really leaves is counted on the teacher's own answers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import stdtrit

from simula.critique import Asked, Judged
from simula.evaluation.statistics import wilson

Floats = npt.NDArray[np.float64]

CRITICS: tuple[Asked, ...] = ("correct", "incorrect", "double")
_DRAWS = 10_000
"""Draws behind an interval of a derived number."""
_ENDS = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `of`, with the 95 % Wilson interval; of nothing, no value and the whole range."""

    count: int
    of: int
    value: float | None
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number and the ends of its 95 % interval; None where they cannot be known."""

    value: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Tried:
    """One question, and what a critic said of the answers to it."""

    right: Judged
    """Of the right answer."""
    corrupted: Judged | None
    """Of that made wrong; None where no corruption could be had."""
    own: Judged | None
    """Of the teacher's own answer; None where it gave none."""
    own_right: bool = False
    """Whether the teacher's own answer is right."""
    elo: float | None = None
    """The question's rated complexity; None where it is not rated."""


@dataclass(frozen=True, slots=True)
class Controlled:
    """A critic on right answers and on the same made wrong."""

    pairs: int
    """Questions of which it decided on both."""
    undecided: int
    """Questions with both answers of which it did not; in no rate."""
    right_accepted: Share
    """p(y), its specificity: of the right answers those accepted."""
    corrupted_accepted: Share
    """p(y_corrupt)."""
    corrupted_refused: Share
    """1 − p(y_corrupt), its sensitivity: of the wrong answers those refused."""
    teacher_accuracy: Share
    """μ: of the teacher's own answers those that are right; a μ that is given has no interval."""
    accuracy: Estimate
    """Expected accuracy of what is accepted, μ·p(y)/A."""
    rejection: Estimate
    """Expected share that is rejected, 1 − A."""


@dataclass(frozen=True, slots=True)
class Empirical:
    """A critic on the teacher's own answers."""

    answers: int
    """Those that it decided on."""
    undecided: int
    """Those that it did not; in no rate."""
    before: Share
    """Of these answers those that are right."""
    accepted: Share
    """Of the accepted ones those that are right."""
    rejected: Share
    """Of the rejected ones those that are right."""
    rejection: Share
    right_accepted: Share
    """Specificity, on right answers of the teacher's own."""
    wrong_refused: Share
    """Sensitivity, on its own mistakes."""
    elo_accepted: Estimate
    """Mean complexity of the questions whose answers are accepted."""
    elo_rejected: Estimate


@dataclass(frozen=True, slots=True)
class Contradictions:
    """The sycophancy gap: how often the two questions contradict each other about one answer."""

    both_yes: Share
    """Correct and incorrect: a yes that pleases."""
    both_no: Share
    """Neither correct nor incorrect."""
    contradicted: Share
    """Either."""


def controlled(
    tried: Sequence[Tried], critic: Asked, accuracy: float | None, draw: np.random.Generator
) -> Controlled:
    """How a critic does on right answers and on the same made wrong.

    The rates have Wilson's interval. That of a derived number holds the middle 95 % of its values over
    draws: the four shares of questions (right and wrong answer each accepted or not) from a Dirichlet
    distribution of the counts with 1/4 added to each, μ from a Beta distribution with 1/2 added. So p(y) and
    p(y_corrupt) come from one question, as they do, and each has Jeffreys's distribution, which is honest at
    0 % and 100 % (Brown, Cai and DasGupta 2001). The interval is widened to hold the number itself.

    Args:
        tried: the questions; those whose corruption was lost are left out.
        critic: which of the critics.
        accuracy: μ; None: that of the teacher's own answers, all of those it gave.
        draw: the generator of the draws.
    """
    decided = [
        (one.right.accepts(critic), one.corrupted.accepts(critic))
        for one in tried
        if one.corrupted is not None
    ]
    pairs = [(bool(y), bool(corrupt)) for y, corrupt in decided if y is not None and corrupt is not None]
    answers = [one.own_right for one in tried if one.own is not None]
    table = np.array([pairs.count(kind) for kind in _KINDS], dtype=np.float64)
    mu = share(sum(answers), len(answers)) if accuracy is None else Share(0, 0, accuracy, accuracy, accuracy)
    expect = _expected(table, mu, draw)
    refused = sum(not corrupt for _, corrupt in pairs)
    return Controlled(
        pairs=len(pairs),
        undecided=len(decided) - len(pairs),
        right_accepted=share(sum(y for y, _ in pairs), len(pairs)),
        corrupted_accepted=share(len(pairs) - refused, len(pairs)),
        corrupted_refused=share(refused, len(pairs)),
        teacher_accuracy=mu,
        accuracy=expect(expected_accuracy),
        rejection=expect(lambda mu, p, q: 1 - acceptance(mu, p, q)),
    )


def acceptance(mu: Floats, right: Floats, corrupted: Floats) -> Floats:
    """A = μ·p(y) + (1−μ)·p(y_corrupt) (Section 3.6)."""
    return mu * right + (1 - mu) * corrupted


def expected_accuracy(mu: Floats, right: Floats, corrupted: Floats) -> Floats:
    """μ·p(y)/A (Section 3.6); not a number where nothing is accepted."""
    with np.errstate(invalid="ignore"):
        return np.asarray(mu * right / acceptance(mu, right, corrupted))


def empirical(tried: Sequence[Tried], critic: Asked) -> Empirical:
    """How a critic filters the teacher's own answers."""
    answered = [one for one in tried if one.own is not None]
    decided = [
        (one, bool(said)) for one, said in ((one, _own(one, critic)) for one in answered) if said is not None
    ]
    accepted = [one for one, said in decided if said]
    rejected = [one for one, said in decided if not said]
    kept, dropped = (sum(one.own_right for one in some) for some in (accepted, rejected))
    wrong = len(decided) - kept - dropped
    return Empirical(
        answers=len(decided),
        undecided=len(answered) - len(decided),
        before=share(kept + dropped, len(decided)),
        accepted=share(kept, len(accepted)),
        rejected=share(dropped, len(rejected)),
        rejection=share(len(rejected), len(decided)),
        right_accepted=share(kept, kept + dropped),
        wrong_refused=share(len(rejected) - dropped, wrong),
        elo_accepted=mean([one.elo for one in accepted if one.elo is not None]),
        elo_rejected=mean([one.elo for one in rejected if one.elo is not None]),
    )


def contradictions(judged: Sequence[Judged]) -> Contradictions:
    """How often the two questions get answers that contradict each other, over what both decided on."""
    pairs = [(one.correct, one.incorrect) for one in judged if one.accepts("double") is not None]
    yes, no = pairs.count(("yes", "yes")), pairs.count(("no", "no"))
    return Contradictions(share(yes, len(pairs)), share(no, len(pairs)), share(yes + no, len(pairs)))


def share(count: int, of: int) -> Share:
    """A share with its interval."""
    return Share(count, of, count / of, *wilson(count, of)) if of else Share(0, 0, None, 0.0, 1.0)


def mean(values: Sequence[float]) -> Estimate:
    """The mean with its 95 % interval, ± t(0.975, n−1)·s/sqrt(n); one value says nothing of the spread."""
    if len(values) < 2:
        return Estimate(values[0] if values else None, None, None)
    middle, half = float(np.mean(values)), float(np.std(values, ddof=1) / np.sqrt(len(values)))
    half *= float(stdtrit(len(values) - 1, _ENDS[1]))
    return Estimate(middle, middle - half, middle + half)


_KINDS = ((True, True), (True, False), (False, True), (False, False))
"""Right answer accepted or not, corrupted one accepted or not."""


def _own(one: Tried, critic: Asked) -> bool | None:
    return None if one.own is None else one.own.accepts(critic)


def _expected(
    table: Floats, mu: Share, draw: np.random.Generator
) -> Callable[[Callable[[Floats, Floats, Floats], Floats]], Estimate]:
    """A way from a function of μ, p(y) and p(y_corrupt) to its value and interval."""
    if mu.value is None or not table.sum():
        return lambda measure: Estimate(None, None, None)
    cells = draw.dirichlet(table + 1 / 4, size=_DRAWS)
    shares = table / table.sum()
    drawn = (
        draw.beta(mu.count + 1 / 2, mu.of - mu.count + 1 / 2, size=_DRAWS)
        if mu.of
        else np.full(_DRAWS, mu.value)
    )

    def estimate(measure: Callable[[Floats, Floats, Floats], Floats]) -> Estimate:
        value = float(measure(np.array(mu.value), shares[0] + shares[1], shares[0] + shares[2]))
        low, high = np.nanquantile(
            measure(drawn, cells[:, 0] + cells[:, 1], cells[:, 0] + cells[:, 2]), _ENDS
        )
        if np.isnan(value):
            return Estimate(None, None, None)
        return Estimate(value, min(float(low), value), max(float(high), value))

    return estimate
