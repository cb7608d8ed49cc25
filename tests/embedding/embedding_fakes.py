"""Loopback providers of embeddings, and the settings that ask them.

Their vectors count letters, so that a test can tell from a vector which text it is of.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import anyio
import numpy as np
from loopback import Answer, Loopback

from simula.embedding import Embeddings, Vectors, unit

LETTERS = "abcdefghijklmnopqrstuvwxyz "
WIDTH = len(LETTERS)


def counts(text: str) -> list[float]:
    """How often each letter occurs."""
    return [float(text.lower().count(letter)) for letter in LETTERS]


def expected(texts: Sequence[str]) -> Vectors:
    """The vectors that the fakes give, scaled."""
    return unit([counts(text) for text in texts])


class FakeGemini(Loopback):
    """batchEmbedContents; `usage` as newer versions of the API say it."""

    def __init__(self, *script: Answer, usage: bool = True) -> None:
        def good(body: dict[str, Any]) -> Answer:
            texts = ["".join(part["text"] for part in one["content"]["parts"]) for one in body["requests"]]
            said: dict[str, Any] = {"embeddings": [{"values": counts(text)} for text in texts]}
            if usage:
                said["usageMetadata"] = {"promptTokenCount": sum(len(text.split()) for text in texts)}
            return said

        super().__init__(good, *script)


class FakeServer(Loopback):
    """/v1/embeddings; what it says of the texts comes back to front, as the index allows."""

    def __init__(self, *script: Answer, model: str = "letters") -> None:
        def good(body: dict[str, Any]) -> Answer:
            data = [
                {"object": "embedding", "index": at, "embedding": counts(text)}
                for at, text in enumerate(body["input"])
            ]
            tokens = sum(len(text.split()) for text in body["input"])
            return {
                "object": "list",
                "model": model,
                "data": data[::-1],
                "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
            }

        super().__init__(good, *script)


class Letters:
    """In this process; later calls end first, and it says how many were under way together."""

    model = "letters"

    def __init__(self) -> None:
        self.calls: list[list[str]] = []
        self.at_once = self.most_at_once = 0

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self.calls.append(list(texts))
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        await anyio.sleep(0.05 / len(self.calls))
        self.at_once -= 1
        cut = np.array([len(text) > 20 for text in texts])
        return Embeddings(expected(texts), cut, sent=len(texts), tokens=len(texts))

    async def close(self) -> None:
        """Nothing is open."""
