"""The post-filter: n-gram Jaccard similarity between texts (Section 2.4, step 4)."""

from __future__ import annotations

import unicodedata
from array import array
from functools import lru_cache
from hashlib import blake2b
from itertools import islice

import regex

_WORD = regex.compile(r"[\w\p{N}]+")
"""`regex`, not `re`: there \\w holds combining marks and joiners too, so that Devanagari words stay whole.
With all numbers, so that x² and x³ differ."""
_WORD_OR_SIGN = regex.compile(r"[\w\p{N}]+|\p{Sm}|[\^%]|(?<!\p{L})[-*/]|[-*/](?!\p{L})")
_CROWD = 64
"""Rows under one gram above which it is common: enough that few are, few enough to compare them all."""


def ngrams(text: str, n: int) -> frozenset[tuple[str, ...]]:
    """The set of n-grams of words: lower case, in Unicode's composed form, without punctuation.

    A text of fewer than n words is one gram of all its words and mathematical signs: it is similar to
    the very same words and signs and to nothing else. "What is 3 + 4?" is not like "What is 3 + 5?" nor
    like "What is 3 - 4?". Signs do not count in longer texts, where the field's n-grams are words. Words
    are what stands between spaces and punctuation: of Chinese or Thai this would make words of sentences.
    """
    text = unicodedata.normalize("NFC", text).lower()
    words = _WORD.findall(text)
    if len(words) < n:
        return frozenset({tuple(_WORD_OR_SIGN.findall(text))})
    return frozenset(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


class SimilarityIndex:
    """Texts seen so far; finds the earliest that is as similar as the threshold.

    Candidates come from an index, the decision from the whole sets of grams. Let all sets be sorted in
    one order. Two sets that share at least m grams then share one among the first |x| - m + 1 of either,
    since at most m - 1 shared ones come after the first that is shared. Only these first grams are
    indexed: one in five at a threshold of 0.8.

    The order is that of the grams' hashes, with common grams last, so that texts of one opening are not
    all compared with each other.

    A gram is its 64-bit BLAKE2b hash, the same in every process. Decisions are exact but for two grams of
    one hash: among the 40 million grams of 512k rows of 90 words a pair of those has a chance of 4e-5, and
    it adds one shared gram to what two texts share.
    """

    def __init__(self, n: int, threshold: float, *, crowd: int = _CROWD) -> None:
        """
        Args:
            n: Words in a gram.
            threshold: Jaccard similarity from which two texts are similar, in (0, 1].
            crowd: Rows under one gram above which it is common. Changes the speed, no decision.
        """
        self.n = n
        self.threshold = threshold
        self._crowd = crowd
        self._names: list[str] = []
        self._rows: list[array[int]] = []
        self._holders: dict[int, int | list[int]] = {}
        """Rows that have a gram among their first ones; a number alone where there is but one row."""
        self._crowded: list[int] = []
        self._common: dict[int, int] = {}
        """Rank of each common gram: the order in which they became common."""

    def add(self, name: str, text: str) -> None:
        """Remember a text under a name."""
        grams = _hashes(text, self.n)
        row = len(self._names)
        self._names.append(name)
        self._rows.append(grams)
        for gram in self._first(grams):
            self._hold(gram, row)
        self._settle()

    def similar(self, text: str) -> str | None:
        """The name of the earliest text with Jaccard similarity at or above the threshold."""
        grams = _hashes(text, self.n)
        candidates: set[int] = set()
        for gram in self._first(grams):
            holders = self._holders.get(gram, ())
            candidates.update((holders,) if isinstance(holders, int) else holders)
        wanted = frozenset(grams)
        for row in sorted(candidates):
            both = len(wanted.intersection(self._rows[row]))
            if both / (len(grams) + len(self._rows[row]) - both) >= self.threshold:
                return self._names[row]
        return None

    def _first(self, grams: array[int]) -> list[int]:
        """Of sorted grams the first in the index's order, as many as the class's docstring says."""
        wanted = len(grams) - fewest_shared(len(grams), self.threshold) + 1
        first = list(islice((gram for gram in grams if gram not in self._common), wanted))
        if len(first) < wanted:
            common = sorted((gram for gram in grams if gram in self._common), key=self._common.__getitem__)
            first += common[: wanted - len(first)]
        return first

    def _hold(self, gram: int, row: int) -> None:
        holders = self._holders.setdefault(gram, row)
        if isinstance(holders, list):
            holders.append(row)
            if len(holders) > self._crowd:
                self._crowded.append(gram)
        elif holders != row:
            self._holders[gram] = [holders, row]

    def _settle(self) -> None:
        """Move crowded grams to the end of the order, one after the other.

        Such a gram leaves the first ones of all rows that hold it, and in each the gram that followed them
        comes in. (Where all of a row's grams are first, that is the same gram.)
        """
        while self._crowded:
            gram = self._crowded.pop()
            if gram in self._common:
                continue
            self._common[gram] = len(self._common)
            holders = self._holders.pop(gram)
            for row in (holders,) if isinstance(holders, int) else holders:
                self._hold(self._first(self._rows[row])[-1], row)


def fewest_shared(size: int, threshold: float) -> int:
    """Grams that a set of this size shares at least with any set as similar as the threshold.

    The union is no smaller than the set, so it is the smallest m with m / size >= threshold. Sought with
    the very division that decides, since the ceiling of a rounded product can be one too many: 0.07 x 100
    is 7.000000000000001.
    """
    fewest = max(1, int(threshold * size) - 1)
    while fewest / size < threshold:
        fewest += 1
    return fewest


@lru_cache(maxsize=4)
def _hashes(text: str, n: int) -> array[int]:
    """Sorted hashes of a text's grams. Cached, since a row is looked for before it is added."""
    return array(
        "Q",
        sorted(
            {
                int.from_bytes(blake2b(" ".join(gram).encode(), digest_size=8).digest())
                for gram in ngrams(text, n)
            }
        ),
    )
