"""Any server that speaks OpenAI's embeddings, by plain HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import aiohttp
import numpy as np

from simula.embedding.faults import own_keys, secret_in
from simula.embedding.port import Embeddings, unit
from simula.embedding.settings import ServerEmbedding
from simula.teacher.faults import Boundary, PassingFault
from simula.teacher.repeats import Repeats
from simula.teacher.retry_after import seconds_of


class Server:
    """A model behind `<base_url>/embeddings`."""

    def __init__(self, settings: ServerEmbedding) -> None:
        """Prepare; nothing is sent.

        Raises:
            TeacherUnavailable: a key is wanted and its variable is not set.
        """
        self.model = settings.model
        self._settings = settings
        self._secret = secret_in(settings.key_variable, settings.model)
        self._boundary = Boundary(settings.model, settings.key_variable or settings.base_url, self._secret)
        self._repeats = Repeats(settings.model, settings.attempts, settings.first_wait)
        self._session: aiohttp.ClientSession | None = None

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of one batch; passing faults are repeated."""
        with own_keys():
            return await self._repeats(self._send, texts)

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # The number of connections is the number of batches in flight.
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                headers={"Authorization": f"Bearer {self._secret}"} if self._secret else None,
            )
        return self._session

    async def _send(self, texts: Sequence[str]) -> Embeddings:
        url = f"{self._settings.base_url.rstrip('/')}/embeddings"
        body: dict[str, Any] = {"model": self.model, "input": list(texts), "encoding_format": "float"}
        if self._settings.dimensions is not None:
            body["dimensions"] = self._settings.dimensions
        try:
            async with self._connected().post(url, json=body) as response:
                said = _object(await response.text())
                if response.status != 200:
                    raise self._fault(response.status, said, response.headers.get("Retry-After", ""))
        except TimeoutError:
            raise self._boundary.late(self._settings.timeout) from None
        except (aiohttp.ClientError, UnicodeDecodeError) as error:
            raise PassingFault(self._boundary.clean(f"{type(error).__name__}: {error}")) from None
        return self._read(said, len(texts))

    def _fault(self, status: int, body: Mapping[str, Any], retry_after: str) -> Exception:
        said = body.get("error", body)
        if not isinstance(said, Mapping):
            said = {"message": said}
        reason = f"{said.get('type', '')} {said.get('code', '')}"
        return self._boundary.fault(status, str(said.get("message", "")), reason, seconds_of(retry_after))

    def _read(self, body: Mapping[str, Any], texts: int) -> Embeddings:
        model = str(body.get("model") or self.model)
        if (wrong := self._boundary.other_model(model, self._settings.allow_model)) is not None:
            raise wrong
        try:
            placed = {int(one["index"]): one["embedding"] for one in body["data"]}
            vectors = unit([placed[index] for index in range(texts)])
        except (KeyError, TypeError, ValueError):
            said = self._boundary.clean(f"not embeddings of {texts} texts: {json.dumps(body)}")
            raise PassingFault(said) from None
        counted = (body.get("usage") or {}).get("prompt_tokens")
        return Embeddings(
            vectors,
            truncated=np.zeros(texts, dtype=np.bool_),
            sent=texts,
            tokens=int(counted or 0),
            uncounted=0 if counted is not None else texts,
        )


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a body; a body that is none (a proxy's page) is told as a message."""
    try:
        value = json.loads(text)
    except ValueError:
        value = text
    return value if isinstance(value, dict) else {"message": value}
