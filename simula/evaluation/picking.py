"""Choosing one of several learning rates, and what choosing it on the test items would add."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from simula.evaluation.spread import Groups, spread_of_mean


@dataclass(frozen=True, slots=True)
class Picked:
    """One of several learning rates, for all runs of a system at a size."""

    by: Literal["validation", "test"]
    rates: tuple[float, ...]
    validation: tuple[float | None, ...]
    """Mean accuracy of each on held-out synthetic rows; None where none were held out."""
    test: tuple[float, ...]
    """Mean accuracy of each on the test items."""
    chosen: int
    """Place of the chosen one."""
    best: int
    """Place of the best one on the test items."""
    bias: float
    """What picking on test adds to the picked accuracy if all rates are equally good (`winners_curse`)."""

    @property
    def rate(self) -> float:
        """The chosen learning rate."""
        return self.rates[self.chosen]

    @property
    def difference(self) -> float:
        """Accuracy of the best on test minus that of the chosen one: 0 or more, 0 where they are the same."""
        return self.test[self.best] - self.test[self.chosen]


def pick(
    rates: Sequence[float],
    validation: Sequence[Sequence[float | None]],
    right: npt.NDArray[np.bool_],
    by: Literal["validation", "test"],
    groups: Groups | None = None,
) -> Picked | None:
    """The learning rate whose runs are best on average, "per version and size" as the paper has it.

    Args:
        rates: those tried.
        validation: of each rate the accuracy of each run on held-out synthetic rows.
        right: on test items, shape (rates, runs, items); the same runs and items for all rates.
        by: what decides. The paper does not say on what its "better on average" was seen.
        groups: the data seed of each run; None: each run has its own.

    Of equals the first is taken. None where the validation has to decide and a run has none.
    """
    known = [
        None if None in runs else float(np.mean([v for v in runs if v is not None])) for runs in validation
    ]
    test = [float(answers.mean()) for answers in right]
    decisive = known if by == "validation" else test
    if any(value is None for value in decisive):
        return None
    return Picked(
        by=by,
        rates=tuple(rates),
        validation=tuple(known),
        test=tuple(test),
        chosen=int(np.argmax(np.array(decisive, dtype=float))),
        best=int(np.argmax(test)),
        bias=winners_curse(right, groups),
    )


def winners_curse(right: npt.NDArray[np.bool_], groups: Groups | None = None) -> float:
    """How much the best of k equally good choices looks better than it is, if it is picked by this accuracy.

    Args:
        right: shape (choices, runs, items); the same runs and items for all choices.
        groups: the data seed of each run; None: each run has its own.

    sqrt(v/2)·e_k, v the mean over pairs of choices of the variance of their difference (`spread_of_mean`),
    e_k = ∫ x·k·φ(x)·Φ(x)^(k−1) dx the expected largest of k standard normals (Tippett 1925): e_2 = 1/sqrt(π),
    so that it is sqrt(v/2π) for two. 0 for one choice.
    """
    choices, runs, _ = right.shape
    if choices < 2:
        return 0.0
    named: Groups = range(runs) if groups is None else groups
    variances = [
        spread_of_mean(one.astype(float) - other.astype(float), named).error ** 2
        for one, other in combinations(right, 2)
    ]
    return float(np.sqrt(np.mean(variances) / 2) * expected_largest(choices))


def expected_largest(count: int) -> float:
    """The mean of the largest of `count` independent standard normals."""

    x = np.linspace(-10, 10, 4001)
    density = count * np.exp(-x * x / 2) / np.sqrt(2 * np.pi) * ndtr(x) ** (count - 1)
    return float(np.trapezoid(x * density, x))
