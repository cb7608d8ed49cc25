"""Where each recorded call stands: 16 bytes a call, since one data set may have three million."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

RECENT = 1 << 16
"""Calls that are kept apart until they are merged into the sorted ones."""


def short(key: str | bytes) -> int:
    """The first 64 bits of a key: of three million calls two share them in one of four million ledgers."""
    return int(key[:16], 16)


class LedgerIndex:
    """Short keys to places, which are numbers from 0 to 2^63.

    A key has one place, but for the few under which several models answered, or several processes at once.
    """

    def __init__(self) -> None:
        """Begin with none."""
        self._recent: dict[int, int] = {}
        self._keys = np.empty(0, np.uint64)
        """Sorted."""
        self._places = np.empty(0, np.int64)
        """Of the same calls; -1 where one was removed."""
        self._further: dict[int, list[int]] = {}
        """The places of a key after its first one."""

    def __len__(self) -> int:
        return len(self._recent) + int((self._places >= 0).sum())

    def get(self, key: int) -> int | None:
        """The place of a key; None where there is none."""
        if (recent := self._recent.get(key)) is not None:
            return recent
        at = self._at(key)
        return None if at is None or self._places[at] < 0 else int(self._places[at])

    def every(self, key: int) -> Sequence[int]:
        """All places of a key."""
        first = self.get(key)
        return () if first is None else (first, *self._further.get(key, ()))

    def add(self, key: int, place: int) -> None:
        """Remember a call; a place that is known already is not remembered twice."""
        first = self.get(key)
        if first is None:
            self._recent[key] = place
            if len(self._recent) >= RECENT:
                self._merge([], [])
        elif place != first:
            self._add_further(key, place)

    def put(self, key: int, place: int) -> None:
        """Remember a call before those of its key, none of which was of use to whoever made it."""
        before = self.every(key)
        for other in before:
            self.remove(key, other)
        for other in (place, *before):
            self.add(key, other)

    def add_all(self, keys: Sequence[int], places: Sequence[int]) -> None:
        """Remember many calls."""
        if len(keys) < RECENT // 64:
            for key, place in zip(keys, places, strict=True):
                self.add(key, place)
        else:
            self._merge(keys, places)

    def remove(self, key: int, place: int) -> None:
        """Forget a call; the next place of its key takes the place of a first one."""
        rest = [other for other in self.every(key) if other != place]
        self._further.pop(key, None)
        self._recent.pop(key, None)
        if (at := self._at(key)) is not None:
            self._places[at] = -1
        for other in rest:
            self.add(key, other)

    def _add_further(self, key: int, place: int) -> None:
        further = self._further.setdefault(key, [])
        if place not in further:
            further.append(place)

    def _at(self, key: int) -> int | None:
        at = int(self._keys.searchsorted(np.uint64(key)))
        return at if at < len(self._keys) and self._keys[at] == key else None

    def _merge(self, keys: Sequence[int], places: Sequence[int]) -> None:
        standing = self._places >= 0
        parts = (list(self._recent), keys)
        every = np.concatenate([self._keys[standing], *(np.array(part, np.uint64) for part in parts)])
        parts = (list(self._recent.values()), places)
        where = np.concatenate([self._places[standing], *(np.array(part, np.int64) for part in parts)])
        order = every.argsort(kind="stable")
        every, where = every[order], where[order]
        first = np.ones(len(every), bool)
        first[1:] = every[1:] != every[:-1]
        self._keys, self._places, self._recent = every[first], where[first], {}
        if not first.all():
            # The same place again is what two readers found at one time.
            again = ~first & (where != where[first][first.cumsum() - 1])
            for key, place in zip(every[again].tolist(), where[again].tolist(), strict=True):
                self._add_further(key, place)
