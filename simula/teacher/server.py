"""Any server that speaks OpenAI's chat completions, by plain HTTP and JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any

import aiohttp

from simula.errors import TeacherUnavailable
from simula.teacher.faults import Boundary, PassingFault
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.retry_after import seconds_of
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
        self._secret = os.environ.get(settings.key_variable, "") if settings.key_variable else ""
        if settings.key_variable and not self._secret:
            raise TeacherUnavailable(
                f"{settings.model} needs a key and {settings.key_variable} is not set: "
                f"export {settings.key_variable}=…, or set teacher.key_variable=null for a server without"
            )
        self._boundary = Boundary(settings.model, settings.key_variable or settings.base_url, self._secret)
        self._session: aiohttp.ClientSession | None = None

    async def ask(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            PassingFault: it may be answered if it is sent again.
        """
        url = f"{self._settings.base_url.rstrip('/')}/chat/completions"
        try:
            async with self._connected().post(url, json=self._body(request)) as response:
                text = await response.text()
                if response.status != 200:
                    wait = seconds_of(response.headers.get("Retry-After", ""))
                    raise self._fault(response.status, text, wait)
        except TimeoutError:
            raise self._boundary.late(self._settings.timeout) from None
        except (aiohttp.ClientError, UnicodeDecodeError) as error:
            raise PassingFault(self._boundary.clean(f"{type(error).__name__}: {error}")) from None
        return self._reply(_object(text))

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    def _connected(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                # The number of connections is the number of calls in flight, which `Limited` decides.
                connector=aiohttp.TCPConnector(limit=0),
                timeout=aiohttp.ClientTimeout(total=self._settings.timeout),
                headers={"Authorization": f"Bearer {self._secret}"} if self._secret else None,
            )
        return self._session

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

    def _fault(self, status: int, text: str, wait: float) -> Exception:
        body = _object(text)
        said = body.get("error", body)
        if not isinstance(said, Mapping):
            said = {"message": said}
        reason = f"{said.get('type', '')} {said.get('code', '')}"
        return self._boundary.fault(status, str(said.get("message") or text), reason, wait)

    def _reply(self, body: Mapping[str, Any]) -> Reply:
        try:
            choice = body["choices"][0]
            finish, message = choice["finish_reason"], choice["message"]
            content = message.get("content") or ""
        except (KeyError, IndexError, TypeError, AttributeError):
            raise PassingFault(self._boundary.clean(f"not a chat completion: {json.dumps(body)}")) from None
        model = str(body.get("model") or self.model)
        if (wrong := self._boundary.other_model(model, self._settings.allow_model)) is not None:
            raise wrong
        usage = _usage(body.get("usage") or {})
        if finish == "content_filter" or message.get("refusal"):
            return Reply(text="", model=model, finish="blocked", usage=usage)
        if finish == "length":
            return Reply(text=content, model=model, finish="length", usage=usage)
        if finish == "stop" and content:
            return Reply(text=content, model=model, finish="stop", usage=usage)
        raise PassingFault(f"an empty answer (finish reason {finish})")


def _object(text: str) -> Mapping[str, Any]:
    """The JSON object in a body; a body that is none (a proxy's page) is an empty object."""
    try:
        value = json.loads(text)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def _usage(said: Mapping[str, Any]) -> Usage:
    """Tokens; OpenAI counts thinking inside of the completion."""
    thinking = int((said.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0)
    return Usage(
        prompt=int(said.get("prompt_tokens") or 0),
        cached=int((said.get("prompt_tokens_details") or {}).get("cached_tokens") or 0),
        completion=int(said.get("completion_tokens") or 0) - thinking,
        thinking=thinking,
    )
