"""Scores of batches to one rating an item, by online Elo with soft outcomes (Section 3.3)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.scoring.asking import ScoredBatch
from simula.scoring.comparisons import Comparisons, compared
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


def rate(batches: Sequence[ScoredBatch], items: int, settings: EloSettings) -> list[Rating]:
    """The ratings of the items 0 to `items` - 1.

    Online Elo depends on the order of comparisons, so it is fixed: batches in the order given, in a batch
    the pairs (0, 1), (0, 2), …, (1, 2), …. An item with score s against one with score t has the outcome
    s / (s + t). What one gains the other loses: the sum of all ratings stays `items` times the start.

    Args:
        batches: those left out have no scores and add nothing.
        items: how many there are.
        settings: start rating, K-factor, scale.
    """
    sums = [0] * items
    counts = [0] * items
    for batch in batches:
        if batch.scores:
            for item, score in zip(batch.items, batch.scores, strict=True):
                sums[item] += score
                counts[item] += 1
    return [
        Rating(raw=total / count if count else None, elo=rating, appearances=count)
        for rating, total, count in zip(
            online_elo(compared(batches, items), settings), sums, counts, strict=True
        )
    ]


def online_elo(pairs: Comparisons, settings: EloSettings) -> list[float]:
    """Elo's recurrence over the comparisons in their order, whatever their outcomes are."""
    elo = [settings.start] * pairs.items
    k, scale = settings.k_factor, settings.scale
    # Plain Python, since each rating depends on the one before; views, since lists would take half a
    # gigabyte for five million comparisons.
    columns = (memoryview(column) for column in (pairs.first, pairs.second, pairs.outcome))  # type: ignore[arg-type]
    for one, two, outcome in zip(*columns, strict=True):
        expected = 1.0 / (1.0 + 10.0 ** ((elo[two] - elo[one]) / scale))
        gain = k * (outcome - expected)
        elo[one] += gain
        elo[two] -= gain
    return elo
