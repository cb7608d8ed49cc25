"""An embedding that is never sent the same text twice."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import anyio
import anyio.to_thread

from simula.concurrency import in_order
from simula.embedding.port import Embedder, Embeddings
from simula.embedding.vectors import VectorCache, key_of
from simula.errors import StoreError


class Stored:
    """Embeds what no process has embedded before, in batches; a vector is durable before anyone sees it.

    The model behind it is opened at the first text that is not recorded: where all are, nothing is loaded,
    sent, or asked for a key.
    """

    def __init__(
        self,
        model: str,
        open_model: Callable[[], Embedder],
        cache: VectorCache,
        *,
        batch: int,
        concurrency: int,
        progress: Callable[[int, int], None] | None = None,
    ) -> None:
        """Prepare; nothing is opened.

        Args:
            model: the model asked for.
            open_model: makes what embeds one batch; runs in a thread, as it may import and load.
            cache: where its vectors are.
            batch: texts a call.
            concurrency: calls in flight at once.
            progress: told how many of the texts that are sent are done.
        """
        self.model = model
        self._open_model = open_model
        self._cache = cache
        self._batch = batch
        self._slots = anyio.Semaphore(concurrency)
        self._progress = progress
        self._embedder: Embedder | None = None
        self._opening = anyio.Lock()
        self._writing = anyio.Lock()

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of all texts.

        Raises:
            StoreError: vectors cannot be written or read; nothing unrecorded is used.
        """
        keys = [key_of(text) for text in texts]
        await anyio.to_thread.run_sync(self._cache.refresh)
        missing = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._cache}
        # Texts of one length share a batch: the shorter ones are padded to the longest.
        ordered = sorted(missing.items(), key=lambda item: len(item[1]))
        groups = [ordered[at : at + self._batch] for at in range(0, len(ordered), self._batch)]
        done = _Count(len(ordered), self._progress)
        fresh = await in_order([partial(self._send, group, done) for group in groups])
        await anyio.to_thread.run_sync(self._cache.refresh)
        try:
            vectors, truncated = await anyio.to_thread.run_sync(self._cache.read, keys)
        except KeyError as error:
            raise StoreError("a vector that was just recorded cannot be read back") from error
        return Embeddings(
            vectors,
            truncated,
            sent=len(ordered),
            tokens=sum(one.tokens for one in fresh),
            uncounted=sum(one.uncounted for one in fresh),
            estimated=sum(one.estimated for one in fresh),
            answered=frozenset[str]().union(*(one.answered for one in fresh)),
        )

    async def close(self) -> None:
        """Close model and cache; a later call opens them again."""
        embedder, self._embedder = self._embedder, None
        self._cache.close()
        if embedder is not None:
            await embedder.close()

    async def _send(self, group: Sequence[tuple[bytes, str]], done: _Count) -> Embeddings:
        async with self._slots:
            embedder = await self._opened()
            answer = await embedder.embed([text for _, text in group])
        # What has arrived is paid for: it is kept even when whoever asked has been cancelled.
        with anyio.CancelScope(shield=True):
            async with self._writing:
                names = [key for key, _ in group]
                await anyio.to_thread.run_sync(self._cache.append, names, answer.vectors, answer.truncated)
        done.add(len(group))
        return answer

    async def _opened(self) -> Embedder:
        async with self._opening:
            if self._embedder is None:
                self._embedder = await anyio.to_thread.run_sync(self._open_model)
            return self._embedder


class _Count:
    """How far one call is."""

    def __init__(self, total: int, told: Callable[[int, int], None] | None) -> None:
        self._done, self._total, self._told = 0, total, told

    def add(self, texts: int) -> None:
        self._done += texts
        if self._told is not None:
            self._told(self._done, self._total)
