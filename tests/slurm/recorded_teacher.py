"""The simulated teacher's answers behind a server that fails at random, as providers do.

Over the wire a teacher is told the prompt alone, from which the simulated one answers nothing: so what it
says in this process is kept, and served by prompt and seed.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import anyio
import pytest
from aiohttp import web
from anyio.from_thread import start_blocking_portal
from loopback import address, served

from simula.teacher.port import Reply, Request
from simula.teacher.simulated.teacher import Simulated

Name = tuple[str, str, int]
"""System instruction, prompt and seed of a call."""

TIMEOUT_S = 3
"""What to set `teacher.timeout` to: a late answer comes after it."""
_LATENCY_S = 0.02
_FAULTY = 0.1
_MOST = 2
"""Faults of one call, of so many that a teacher with a few attempts is never without an answer."""
_FAULTS = ("500", "503", "429", "dropped", "cut off", "empty", "late")


@contextmanager
def kept() -> Iterator[dict[Name, Reply]]:
    """What the simulated teacher says while the block runs."""
    replies: dict[Name, Reply] = {}
    ask = Simulated.ask

    async def keeping(self: Simulated, request: Request) -> Reply:
        replies[request.system, request.prompt, request.seed % 2**31] = reply = await ask(self, request)
        return reply

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Simulated, "ask", keeping)
        yield replies


@dataclass
class RecordedTeacher:
    """A server of chat completions, on a thread of its own."""

    replies: dict[Name, Reply]
    seed: int
    failing: bool = False
    """Whether calls fail at random."""
    down_until: float = 0.0
    """On the monotonic clock; until then every call is told 503."""
    url: str = ""
    asked: Counter[Name] = field(default_factory=Counter)
    """How often each call came."""
    answered: Counter[Name] = field(default_factory=Counter)
    """How often it was answered: what comes again had been paid and was lost."""
    faults: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def running(self) -> Iterator[RecordedTeacher]:
        """Until the block ends."""
        application = web.Application()
        application.router.add_post("/chat/completions", self._answer)
        with start_blocking_portal() as portal:
            runner = portal.call(served, application)
            self.url = address(runner)
            try:
                yield self
            finally:
                portal.call(runner.cleanup)

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        system, prompt = (message["content"] for message in body["messages"])
        name = (system, prompt, body["seed"])
        await anyio.sleep(_LATENCY_S)
        if time.monotonic() < self.down_until:
            self.faults["outage"] += 1
            return web.Response(status=503)
        self.asked[name] += 1
        fault = self._fault(name)
        if not fault:
            self.answered[name] += 1
            return web.json_response(_completion(self.replies[name], body["model"]))
        self.faults[fault] += 1
        return await _failed(fault, request, _completion(self.replies[name], body["model"]))

    def _fault(self, name: Name) -> str:
        """What goes wrong this time, which depends on nothing but the call and how often it came."""
        times = self.asked[name]
        drawn = random.Random(f"{self.seed} {times} {name}")
        fails = self.failing and times <= _MOST and drawn.random() < _FAULTY
        return drawn.choice(_FAULTS) if fails else ""


async def _failed(fault: str, request: web.Request, body: dict[str, Any]) -> web.StreamResponse:
    if fault == "dropped":
        assert request.transport is not None
        request.transport.abort()
        return web.Response()
    if fault == "cut off":
        text = web.json_response(body).text or ""
        return web.Response(text=text[: len(text) // 2], content_type="application/json")
    if fault == "empty":
        body["choices"][0]["message"]["content"] = ""
        return web.json_response({**body, "usage": {}})
    if fault == "late":
        await anyio.sleep(TIMEOUT_S + 1)
        return web.json_response(body)
    return web.Response(status=int(fault), headers={"Retry-After": "1"} if fault == "429" else {})


def _completion(reply: Reply, model: str) -> dict[str, Any]:
    usage = {"prompt_tokens": reply.usage.prompt, "completion_tokens": reply.usage.completion}
    choice = {"finish_reason": reply.finish, "message": {"role": "assistant", "content": reply.text}}
    return {"model": model, "choices": [choice], "usage": usage}
