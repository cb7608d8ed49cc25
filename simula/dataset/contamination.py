"""Contamination: how much of a benchmark the rows that a student learned from hold already."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simula.dataset.similarity import ngrams


@dataclass(frozen=True, slots=True)
class Contamination:
    """The overlap of a training set with a benchmark, by n-grams of words."""

    rows: int
    rows_sharing: int
    """Rows that have an n-gram in common with any item."""
    rows_similar: int
    """Rows as similar to any item as the post-filter's threshold; it refuses these, so that others' rows and
    another benchmark's alone are here."""
    items: int
    sharing: frozenset[str]
    """Ids of the items that have an n-gram in common with any row."""
    similar: frozenset[str]
    """Ids of the items that any row is similar to."""


def contamination(
    tests: Sequence[tuple[str, str]], rows: Iterable[str], n: int, threshold: float
) -> Contamination:
    """The overlap of rows with test items.

    Args:
        tests: id and text of each item.
        rows: the texts of the training set.
        n: words of a gram; 13 as in the paper's post-filter.
        threshold: Jaccard similarity from which two texts are similar, in (0, 1].

    Two measures, of the same grams as the post-filter's (`similarity.ngrams`). Sharing: at least one gram
    in common, the field's strict one (Brown et al. 2020, appendix C, with n = 13). Similar: Jaccard
    similarity of the sets of grams at or above the threshold (Section 2.4, step 4). A text of fewer than n
    words is one gram, so that it shares only with the very same text.
    """
    grams = [ngrams(text, n) for _, text in tests]
    holders: dict[tuple[str, ...], list[int]] = {}
    for at, own in enumerate(grams):
        for gram in own:
            holders.setdefault(gram, []).append(at)
    count = rows_sharing = rows_similar = 0
    sharing: set[int] = set()
    similar: set[int] = set()
    for text in rows:
        count += 1
        found = ngrams(text, n)
        touched = {at for gram in found if gram in holders for at in holders[gram]}
        near = {at for at in touched if len(found & grams[at]) / len(found | grams[at]) >= threshold}
        rows_sharing += bool(touched)
        rows_similar += bool(near)
        sharing |= touched
        similar |= near
    return Contamination(
        rows=count,
        rows_sharing=rows_sharing,
        rows_similar=rows_similar,
        items=len(tests),
        sharing=frozenset(tests[at][0] for at in sharing),
        similar=frozenset(tests[at][0] for at in similar),
    )
