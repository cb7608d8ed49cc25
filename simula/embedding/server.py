"""Any server that speaks OpenAI's embeddings, by plain HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from simula.embedding.port import WITHOUT_KEY, Embeddings, unit
from simula.embedding.rates import sent
from simula.embedding.settings import ServerEmbedding
from simula.teacher.bodies import count, mapping
from simula.teacher.endpoint import Endpoint
from simula.teacher.faults import Boundary, PassingFault, secret_in
from simula.teacher.model_names import UNKNOWN
from simula.teacher.traffic import Traffic


class Server:
    """A model behind `<base_url>/embeddings`."""

    def __init__(self, settings: ServerEmbedding) -> None:
        """Prepare; nothing is sent.

        Raises:
            TeacherUnavailable: a key is wanted and its variable is not set.
        """
        self.model = settings.model
        self._settings = settings
        secret = secret_in(settings.key_variable, settings.model, WITHOUT_KEY)
        credential = settings.key_variable or settings.base_url
        self._boundary = Boundary(settings.model, credential, secret, group="embedding")
        url = f"{settings.base_url.rstrip('/')}/embeddings"
        self._endpoint = Endpoint(url, self._boundary, settings.timeout)
        self.traffic = Traffic(settings.model, settings.limits(settings.key_variable, settings.base_url))

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of one batch, when its turn comes; passing faults are repeated."""
        return await sent(self.traffic, self._send, texts)

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self.traffic.close()
        await self._endpoint.close()

    async def _send(self, texts: Sequence[str]) -> Embeddings:
        body: dict[str, Any] = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        if self._settings.dimensions is not None:
            body["dimensions"] = self._settings.dimensions
        return self._read(await self._endpoint.post(body), len(texts))

    def _read(self, body: Mapping[str, Any], texts: int) -> Embeddings:
        model = str(body.get("model") or UNKNOWN)
        if (wrong := self._boundary.other_model(model, self._settings.allow_model)) is not None:
            raise wrong
        try:
            placed = {int(one["index"]): one["embedding"] for one in body["data"]}
            vectors = unit([placed[index] for index in range(texts)])
        except (KeyError, TypeError, ValueError, OverflowError):
            said = self._boundary.clean(f"not embeddings of {texts} texts: {json.dumps(body)}")
            raise PassingFault(said) from None
        tokens = count(mapping(body.get("usage")).get("prompt_tokens"))
        return Embeddings(
            vectors,
            truncated=np.zeros(texts, dtype=np.bool_),
            sent=texts,
            tokens=tokens,
            uncounted=0 if tokens else texts,
            answered=frozenset({model}),
        )
