"""What a pilot's counts say: how often the teacher errs, and how many wrong answers the critics leave.

Nobody knows the truth, so the teacher answers each question that it wrote a second time, without seeing its
first answer. With e the share of its wrong answers, and c the chance that two wrong ones are the same,

    agreement of all points       a  = (1 - e)² + c·e²
    agreement of accepted points  a' = (1 - e')(1 - e) + c·e'·e

give e and then e', the share of wrong answers among accepted rows. Errors of the two answers are taken as
independent: a teacher that errs alike both times looks better here than it is.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Vector = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Point:
    """One candidate of the pilot whose data point could be read."""

    complex: bool
    """Its scenario was rewritten to be harder."""
    accepted: bool
    """The critics let it pass."""
    agrees: bool
    """The teacher's second answer is its first."""


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share with the 95 % interval of the bootstrap over points; the interval is [0, 1] without a point."""

    value: float | None
    """None: there is no point."""
    low: float
    high: float
    points: int

    def __str__(self) -> str:
        if self.value is None:
            return "unknown"
        value, low, high = (round(100 * share) for share in (self.value, self.low, self.high))
        return f"{value} % [{low}, {high}]"


@dataclass(frozen=True, slots=True)
class Errors:
    """Of the plain or the complex points."""

    answers: Estimate
    """Wrong answers of the teacher."""
    rows: Estimate
    """Wrong answers among accepted rows."""
    removed: Estimate
    """By how much the critics lower the share of wrong answers."""
    refused: Estimate
    """Points that the critics refuse."""


def error_rate(agreement: float, alike: float) -> float:
    """The share e of wrong answers that gives this agreement, the smaller solution.

    Args:
        agreement: share of questions that two answers agree on.
        alike: chance that two wrong answers are the same.
    """
    # (1 + c)·e² - 2·e + (1 - a) = 0
    root = max(0.0, 1 - (1 + alike) * (1 - agreement))
    return min(1.0, (1 - math.sqrt(root)) / (1 + alike))


def row_error_rate(agreement: float, answers: float, alike: float) -> float:
    """The share e' of wrong answers among rows that agree so often with a second answer.

    Args:
        agreement: share of the rows whose second answer is the first.
        answers: share of wrong second answers.
        alike: chance that two wrong answers are the same.
    """
    span = (1 - answers) - alike * answers
    return min(1.0, max(0.0, ((1 - answers) - agreement) / span)) if span > 0 else 1.0


def errors(points: Sequence[Point], alike: float, draw: np.random.Generator, resamples: int) -> Errors:
    """What some points say, with intervals over which points were drawn.

    Args:
        points: the plain ones, or the complex ones, of a pilot.
        alike: chance that two wrong answers are the same: 1 / (options - 1) of a multiple choice, else 0.
        draw: the generator of the bootstrap.
        resamples: bootstrap resamples.
    """
    table = np.array([(point.accepted, point.agrees) for point in points], dtype=np.float64).reshape(-1, 2)
    count = len(table)
    drawn = draw.multinomial(count, np.full(count, 1 / count), size=resamples) if count else np.zeros((0, 0))

    def estimate(measure: Callable[[Vector], float], of: int) -> Estimate:
        if not of:
            return Estimate(None, 0.0, 1.0, 0)
        low, high = np.nanquantile([measure(weights) for weights in drawn], (0.025, 0.975))
        return Estimate(measure(np.ones(count)), float(low), float(high), of)

    accepted, agrees = table[:, 0], table[:, 1]

    def answers(weights: Vector) -> float:
        return error_rate(float(weights @ agrees / weights.sum()), alike)

    def rows(weights: Vector) -> float:
        among = float(weights @ accepted)
        if not among:
            return math.nan
        return row_error_rate(float(weights @ (accepted * agrees)) / among, answers(weights), alike)

    rows_there = int(accepted.sum())
    return Errors(
        answers=estimate(answers, count),
        rows=estimate(rows, rows_there),
        removed=estimate(lambda weights: answers(weights) - rows(weights), rows_there),
        refused=estimate(lambda weights: 1 - float(weights @ accepted / weights.sum()), count),
    )
