"""A teacher that is opened at its first call."""

from __future__ import annotations

from collections.abc import Callable

import anyio
import anyio.to_thread

from simula.teacher.port import Reply, Request, Teacher


class Opening:
    """Opens a teacher when it is first asked, in a thread, as that may import and load; sets no limits."""

    def __init__(self, model: str, open_teacher: Callable[[], Teacher]) -> None:
        """Prepare; nothing is opened."""
        self.model = model
        self._open_teacher = open_teacher
        self._teacher: Teacher | None = None
        self._opening = anyio.Lock(fast_acquire=True)

    async def ask(self, request: Request) -> Reply:
        """Answer one request."""
        return await (await self.opened()).ask(request)

    async def opened(self) -> Teacher:
        """The teacher itself, opened."""
        if self._teacher is None:
            async with self._opening:
                if self._teacher is None:
                    self._teacher = await anyio.to_thread.run_sync(self._open_teacher)
                return self._teacher
        return self._teacher

    async def close(self) -> None:
        """Close what was opened; a later call opens it again."""
        teacher, self._teacher = self._teacher, None
        if teacher is not None:
            await teacher.close()
