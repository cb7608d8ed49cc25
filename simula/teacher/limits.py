"""A teacher within its limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import anyio

from simula.errors import TeacherError
from simula.teacher.faults import PassingFault
from simula.teacher.opening import Opening
from simula.teacher.pace import Tokens
from simula.teacher.port import Reply, Request, Teacher, Usage
from simula.teacher.traffic import Limits, Traffic

_PLACES = 2
"""Calls in work for each one in flight: one that waits to be sent again takes no other one's place."""


class Limited:
    """A teacher that is opened at its first call, asked no faster than its limits allow, and asked again
    while its faults may pass.
    """

    def __init__(self, model: str, open_teacher: Callable[[], Teacher], limits: Limits) -> None:
        """Prepare; nothing is opened.

        Args:
            model: the model asked for.
            open_teacher: makes the teacher behind the limits, which may raise `PassingFault`; runs in a
                thread, as it may import and load.
            limits: how fast it is asked.
        """
        self.model = model
        self._opening = Opening(model, open_teacher)
        self._places = anyio.Semaphore(_PLACES * limits.concurrency, fast_acquire=True)
        self._tokens = Tokens(limits.tokens_counted)
        self.traffic = Traffic(model, limits)

    async def ask(self, request: Request) -> Reply:
        """Answer one request when its turn comes; reply or error tell what unusable answers took."""
        unusable = Usage()

        async def attempt() -> Reply:
            nonlocal unusable
            try:
                return await teacher.ask(request)
            except (PassingFault, TeacherError) as fault:
                unusable += fault.used or Usage()
                raise

        async with self._places:
            teacher = await self._opening.opened()
            try:
                reply = await self.traffic.send(
                    attempt,
                    lambda: self._tokens.expected(request),
                    lambda reply: self._tokens.used(request, reply.usage),
                )
            except TeacherError as error:
                error.used = unusable
                raise
        return replace(reply, unusable=unusable) if unusable.total else reply

    async def close(self) -> None:
        """Close what was opened; a later call opens it again."""
        await self.traffic.close()
        await self._opening.close()
