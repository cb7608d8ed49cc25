"""The port every embedding stands behind: texts in, unit vectors out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from simula.teacher.traffic import Traffic

Vectors = NDArray[np.float32]

WITHOUT_KEY = "choose an embedding without one, such as embedding=local"


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors of some texts, in the texts' order, and what they took."""

    vectors: Vectors
    """(n, d), each of length 1."""
    truncated: NDArray[np.bool_]
    """(n,): the model read the beginning of this text only. Providers that do not say so count as False."""
    sent: int = 0
    """Texts that were embedded now; equal texts are one, recorded ones none."""
    tokens: int = 0
    """Tokens of the texts sent, as far as they were counted."""
    uncounted: int = 0
    """Texts sent whose tokens the provider did not say."""
    estimated: int = 0
    """Tokens of these, by their length."""
    answered: frozenset[str] = frozenset()
    """The models that say they embedded what was sent, or "unknown"; none where this process's model did."""

    @property
    def billed(self) -> int:
        """Tokens sent, as far as is known."""
        return self.tokens + self.estimated


class Embedder(Protocol):
    """Anything that turns texts into vectors.

    Raises `TeacherError` where a text cannot be embedded: a distance over some of the texts would be
    another measure. Retries of passing faults happen inside.
    """

    @property
    def model(self) -> str:
        """The model asked for."""
        ...

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of at least one text."""
        ...

    async def close(self) -> None:
        """Give back connections and memory; a later call opens them again."""
        ...


class RemoteEmbedder(Embedder, Protocol):
    """One behind a network."""

    traffic: Traffic
    """The door that its calls leave by."""


def unit(vectors: ArrayLike) -> Vectors:
    """Rows (n, d) scaled to length 1.

    Raises:
        ValueError: a row is zero or not finite, or rows differ in length.
    """
    wide = np.asarray(vectors, dtype=np.float64)
    if wide.ndim != 2:
        raise ValueError(f"not a list of vectors: shape {wide.shape}")
    lengths = np.linalg.norm(wide, axis=1, keepdims=True)
    if not np.all(np.isfinite(lengths) & (lengths > 0)):
        raise ValueError("a vector is zero or not finite")
    return np.asarray(wide / lengths, dtype=np.float32)
