"""Any server that speaks OpenAI's chat completions, or several of one model, by plain HTTP and JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from simula.teacher.bodies import count, mapping, mappings
from simula.teacher.endpoint import Endpoint
from simula.teacher.faults import Boundary, PassingFault, secret_in
from simula.teacher.model_names import UNKNOWN
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.replicas import Replicas
from simula.teacher.settings import ServerTeacher


class Server:
    """A model behind `<base_url>/chat/completions`."""

    def __init__(self, settings: ServerTeacher) -> None:
        """Prepare; nothing is sent.

        Raises:
            TeacherUnavailable: a key is wanted and its variable is not set.
        """
        self.model = settings.model
        self._settings = settings
        secret = secret_in(
            settings.key_variable, settings.model, "set teacher.key_variable=null for a server without"
        )
        credential = settings.key_variable or settings.address
        self._boundary = boundary = Boundary(settings.model, credential, secret)

        def connect(address: str) -> Endpoint:
            return Endpoint(f"{address.rstrip('/')}/chat/completions", boundary, settings.timeout)

        self._endpoint: Endpoint | Replicas = (
            Replicas(settings.servers, connect) if settings.servers else connect(settings.base_url)
        )

    async def ask(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            PassingFault: it may be answered if it is sent again.
        """
        return self._reply(await self._endpoint.post(self._body(request)))

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        await self._endpoint.close()

    def _body(self, request: Request) -> dict[str, Any]:
        return {
            "model": self.model,
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.prompt},
            ],
            "temperature": request.temperature,
            "max_tokens": request.max_tokens,
            "seed": request.seed % 2**31,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": request.template, "strict": True, "schema": dict(request.schema)},
            },
        }

    def _reply(self, body: Mapping[str, Any]) -> Reply:
        usage = _usage(mapping(body.get("usage")))
        try:
            choice = body["choices"][0]
            finish, message = choice["finish_reason"], choice["message"]
            content = _text(message.get("content"))
        except (KeyError, IndexError, TypeError, AttributeError):
            said = self._boundary.clean(f"not a chat completion: {json.dumps(body)}")
            raise PassingFault(said, used=usage) from None
        model = str(body.get("model") or UNKNOWN)
        if (wrong := self._boundary.other_model(model, self._settings.allow_model, usage)) is not None:
            raise wrong
        if finish == "content_filter" or message.get("refusal"):
            return Reply(text="", model=model, finish="blocked", usage=usage)
        if finish == "length":
            return Reply(text=content, model=model, finish="length", usage=usage)
        if finish == "stop" and content:
            return Reply(text=content, model=model, finish="stop", usage=usage)
        raise PassingFault(f"an empty answer (finish reason {finish})", empty=True, used=usage)


def _text(content: Any) -> str:
    """A reply's text, which some servers send in parts; parts of other kinds, such as thoughts, are left out.

    Raises:
        TypeError: it is neither a text nor parts.
    """
    if isinstance(content, list):
        said = [part["text"] for part in mappings(content) if part.get("type", "text") == "text"]
        return "".join(said)
    if content is not None and not isinstance(content, str):
        raise TypeError(f"content is {type(content).__name__}")
    return content or ""


def _usage(said: Mapping[str, Any]) -> Usage:
    """Tokens; OpenAI counts thinking inside of the completion."""
    thinking = count(mapping(said.get("completion_tokens_details")).get("reasoning_tokens"))
    return Usage(
        prompt=count(said.get("prompt_tokens")),
        cached=count(mapping(said.get("prompt_tokens_details")).get("cached_tokens")),
        completion=max(0, count(said.get("completion_tokens")) - thinking),
        thinking=thinking,
    )
