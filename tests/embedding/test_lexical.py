"""TF-IDF against a hand-worked example, and the texts that it can say little of."""

from __future__ import annotations

import anyio
import numpy as np
import pytest

from simula.embedding import lexical
from simula.embedding.lexical import Lexical, tfidf
from simula.errors import TeacherUnavailable


def test_a_hand_worked_text_pair() -> None:
    # idf = ln((1 + n) / (1 + texts with the word)) + 1: "a" in both texts, "b" and "c" in one each.
    both, one = 1.0, np.log(3 / 2) + 1
    cosine = both**2 / (both**2 + one**2)
    vectors = tfidf(["a b", "a c"])
    assert vectors[0] @ vectors[1] == pytest.approx(cosine, abs=1e-6)


def test_texts_without_a_word_are_near_each_other_and_far_from_all_others() -> None:
    vectors = tfidf(["one two", "?!", "…"])
    np.testing.assert_allclose(vectors @ vectors.T, [[1, 0, 0], [0, 1, 1], [0, 1, 1]], atol=1e-6)
    assert tfidf(["?!", "…"]).tolist() == [[1], [1]]


def test_a_vocabulary_that_does_not_fit_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lexical, "_LARGEST", 47)
    with pytest.raises(TeacherUnavailable, match=r"2 rows of 3 different words.*assessment\.points"):
        anyio.run(Lexical().embed, ["a b", "a c"])
