"""Hours of traffic in a moment: an event loop whose clock jumps to the next timer instead of waiting."""

from __future__ import annotations

import asyncio
import random
import selectors
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import anyio

Result = TypeVar("Result")


class _Jump(selectors.DefaultSelector):
    """Polls, and moves the clock where nothing is ready."""

    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        # Without a timer a thread is at work: wait for it really.
        ready = super().select(timeout if timeout is None else 0)
        if not ready and timeout is not None:
            self.now += timeout
        return ready


class VirtualLoop(asyncio.SelectorEventLoop):
    """asyncio's loop on such a clock."""

    def __init__(self) -> None:
        self._jump = _Jump()
        super().__init__(self._jump)

    def time(self) -> float:
        return self._jump.now


def run(function: Callable[..., Awaitable[Result]], *arguments: Any) -> Result:
    """`anyio.run` on a virtual clock; what is drawn meanwhile (jitter) is drawn alike every time."""
    random.seed(7)
    return anyio.run(function, *arguments, backend_options={"loop_factory": VirtualLoop})
