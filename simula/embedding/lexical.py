"""TF-IDF: a stand-in for a text embedding that needs no model."""

from __future__ import annotations

from collections.abc import Sequence

import anyio.to_thread
import numpy as np

from simula.embedding.port import Embeddings, Vectors, unit
from simula.errors import TeacherUnavailable

_LARGEST = 4 << 30
"""Bytes of the dense vectors at most: their width is the vocabulary's size."""


class Lexical:
    """Word counts weighted by rarity among the texts of one call: vectors of one call can be compared."""

    model = "tfidf"

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of all texts.

        Raises:
            TeacherUnavailable: they would not fit in memory.
        """
        vectors = await anyio.to_thread.run_sync(tfidf, texts)
        return Embeddings(vectors, np.zeros(len(texts), dtype=np.bool_), sent=len(texts))

    async def close(self) -> None:
        """Nothing is open."""


def tfidf(texts: Sequence[str]) -> Vectors:
    """Unit vectors (n, vocabulary + 1); the last number is 1 for a text without any word, else 0.

    Raises:
        TeacherUnavailable: they would not fit in memory.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    try:
        weights = TfidfVectorizer(token_pattern=r"(?u)\b\w+\b").fit_transform(texts)
    except ValueError:
        # No text has a word.
        return np.ones((len(texts), 1), dtype=np.float32)
    rows, words = weights.shape
    if rows * words * 8 > _LARGEST:
        raise TeacherUnavailable(
            f"{rows:,} rows of {words:,} different words are too many for embedding=tfidf: "
            "set assessment.points, or choose a model, such as embedding=local"
        )
    wordless = np.diff(weights.indptr) == 0
    return unit(np.column_stack([weights.toarray(), wordless]))
