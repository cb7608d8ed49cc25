"""Gemini's files, batches and generateContent on loopback; a batch is answered when it is created."""

from __future__ import annotations

import hashlib
import json
import random
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

from aiohttp import web
from fake_gemini import KEY, answer
from loopback import address, served

Item = Callable[[str, Mapping[str, Any]], Mapping[str, Any]]
"""What becomes of a request, by its key: {"response": …} or {"error": …}."""
_TALE = (
    "the farmer sold many red apples and three boxes of bread while her brother counted coins at a market "
    "before they walked home with a basket of eggs under the tree near an old school where children played"
)


class FakeBatches:
    """`async with FakeBatches() as fake`; what happened is counted, and `before` may interfere with it."""

    def __init__(self, item: Item | None = None, states: tuple[str, ...] = ("PENDING", "RUNNING")) -> None:
        self.item = item or good
        self.states = states
        self.end = "SUCCEEDED"
        self.before: dict[str, Callable[[], None]] = {}
        """By "start", "upload", "create", "created", "poll", "download", "downloading"."""
        self.refuse: dict[str, list[web.Response]] = {}
        """Answers given instead, by the same steps, until they are used up."""
        self.counts: Counter[str] = Counter()
        self.answered: Counter[str] = Counter()
        """By key: how often the service did the work."""
        self.files: dict[str, bytes] = {}
        self.batches: dict[str, dict[str, Any]] = {}
        self.online: list[dict[str, Any]] = []

    @property
    def url(self) -> str:
        return address(self._runner)

    async def __aenter__(self) -> FakeBatches:
        application = web.Application(client_max_size=2**30)
        add = application.router
        add.add_post("/upload/v1beta/files", self._start)
        add.add_post("/session/{id}", self._upload)
        add.add_get("/v1beta/files/{id}:download", self._download)
        add.add_post("/v1beta/models/{model}:batchGenerateContent", self._create)
        add.add_post("/v1beta/models/{model}:generateContent", self._online)
        add.add_get("/v1beta/batches", self._list)
        add.add_get("/v1beta/batches/{id}", self._look)
        self._runner = await served(application)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._runner.cleanup()

    def _step(self, name: str) -> web.Response | None:
        self.counts[name] += 1
        if (hook := self.before.get(name)) is not None:
            hook()
        return self.refuse[name].pop(0) if self.refuse.get(name) else None

    async def _start(self, request: web.Request) -> web.StreamResponse:
        assert request.headers["x-goog-api-key"] == KEY
        assert request.headers["X-Goog-Upload-Command"] == "start"
        if (refused := self._step("start")) is not None:
            return refused
        name = f"f{self.counts['start']}"
        self.files[name] = b""
        return web.json_response({}, headers={"X-Goog-Upload-URL": f"{self.url}/session/{name}"})

    async def _upload(self, request: web.Request) -> web.StreamResponse:
        name = request.match_info["id"]
        assert int(request.headers["X-Goog-Upload-Offset"]) == len(self.files[name])
        self.files[name] += await request.read()
        if "finalize" not in request.headers["X-Goog-Upload-Command"]:
            return web.json_response({}, headers={"X-Goog-Upload-Status": "active"})
        if (refused := self._step("upload")) is not None:
            return refused
        file = {"name": f"files/{name}", "state": "ACTIVE", "sizeBytes": str(len(self.files[name]))}
        return web.json_response({"file": file}, headers={"X-Goog-Upload-Status": "final"})

    async def _create(self, request: web.Request) -> web.StreamResponse:
        said = (await request.json())["batch"]
        if (refused := self._step("create")) is not None:
            return refused
        data = self.files[said["inputConfig"]["fileName"].removeprefix("files/")]
        lines = [json.loads(line) for line in data.splitlines()]
        name = f"b{len(self.batches) + 1}"
        results = []
        # Last ones first: results are matched by key, never by order.
        for line in reversed(lines) if self.end == "SUCCEEDED" else ():
            self.answered[line["key"]] += 1
            results.append(json.dumps({"key": line["key"], **self.item(line["key"], line["request"])}))
        self.files[f"r-{name}"] = "".join(f"{line}\n" for line in results).encode()
        self.batches[name] = {
            "displayName": said["displayName"],
            "states": [*self.states],
            "end": self.end,
            "requests": lines,
            "model": request.match_info["model"],
        }
        if (refused := self._step("created")) is not None:
            return refused
        return web.json_response(self._job(name))

    async def _list(self, request: web.Request) -> web.StreamResponse:
        """One job a page, so that pages are turned."""
        self._step("list")
        names = sorted(self.batches, reverse=True)
        at = int(request.query.get("pageToken", 0))
        more = {"nextPageToken": str(at + 1)} if at + 1 < len(names) else {}
        return web.json_response({"operations": [self._job(name) for name in names[at : at + 1]], **more})

    async def _look(self, request: web.Request) -> web.StreamResponse:
        if (refused := self._step("poll")) is not None:
            return refused
        name = request.match_info["id"]
        said = self._job(name)
        self.batches[name]["states"][:1] = []
        return web.json_response(said)

    async def _download(self, request: web.Request) -> web.StreamResponse:
        assert request.query["alt"] == "media"
        if (refused := self._step("download")) is not None:
            return refused
        data = self.files[request.match_info["id"]]
        response = web.StreamResponse(headers={"Content-Length": str(len(data))})
        await response.prepare(request)
        await response.write(data[: len(data) // 2])
        self._step("downloading")
        await response.write(data[len(data) // 2 :])
        return response

    async def _online(self, request: web.Request) -> web.StreamResponse:
        body = await request.json()
        self.online.append(body)
        return web.json_response(self.item("", body)["response"])

    def _job(self, name: str) -> dict[str, Any]:
        batch = self.batches[name]
        state = batch["states"][0] if batch["states"] else batch["end"]
        metadata = {
            "@type": "type.googleapis.com/google.ai.generativelanguage.v1main.GenerateContentBatch",
            "model": f"models/{batch['model']}",
            "displayName": batch["displayName"],
            "createTime": "2026-11-22T11:55:07.827892252Z",
            "batchStats": {"requestCount": str(len(batch["requests"]))},
            "state": f"BATCH_STATE_{state}",
            "name": f"batches/{name}",
        }
        if state == "SUCCEEDED":
            metadata["output"] = {"responsesFile": f"files/r-{name}"}
        return {"name": f"batches/{name}", "metadata": metadata}


def refusal(code: int, status: str, message: str) -> web.Response:
    """An error of a call around a batch."""
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)


def good(key: str, request: Mapping[str, Any]) -> dict[str, Any]:
    """An answer that fits the request's schema and differs from every other request's."""
    said = request["generationConfig"]
    prompt = request["contents"][0]["parts"][0]["text"]
    seed = hashlib.sha256(f"{said['seed']} {prompt}".encode()).hexdigest()
    if said["maxOutputTokens"] < 10:
        return {"response": answer('{"question":"How ma', "MAX_TOKENS")}
    content = _invent(said["responseJsonSchema"], random.Random(seed), prompt)
    body = answer(json.dumps(content))
    # Fields that the client's types do not have must not spoil an answer.
    body["candidates"][0]["citationMetadata"] = {"citationSources": [{"license": "", "startIndex": 3}]}
    return {"response": body}


def _invent(schema: Mapping[str, Any], draw: random.Random, prompt: str) -> Any:
    if schema["type"] == "object":
        return {name: _invent(inner, draw, prompt) for name, inner in schema["properties"].items()}
    if schema["type"] == "array":
        return [_invent(schema["items"], draw, prompt) for _ in range(max(2, schema.get("minItems", 2)))]
    if schema["type"] == "integer":
        return draw.randint(schema["minimum"], schema["maximum"])
    if schema.get("enum") == ["yes", "no"]:
        return "no" if "incorrect?" in prompt else "yes"
    if "enum" in schema:
        return draw.choice(schema["enum"])
    if "pattern" in schema:
        return str(draw.randint(1, 999))
    return " ".join(draw.choices(_TALE.split(), k=14))[: schema.get("maxLength", 200)].strip()
