"""Shared n-grams and similar texts, by hand and against every pair compared."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.dataset import ngrams
from simula.dataset.contamination import contamination

TEXTS = st.lists(
    st.lists(st.sampled_from("abcd"), min_size=0, max_size=9).map(" ".join), min_size=0, max_size=6
)


def test_shared_grams_and_similar_texts_by_hand() -> None:
    """Grams of three words. The first row is the first item but for its last word: three of five grams."""
    tests = [("one", "the red fox runs far away"), ("two", "a blue bird sings"), ("three", "short text")]
    rows = ["the red fox runs far today", "a blue bird", "nothing of this is there", "Short, text!"]
    found = contamination(tests, rows, 3, 0.6)
    assert (found.rows, found.rows_sharing, found.rows_similar) == (4, 3, 2)
    assert found.items == 3
    assert found.sharing == {"one", "two", "three"}
    assert found.similar == {"one", "three"}
    assert contamination(tests, rows, 3, 0.61).similar == {"three"}


@given(TEXTS, TEXTS, st.integers(1, 4), st.sampled_from([0.2, 0.5, 0.8, 1.0]))
def test_it_is_what_comparing_every_pair_gives(
    tests: list[str], rows: list[str], n: int, threshold: float
) -> None:
    named = [(str(at), text) for at, text in enumerate(tests)]
    found = contamination(named, rows, n, threshold)
    sharing, similar = set(), set()
    row_sharing, row_similar = set(), set()
    for item, test in named:
        for at, row in enumerate(rows):
            one, other = ngrams(test, n), ngrams(row, n)
            if one & other:
                sharing.add(item)
                row_sharing.add(at)
                if len(one & other) / len(one | other) >= threshold:
                    similar.add(item)
                    row_similar.add(at)
    assert (found.sharing, found.similar) == (sharing, similar)
    assert (found.rows_sharing, found.rows_similar) == (len(row_sharing), len(row_similar))
    assert (found.rows, found.items) == (len(rows), len(tests))


@pytest.mark.parametrize("rows", [[], ["no word of it"]])
def test_nothing_in_common(rows: list[str]) -> None:
    found = contamination([("one", "the red fox runs far away")], rows, 3, 0.8)
    assert (found.rows_sharing, found.sharing, found.similar) == (0, frozenset(), frozenset())
