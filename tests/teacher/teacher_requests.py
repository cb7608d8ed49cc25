"""The request that the teacher tests ask, and one call of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import anyio
from loopback import Loopback

from simula.domain.schema import strict_object
from simula.teacher import Reply, Request
from simula.teacher.settings import TeacherSettings


def make_request(seed: int = 1, **changes: Any) -> Request:
    """A small question whose answer is an object of two strings."""
    said: dict[str, Any] = {
        "template": "write_sample",
        "system": "You write problems for children.",
        "prompt": "Write one short arithmetic problem and its answer.",
        # Bounded, so that a real small model ends its reply whatever it draws.
        "schema": strict_object(
            question={"type": "string", "maxLength": 40},
            answer={"type": "string", "enum": ["3", "5", "7"]},
        ),
        "values": {"mix": []},
        "seed": seed,
        "temperature": 0.7,
        "max_tokens": 160,
    }
    return Request(**(said | changes))


def asked(fake: Loopback, settings: Callable[[], TeacherSettings], request: Request) -> Reply:
    """One call of a teacher whose settings are made when the fake has its address."""

    async def run() -> Reply:
        async with fake:
            teacher = settings().connect()
            try:
                return await teacher.ask(request)
            finally:
                await teacher.close()

    return anyio.run(run)
