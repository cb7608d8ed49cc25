"""A student behind OpenAI's protocol, on loopback in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import anyio
import torch
from aiohttp import web
from anyio.from_thread import start_blocking_portal
from loopback import address, served


class StudentServer:
    """Computes what models say, by transformers; holds back what comes after `hold_after` answers."""

    def __init__(self, models: Mapping[str, Any], tokenizer: Any, *, logprobs: bool = True) -> None:
        self._models = models
        self._tokenizer = tokenizer
        self._logprobs = logprobs
        self.bodies: list[dict[str, Any]] = []
        self.hold_after: int | None = None
        self.script: list[tuple[int, dict[str, Any]]] = []
        """Statuses and bodies of the first answers."""
        self.at_once = self.most_at_once = self.answered = 0
        self.url = ""

    @property
    def held(self) -> bool:
        """Whether answers are held back."""
        return self.hold_after is not None and self.answered >= self.hold_after

    @contextmanager
    def running(self) -> Iterator[StudentServer]:
        with start_blocking_portal() as portal:
            runner = portal.call(self._start)
            self.url = f"{address(runner)}/v1"
            try:
                yield self
            finally:
                portal.call(runner.cleanup)

    async def _start(self) -> web.AppRunner:
        application = web.Application()
        application.router.add_post("/v1/chat/completions", self._chat)
        application.router.add_post("/v1/completions", self._plain)
        return await served(application)

    async def _chat(self, request: web.Request) -> web.Response:
        body = await request.json()
        prompt = self._tokenizer.apply_chat_template(
            body["messages"], add_generation_prompt=True, return_dict=False
        )
        return await self._answer(body, prompt, chat=True)

    async def _plain(self, request: web.Request) -> web.Response:
        body = await request.json()
        return await self._answer(body, body["prompt"], chat=False)

    async def _answer(self, body: dict[str, Any], prompt: list[int], *, chat: bool) -> web.Response:
        self.bodies.append(body)
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            # Taken at once: a request whose asker has gone meanwhile takes no other one's answer.
            status, said = self.script.pop(0) if self.script else (200, None)
            await anyio.sleep(0.01)
            if said is not None:
                return web.json_response(said, status=status)
            if self.held:
                while self.held:
                    await anyio.sleep(0.01)
                return web.Response(status=503)
            self.answered += 1
            return self._computed(body, prompt, chat)
        finally:
            self.at_once -= 1

    @torch.no_grad()
    def _computed(self, body: dict[str, Any], prompt: list[int], chat: bool) -> web.Response:
        assert body["temperature"] == 0
        if (model := self._models.get(body["model"])) is None:
            error = {"message": f"The model `{body['model']}` does not exist.", "type": "NotFoundError"}
            return web.json_response({"error": error}, status=404)
        ends, written = {model.generation_config.eos_token_id, self._end()}, []
        first = model(input_ids=torch.tensor([prompt])).logits[0, -1].log_softmax(-1)
        for _ in range(body["max_tokens"]):
            token = int(model(input_ids=torch.tensor([prompt + written])).logits[0, -1].argmax())
            if token in ends:
                break
            written.append(token)
        text = self._tokenizer.decode(written, skip_special_tokens=True)
        choice: dict[str, Any] = {"index": 0, "finish_reason": "stop"}
        choice |= {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
        if self._logprobs and body.get("logprobs"):
            values, tokens = first.topk(body["top_logprobs"] if chat else body["logprobs"])
            told = [
                {"token": self._tokenizer.decode([token]), "logprob": value}
                for token, value in zip(tokens.tolist(), values.tolist(), strict=True)
            ]
            by_text = {one["token"]: one["logprob"] for one in reversed(told)}
            choice["logprobs"] = (
                {"content": [{"top_logprobs": told}]} if chat else {"top_logprobs": [by_text]}
            )
        return web.json_response({"model": body["model"], "choices": [choice]})

    def _end(self) -> int:
        return int(self._tokenizer.convert_tokens_to_ids("<end_of_turn>"))
