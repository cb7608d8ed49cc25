"""Distinct-n against sets of tuples, and by hand."""

from __future__ import annotations

import numpy as np
import pytest

from simula.metrics.distinct import distinct


def slow_grams(texts: list[str], n: int) -> list[tuple[str, ...]]:
    rows = [text.lower().split() for text in texts]
    return [tuple(words[at : at + n]) for words in rows for at in range(len(words) - n + 1)]


def test_by_hand() -> None:
    one, two, three = distinct(["a b c", "A b", "", "d"], longest=3, piece=2)
    # a b c a b d: four kinds of six; pieces ab, ca, bd.
    assert (one.n, one.share, one.of_equal) == (1, 4 / 6, 1)
    # ab bc ab: two kinds of three; one piece, ab bc.
    assert (two.share, two.of_equal) == (2 / 3, 1)
    # One of one, and no whole piece.
    assert (three.share, three.of_equal) == (1, None)
    assert [each.of_equal for each in distinct(["a a b b"], longest=2, piece=2)] == [0.5, 1]


def test_it_equals_counting_sets() -> None:
    draw = np.random.default_rng(0)
    texts = [
        " ".join(f"w{word}" for word in draw.integers(30, size=draw.integers(0, 12))) for _ in range(200)
    ]
    for found in distinct(texts, longest=4, piece=100):
        grams = slow_grams(texts, found.n)
        assert found.share == pytest.approx(len(set(grams)) / len(grams))
        pieces = [grams[at : at + 100] for at in range(0, len(grams) - 99, 100)]
        assert found.of_equal == pytest.approx(np.mean([len(set(piece)) / 100 for piece in pieces]))


def test_more_of_the_same_lowers_the_share_and_leaves_that_of_equal_length() -> None:
    draw = np.random.default_rng(0)
    texts = [" ".join(map(str, draw.integers(500, size=20))) for _ in range(2000)]
    few, many = distinct(texts[:200], 1, 1000)[0], distinct(texts, 1, 1000)[0]
    assert many.share < few.share / 5
    assert many.of_equal == pytest.approx(few.of_equal, rel=0.02)


def test_without_words_nothing_is_distinct() -> None:
    assert [(one.share, one.of_equal) for one in distinct(["", " "], 2, 5)] == [(0, None), (0, None)]
    assert [one.share for one in distinct([], 1, 5)] == [0]
