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
    """Short keys to places, which are numbers from 0 to 2^63; the first place of a key stays."""

    def __init__(self) -> None:
        """Begin with none."""
        self._recent: dict[int, int] = {}
        self._keys = np.empty(0, np.uint64)
        """Sorted."""
        self._places = np.empty(0, np.int64)
        """Of the same calls; -1 where one was removed."""

    def __len__(self) -> int:
        return len(self._recent) + int((self._places >= 0).sum())

    def get(self, key: int) -> int | None:
        """The place of a key; None where there is none."""
        if (recent := self._recent.get(key)) is not None:
            return recent
        at = self._at(key)
        return None if at is None or self._places[at] < 0 else int(self._places[at])

    def add(self, key: int, place: int) -> None:
        """Remember a call."""
        if self.get(key) is None:
            self._recent[key] = place
            if len(self._recent) >= RECENT:
                self._merge([], [])

    def put(self, key: int, place: int) -> None:
        """Remember a call in place of what was remembered."""
        self.remove(key)
        self.add(key, place)

    def add_all(self, keys: Sequence[int], places: Sequence[int]) -> None:
        """Remember many calls."""
        if len(keys) < RECENT // 64:
            for key, place in zip(keys, places, strict=True):
                self.add(key, place)
        else:
            self._merge(keys, places)

    def remove(self, key: int) -> None:
        """Forget a call."""
        self._recent.pop(key, None)
        if (at := self._at(key)) is not None:
            self._places[at] = -1

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
