"""How fast embeddings are asked for: through the door that the teachers' calls go through."""

from __future__ import annotations

import math
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from simula.embedding.port import Embeddings
from simula.teacher.traffic import Traffic

_CHARACTERS_A_TOKEN = 4
"""About, in English: for a call whose tokens nobody has counted."""


async def sent(
    traffic: Traffic, send: Callable[[Sequence[str]], Awaitable[Embeddings]], texts: Sequence[str]
) -> Embeddings:
    """The vectors of one call, when its turn comes; it is sent again while its faults may pass.

    Raises:
        RequestFailed: this call is lost.
        TeacherUnavailable: no call can succeed.
        StoreError: the processes that share the limits cannot be seen.
    """
    expected = math.ceil(sum(map(len, texts)) / _CHARACTERS_A_TOKEN)

    async def attempt() -> Embeddings:
        answer = await send(texts)
        return replace(answer, estimated=expected) if answer.uncounted else answer

    return await traffic.send(attempt, lambda: expected, lambda answer: answer.billed)
