"""A teacher that is never asked the same thing twice."""

from __future__ import annotations

import time

import anyio

from simula.teacher.ledger import Ledger
from simula.teacher.port import Reply, Request, Teacher


def key_of(request: Request, model: str, options: str = "") -> str:
    """The name of a request's answer: the request's own key, and the options that the teacher adds."""
    return request.key(f"{model} {options}" if options else model)


class Recorded:
    """Asks a teacher, and a ledger before it; an answer is durable before anyone sees it."""

    def __init__(
        self, teacher: Teacher, ledger: Ledger, options: str = "", models: tuple[str, ...] = ()
    ) -> None:
        """Wrap a teacher.

        Args:
            teacher: answers what is not recorded.
            ledger: where answers are recorded.
            options: what decides its answers beside model and request.
            models: whose recorded answers are the teacher's; empty: anybody's.
        """
        self.model = teacher.model
        self._teacher = teacher
        self._ledger = ledger
        self._options = options
        self._models = models
        self._asked = ledger.asked

    async def ask(self, request: Request) -> Reply:
        """The recorded answer; else the teacher's, recorded. Requests of one key at one time send one, of
        all processes that share the ledger.

        Raises:
            StoreError: the answer could not be made durable, and is not used; or the others cannot be seen.
        """
        key = key_of(request, self.model, self._options)
        while True:
            known = self._ledger.get(key, self._models)
            if known is None and key not in self._asked and await self._ledger.look():
                known = self._ledger.get(key, self._models)
            if known is not None:
                return known
            if key not in self._asked:
                return await self._send(key, request)
            asked = self._asked[key] = self._asked[key] or anyio.Event()
            await asked.wait()

    async def close(self) -> None:
        """Close teacher and ledger."""
        await self._teacher.close()
        self._ledger.close()

    async def _send(self, key: str, request: Request) -> Reply:
        self._asked[key] = None
        try:
            known = await self._ledger.intents.take(key, lambda: self._ledger.get(key, self._models))
            return await self._answered(key, request) if known is None else known
        finally:
            if (asked := self._asked.pop(key)) is not None:
                asked.set()

    async def _answered(self, key: str, request: Request) -> Reply:
        try:
            start = time.monotonic()
            reply = await self._teacher.ask(request)
            # A batch that somebody else submitted is in the ledger before it is answered here.
            if not reply.recorded:
                await self._ledger.append(key, request.template, self.model, reply, time.monotonic() - start)
            return reply
        finally:
            self._ledger.intents.close(key)
