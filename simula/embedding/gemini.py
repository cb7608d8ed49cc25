"""Gemini's embeddings through google-genai."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from google.genai import types

from simula.embedding.port import WITHOUT_KEY, Embeddings, unit
from simula.embedding.rates import sent
from simula.embedding.settings import GeminiEmbedding
from simula.errors import TeacherUnavailable
from simula.teacher.faults import PassingFault
from simula.teacher.gemini import Gemini as GeminiClient
from simula.teacher.model_names import UNKNOWN
from simula.teacher.settings import GeminiTeacher
from simula.teacher.traffic import Traffic


class Gemini:
    """A Gemini embedding model."""

    def __init__(self, settings: GeminiEmbedding) -> None:
        """Make the client; nothing is sent.

        Raises:
            TeacherUnavailable: the key is not set.
        """
        self.model = settings.model
        # The teacher's client, faults and retries: only what is asked differs.
        self._google = GeminiClient(
            GeminiTeacher(
                model=settings.model,
                base_url=settings.base_url,
                api_version=settings.api_version,
                key_variable=settings.key_variable,
                timeout=settings.timeout,
            ),
            "embedding",
            WITHOUT_KEY,
        )
        self.traffic = Traffic(settings.model, settings.limits(settings.key_variable, settings.base_url))
        self._config = types.EmbedContentConfig(
            task_type=settings.task_type, output_dimensionality=settings.dimensions
        )

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of one batch, when its turn comes; passing faults are repeated."""
        return await sent(self.traffic, self._send, texts)

    async def close(self) -> None:
        """Close the client's connections."""
        await self.traffic.close()
        await self._google.close()

    async def _send(self, texts: Sequence[str]) -> Embeddings:
        # One Content a text: models after -001 take a list of strings for the parts of a single one.
        contents: Any = [types.Content(parts=[types.Part(text=text)]) for text in texts]
        with self._google.translated():
            answer = await self._google.client.aio.models.embed_content(
                model=self.model, contents=contents, config=self._config
            )
        found = answer.embeddings or []
        if len(found) != len(texts):
            raise TeacherUnavailable(
                f"{self.model} gave {len(found)} vectors for {len(texts)} texts; "
                "embedding.batch=1 sends one text a call"
            )
        try:
            vectors = unit([one.values or [] for one in found])
        except ValueError as error:
            raise PassingFault(f"not embeddings: {error}") from None
        usage = answer.usage_metadata
        tokens = (usage.prompt_token_count or 0) if usage is not None else 0
        return Embeddings(
            vectors,
            # The Developer API reads the beginning of a text that is too long, and does not say so.
            truncated=np.zeros(len(texts), dtype=np.bool_),
            sent=len(texts),
            tokens=tokens,
            uncounted=0 if tokens else len(texts),
            answered=frozenset({UNKNOWN}),
        )
