"""Distinct-n: how many of a set's n-grams of words differ from each other."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Distinct:
    """Of the n-grams of one n."""

    n: int
    share: float
    """Different ones divided by all (Li et al. 2016, "A Diversity-Promoting Objective Function for Neural
    Conversation Models"). It falls with every row that is added: compare sets of one length."""
    of_equal: float | None
    """The mean share in pieces of equally many n-grams, which compares sets of any length: of single words,
    the mean segmental type–token ratio (Johnson 1944, "Studies in Language Behavior"). None where the set has
    less than one piece."""


def distinct(texts: Sequence[str], longest: int, piece: int) -> tuple[Distinct, ...]:
    """Distinct-n of n from 1 to `longest`, over a whole set.

    Args:
        texts: in the order in which they are cut into pieces; words are split at white space, lower-cased.
        longest: words of the longest n-grams.
        piece: n-grams of a piece.

    Returns:
        One for each n; 0 where no text has so many words.
    """
    return tuple(
        Distinct(n, _share(kinds[None]), _of_equal(kinds, piece))
        for n, kinds in enumerate(_kinds(texts, longest), start=1)
    )


def _kinds(texts: Sequence[str], longest: int) -> Iterator[_Ints]:
    """For n = 1, 2 … the n-grams in order, equal ones the same number; none reaches into the next text."""
    numbers: dict[str, int] = {}
    words, lengths = array("q"), []
    for text in texts:
        split = text.lower().split()
        words.extend(numbers.setdefault(word, len(numbers)) for word in split)
        lengths.append(len(split))
    flat = np.array(words, dtype=np.int64)
    # Words from each one to the end of its text.
    left = np.repeat(np.cumsum(lengths, dtype=np.int64), lengths) - np.arange(len(flat))
    kinds = flat
    for n in range(1, longest + 1):
        if n > 1:
            # An n-gram: the (n−1)-gram that begins where it does, and one word more.
            kinds = np.unique(kinds[:-1] * len(numbers) + flat[n - 1 :], return_inverse=True)[1]
        yield kinds[left[: len(kinds)] >= n]


def _of_equal(kinds: _Ints, piece: int) -> float | None:
    pieces = len(kinds) // piece
    return _share(kinds[: pieces * piece].reshape(pieces, piece)) if pieces else None


def _share(pieces: _Ints) -> float:
    """The mean share of different numbers in the rows (pieces, size)."""
    if pieces.size == 0:
        return 0.0
    ordered = np.sort(pieces, axis=1)
    different = 1 + (ordered[:, 1:] != ordered[:, :-1]).sum(axis=1)
    return float(different.mean() / pieces.shape[1])
