"""Scores of batches to one rating an item, by online Elo with soft outcomes (Section 3.3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from simula.scoring.asking import ScoredBatch
from simula.scoring.settings import EloSettings


@dataclass(frozen=True, slots=True)
class Rating:
    """What is known of one item."""

    raw: float | None
    """Mean of its raw scores; None where no batch with it could be read."""
    elo: float
    """The start rating where no batch with it could be read."""
    appearances: int
    """Batches with it that could be read."""


def rate(batches: Iterable[ScoredBatch], items: int, settings: EloSettings) -> list[Rating]:
    """The ratings of the items 0 to `items` - 1.

    Online Elo depends on the order of comparisons, so it is fixed: batches in the order given, in a batch
    the pairs (0, 1), (0, 2), …, (1, 2), …. An item with score s against one with score t has the outcome
    s / (s + t). What one gains the other loses: the sum of all ratings stays `items` times the start.

    Args:
        batches: those left out have no scores and add nothing.
        items: how many there are.
        settings: start rating, K-factor, scale.
    """
    elo = [settings.start] * items
    sums = [0] * items
    counts = [0] * items
    k, scale = settings.k_factor, settings.scale
    for batch in batches:
        scored = list(zip(batch.items, batch.scores, strict=True)) if batch.scores else []
        for item, score in scored:
            sums[item] += score
            counts[item] += 1
        for place, (one, high) in enumerate(scored):
            for two, low in scored[place + 1 :]:
                expected = 1.0 / (1.0 + 10.0 ** ((elo[two] - elo[one]) / scale))
                gain = k * (high / (high + low) - expected)
                elo[one] += gain
                elo[two] -= gain
    return [
        Rating(raw=total / count if count else None, elo=rating, appearances=count)
        for rating, total, count in zip(elo, sums, counts, strict=True)
    ]
