"""Accuracy against price: which cells no other cell beats on both."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from simula.evaluation.bootstrap import redrawn_means
from simula.evaluation.spread import Groups


def dominated_by(prices: Sequence[float], accuracies: Sequence[float]) -> list[int | None]:
    """For each point one that costs no more and is no less accurate, and better in one of the two.

    The points for which there is None are the Pareto front. Of several that dominate a point the most
    accurate is named, of equally accurate ones the cheapest. Two equal points do not dominate each other.
    """
    found: list[int | None] = []
    for price, value in zip(prices, accuracies, strict=True):
        better = [
            (-other_value, other_price, at)
            for at, (other_price, other_value) in enumerate(zip(prices, accuracies, strict=True))
            if other_price <= price and other_value >= value and (other_price, other_value) != (price, value)
        ]
        found.append(min(better)[2] if better else None)
    return found


def front_shares(
    right: npt.NDArray[np.bool_],
    prices: Sequence[float],
    draw: np.random.Generator,
    groups: Groups | None = None,
    resamples: int = 2_000,
) -> list[float]:
    """How sure each point's place on the front is: the share of redrawn experiments in which it is there.

    Args:
        right: right or wrong, shape (points, runs, items), the same runs and items for all.
        prices: of each point; taken as known.
        draw: the generator.
        groups: the data seed of each run; None: each run has its own.
        resamples: experiments redrawn, as in every comparison (`redrawn_means`).
    """
    means = redrawn_means(right, draw, resamples, groups)
    cost = np.asarray(prices)
    cheaper = cost[:, None] < cost[None, :]
    equal = cost[:, None] == cost[None, :]
    shares = []
    for at in range(len(cost)):
        own = means[:, at, None]
        beaten = (cheaper[:, at] & (means >= own)) | (equal[:, at] & (means > own))
        shares.append(float(1 - beaten.any(axis=1).mean()))
    return shares
