"""Scored batches as pairs of items with a soft outcome: what every rating is made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from simula.scoring.asking import ScoredBatch

Floats = NDArray[np.float64]
Numbers = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Comparisons:
    """Pairs of items, 20 bytes each: arrays of one length, in the order of the batches and, in a batch, of
    its pairs (0, 1), (0, 2), …, (1, 2), …
    """

    items: int
    """The items are 0 to `items` - 1; not every one need be in a pair."""
    first: Numbers
    second: Numbers
    outcome: Floats
    """s / (s + t), of the first item's score s and the second's t: strictly between 0 and 1."""
    batch: Numbers
    """The place of each pair's batch: the pairs of one batch are no independent observations."""
    appearances: Numbers
    """In how many batches each item is compared; one number an item."""

    def __len__(self) -> int:
        """How many pairs there are."""
        return len(self.first)


def compared(batches: Sequence[ScoredBatch], items: int) -> Comparisons:
    """The pairs of all scored batches; those left out, and batches of one, have none."""
    by_size: dict[int, list[int]] = {}
    for place, batch in enumerate(batches):
        by_size.setdefault(len(batch.scores), []).append(place)
    parts = [_pairs(batches, places, size, items) for size, places in by_size.items() if size > 1]
    if not parts:
        none = np.zeros(0, dtype=np.int32)
        return Comparisons(items, none, none, np.zeros(0), none, np.zeros(items, dtype=np.int32))
    if len(parts) == 1:
        return parts[0]
    # Batches of several sizes: back into their order.
    order = np.argsort(np.concatenate([part.batch for part in parts]), kind="stable")
    return Comparisons(
        items,
        np.concatenate([part.first for part in parts])[order],
        np.concatenate([part.second for part in parts])[order],
        np.concatenate([part.outcome for part in parts])[order],
        np.concatenate([part.batch for part in parts])[order],
        np.sum([part.appearances for part in parts], axis=0, dtype=np.int32),
    )


def _pairs(batches: Sequence[ScoredBatch], places: Sequence[int], size: int, items: int) -> Comparisons:
    """The pairs of batches of one size."""
    members = np.array([batches[place].items for place in places], dtype=np.int32)
    scores = np.array([batches[place].scores for place in places], dtype=np.float64)
    one, two = np.triu_indices(size, k=1)
    return Comparisons(
        items,
        first=members[:, one].ravel(),
        second=members[:, two].ravel(),
        outcome=(scores[:, one] / (scores[:, one] + scores[:, two])).ravel(),
        batch=np.repeat(np.array(places, dtype=np.int32), len(one)),
        appearances=np.bincount(members.ravel(), minlength=items).astype(np.int32),
    )
