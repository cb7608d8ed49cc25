"""A scripted HTTP server on loopback, the ground of the fake providers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import anyio
from aiohttp import web

Answer = (
    dict[str, Any]
    | str
    | tuple[int, dict[str, Any] | str | bytes, dict[str, str]]
    | Literal["drop", "late", "drip"]
)
"""A JSON body or a text with status 200; status, body, headers; a cut connection; late; drop by drop."""


async def served(application: web.Application) -> web.AppRunner:
    """The application on a free port of loopback; `cleanup()` ends it."""
    runner = web.AppRunner(application, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    return runner


def address(runner: web.AppRunner) -> str:
    """Where it is served."""
    return f"http://127.0.0.1:{runner.addresses[0][1]}"


class Loopback:
    """`async with Loopback(good, script) as fake`: the script in order, then `good` of each body."""

    def __init__(self, good: Callable[[dict[str, Any]], Answer], *script: Answer) -> None:
        self.good = good
        self.script = list(script)
        self.bodies: list[dict[str, Any]] = []
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.at_once = self.most_at_once = 0

    @property
    def url(self) -> str:
        return address(self._runner)

    async def __aenter__(self) -> Loopback:
        application = web.Application()
        application.router.add_post("/{path:.*}", self._count)
        self._runner = await served(application)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    async def _count(self, request: web.Request) -> web.StreamResponse:
        self.at_once += 1
        self.most_at_once = max(self.at_once, self.most_at_once)
        try:
            return await self._answer(request)
        finally:
            self.at_once -= 1

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.bodies.append(body)
        self.paths.append(request.path)
        self.headers.append(dict(request.headers))
        said = self.script.pop(0) if self.script else self.good(body)
        if said == "drop":
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if said == "late":
            await anyio.sleep(2)
            said = self.good(body)
        if said == "drip":
            return await self._drip(request, json.dumps(self.good(body)).encode())
        status, content, headers = said if isinstance(said, tuple) else (200, said, {})
        if isinstance(content, bytes):
            return web.Response(status=status, body=content, content_type="application/json", headers=headers)
        text = content if isinstance(content, str) else json.dumps(content)
        return web.Response(status=status, text=text, content_type="application/json", headers=headers)

    async def _drip(self, request: web.Request, data: bytes) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        for place in range(0, len(data), 20):
            await response.write(data[place : place + 20])
            await anyio.sleep(0.15)
        return response
