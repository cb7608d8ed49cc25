"""A small model inside this process: llama.cpp through xllamacpp."""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import anyio
import anyio.to_thread
import xllamacpp

from simula.errors import RequestFailed, TeacherUnavailable
from simula.teacher.grammar import bounded
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.settings import EmbeddedTeacher
from simula.teacher.weights import fast_copy, shipped


@dataclass(slots=True)
class _Engine:
    """One llama.cpp server."""

    server: Any
    slots: anyio.CapacityLimiter
    """The threads in which its calls wait."""
    calls: int = 0
    """Calls that it works on, or that wait for it."""


class Embedded:
    """A model in this process, in several engines that share the calls."""

    def __init__(self, settings: EmbeddedTeacher) -> None:
        """Load the weights.

        Raises:
            TeacherUnavailable: the file is missing or cannot be loaded.
        """
        self.model = settings.model
        self._settings = settings
        path = shipped(settings)
        if settings.weights == "q8_0":
            path = fast_copy(path, settings.cache)
        slots = -(-settings.concurrency // settings.engine_count)
        common = parameters(settings, str(path), slots)
        try:
            self._engines = [
                _Engine(xllamacpp.Server(common), anyio.CapacityLimiter(slots))
                for _ in range(settings.engine_count)
            ]
        except RuntimeError as error:
            raise TeacherUnavailable(f"llama.cpp cannot load {path}: {error}") from error

    async def ask(self, request: Request) -> Reply:
        """Answer one request on the engine with the fewest calls."""
        engine = min(self._engines, key=lambda engine: engine.calls)
        engine.calls += 1
        try:
            answer = await anyio.to_thread.run_sync(
                engine.server.handle_chat_completions, self._body(request), limiter=engine.slots
            )
        finally:
            engine.calls -= 1
        return self._reply(request.template, answer)

    async def close(self) -> None:
        """Stop the engines and free their memory."""
        engines, self._engines = self._engines, []
        # The engines' destructors wait for their threads.
        await anyio.to_thread.run_sync(engines.clear)

    def _body(self, request: Request) -> dict[str, Any]:
        schema = json.dumps(dict(request.schema))
        return {
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.prompt},
            ],
            "grammar": _grammar(schema, self._settings.words_per_text, self._settings.letters),
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "seed": request.seed % 2**31,
            "min_p": self._settings.min_p,
            "repeat_penalty": self._settings.repeat_penalty,
            "cache_prompt": True,
        }

    def _reply(self, template: str, answer: Mapping[str, Any]) -> Reply:
        if "error" in answer:
            error = answer["error"]
            if error.get("type") == "exceed_context_size_error":
                raise RequestFailed(f"{self.model}: {error['message']} (teacher.context)")
            raise TeacherUnavailable(f"{self.model} does not answer: {error.get('message', error)}")
        choice, usage = answer["choices"][0], answer["usage"]
        text = choice["message"]["content"] or ""
        if not text.startswith("{"):
            # llama.cpp generates freely, without a word, where a grammar cannot be compiled.
            raise TeacherUnavailable(f"llama.cpp cannot make a grammar of the reply schema of {template}")
        return Reply(
            text=text,
            model=self.model,
            finish="length" if choice["finish_reason"] == "length" else "stop",
            usage=Usage(
                prompt=usage["prompt_tokens"],
                cached=usage["prompt_tokens_details"]["cached_tokens"],
                completion=usage["completion_tokens"],
            ),
        )


@lru_cache(maxsize=256)
def _grammar(schema: str, words: int, letters: str) -> str:
    return str(xllamacpp.json_schema_to_grammar(bounded(json.loads(schema), words, letters)))


def parameters(settings: EmbeddedTeacher, path: str, slots: int) -> Any:
    """llama.cpp's parameters of one engine with `slots` calls at once."""
    common = xllamacpp.CommonParams()
    common.model.path = path
    common.n_parallel = slots
    common.n_ctx = settings.context * slots
    # Prompts are short: smaller batches keep the compute buffers small at no loss of speed.
    common.n_batch = common.n_ubatch = 256
    common.cpuparams.n_threads = settings.threads
    common.cpuparams_batch.n_threads = settings.threads
    # Each slot keeps its last prompt, whose beginning is not computed again; no second cache beside that.
    common.cache_ram_mib = 0
    # It listens on loopback too, where nobody else is to be answered.
    common.api_keys = [secrets.token_hex(16)]
    common.warmup = False
    common.verbosity = 0
    return common
