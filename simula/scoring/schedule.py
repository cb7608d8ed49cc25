"""Which items are scored beside which: K batches of varied company for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simula.draws import generator

Batch = tuple[int, ...]
"""Different items, by number."""

_SHUFFLES = 20
"""Schedules tried until one is connected."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Batches of equal size; every item is in K of them, a few in one more."""

    batches: tuple[Batch, ...]
    filled_up: int
    """Places of the last batch that hold items for one time more than K."""
    parts: int
    """Sets of items that no chain of shared batches connects: ratings of different parts do not compare."""


def schedule(items: int, batch_size: int, appearances: int, seed: int) -> Schedule:
    """Batches for the items 0 to `items` - 1.

    The items are shuffled `appearances` times, and the shuffled rows, one behind the other, are cut into
    batches; where a batch reaches over the end of one row, the next row begins with items that are not in
    it yet. The last batch is filled up with items drawn from those not in it. Fewer items than a batch
    holds make batches of all items.

    Of up to 20 such schedules the first is taken in which every two items are connected by a chain of
    shared batches; where none is (always so with one appearance, or with batches of one), the last, and
    `parts` says so.

    Args:
        items: how many there are, at least 1.
        batch_size: BS, items in a batch.
        appearances: K, batches for an item.
        seed: names the shuffles; the same seed gives the same schedule.
    """
    size = min(batch_size, items)
    filled_up = -items * appearances % size
    for shuffle in range(_SHUFFLES):
        batches = _cut(items, size, appearances, seed, shuffle)
        parts = count_parts(items, batches)
        if parts == 1 or size == 1 or (appearances == 1 and items > size):
            break
    return Schedule(batches=tuple(batches), filled_up=filled_up, parts=parts)


def _cut(items: int, size: int, appearances: int, seed: int, shuffle: int) -> list[Batch]:
    batches: list[Batch] = []
    begun: list[int] = []
    for turn in range(appearances + 1):
        if turn == appearances and not begun:
            break
        order: list[int] = generator(seed, "schedule", shuffle, turn).permutation(items).tolist()
        wanted = size - len(begun)
        inside = set(begun)
        # The first `wanted` items not in the begun batch are among the first `size`: at most the others are.
        first = [item for item in order[:size] if item not in inside][:wanted]
        if turn == appearances:
            batches.append((*begun, *first))
            break
        moved = set(first)
        row = [*begun, *first, *(item for item in order if item not in moved)]
        whole = len(row) // size * size
        batches.extend(tuple(row[at : at + size]) for at in range(0, whole, size))
        begun = row[whole:]
    return batches


def count_parts(items: int, batches: Iterable[Sequence[int]]) -> int:
    """In how many parts the items fall where those of a batch are connected; 1 where all are connected."""
    above = list(range(items))

    def top(item: int) -> int:
        while above[item] != item:
            above[item] = above[above[item]]
            item = above[item]
        return item

    parts = items
    for first, *others in batches:
        for other in others:
            one, two = top(first), top(other)
            if one != two:
                above[two] = one
                parts -= 1
    return parts
