"""Gemini through google-genai: the Developer API, and Vertex AI."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import aiohttp
from google import genai
from google.auth.exceptions import GoogleAuthError, TransportError
from google.genai import errors, types
from pydantic import ValidationError

from simula.errors import TeacherUnavailable
from simula.teacher.bodies import count, mapping, mappings, number
from simula.teacher.faults import Boundary, PassingFault, secret_in
from simula.teacher.model_names import UNKNOWN
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.retry_after import seconds_of
from simula.teacher.settings import GeminiTeacher

_BLOCKED = (
    "SAFETY",
    "RECITATION",
    "LANGUAGE",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "MODEL_ARMOR",
    "ESCALATION",
    "JAILBREAK",
)
"""Parts of the names of blocks, of which there come new ones: IMAGE_SAFETY, IMAGE_PROHIBITED_CONTENT."""
_CUT_OFF = {"MAX_TOKENS", "CONTINUATION"}
_NO_FUNCTIONS = types.AutomaticFunctionCallingConfig(disable=True)
_BROKEN = (
    aiohttp.ClientError,
    TransportError,
    errors.UnknownApiResponseError,
    json.JSONDecodeError,
    UnicodeDecodeError,
    ValidationError,
    # Of the client's own readers, at an answer of another shape.
    AttributeError,
    KeyError,
    TypeError,
)
"""What the client raises where the connection broke or what came back is not an answer."""


class Gemini:
    """A Gemini model."""

    def __init__(
        self,
        settings: GeminiTeacher,
        group: str = "teacher",
        otherwise: str = "choose a teacher without one, such as teacher=embedded",
    ) -> None:
        """Make the client; nothing is sent.

        Args:
            settings: the model, and how it is reached.
            group: the configuration group that errors name.
            otherwise: what else to do where no key is set.

        Raises:
            TeacherUnavailable: the key is not set, or there are no Google Cloud credentials.
        """
        self.model = settings.model
        self._settings = settings
        variable = None if settings.vertex else settings.key_variable
        secret = secret_in(variable, settings.model, otherwise)
        self.boundary = Boundary(settings.model, variable or "Google Cloud", secret, group)
        self.client = self._open(secret)

    async def ask(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            PassingFault: it may be answered if it is sent again.
        """
        config = self._config(request)
        with self.translated():
            answer = await self.client.aio.models.generate_content(
                model=self.model, contents=request.prompt, config=config
            )
            said = answer.sdk_http_response
            body = json.loads(said.body) if said and said.body else None
        return self.reply(mapping(body))

    async def close(self) -> None:
        """Close the client's connections."""
        await self.client.aio.aclose()
        self.client.close()

    def _open(self, secret: str) -> genai.Client:
        settings = self._settings
        http = types.HttpOptions(
            base_url=settings.base_url,
            api_version=settings.api_version,
            timeout=round(settings.timeout * 1000),
            # One attempt, said explicitly: without it the client hides a retry after 1 to 10 seconds.
            retry_options=types.HttpRetryOptions(attempts=1),
            async_client_args={"raise_for_status": _status_first},
        )
        if not settings.vertex:
            return genai.Client(vertexai=False, api_key=secret, http_options=http)
        try:
            return genai.Client(
                vertexai=True, project=settings.project, location=settings.location, http_options=http
            )
        except (GoogleAuthError, ValueError) as error:
            raise TeacherUnavailable(
                f"Vertex AI cannot be asked: {self.boundary.clean(str(error))}; "
                "log in with `gcloud auth application-default login` and set teacher.project"
            ) from error

    def _config(self, request: Request) -> types.GenerateContentConfig:
        settings = self._settings
        level, budget = settings.thinking_level, settings.thinking_budget
        thinking = None
        if level is not None or budget is not None:
            thinking = types.ThinkingConfig(
                thinking_budget=budget, thinking_level=types.ThinkingLevel(level) if level else None
            )
        return types.GenerateContentConfig(
            system_instruction=request.system,
            temperature=None if settings.fixed_sampling else request.temperature,
            max_output_tokens=request.max_tokens,
            seed=request.seed % 2**31,
            response_mime_type="application/json",
            response_json_schema=dict(request.schema),
            thinking_config=thinking,
            automatic_continuation=False,
            # There are no functions to call; without this the client copies the configuration once more.
            automatic_function_calling=_NO_FUNCTIONS,
            # The body as it came: the client's objects cost more than the rest of a call.
            should_return_http_response=True,
        )

    @contextmanager
    def translated(self) -> Iterator[None]:
        """Whatever the client raises inside, in the port's words.

        Without its cause, which a traceback would print: providers repeat the key that they refuse.
        """
        try:
            yield
        except errors.APIError as error:
            raise self.fault(error) from None
        except TimeoutError:
            raise self.boundary.late(self._settings.timeout) from None
        except _BROKEN as error:
            raise PassingFault(self.boundary.clean(f"{type(error).__name__}: {error}")) from None
        except GoogleAuthError as error:
            raise self.boundary.fault(401, str(error)) from None

    def reply(self, body: Mapping[str, Any]) -> Reply:
        """What an answer's body says, in the port's words.

        Raises:
            PassingFault: it is empty.
            TeacherUnavailable: another model answered, or the account is disabled.
        """
        model = str(body.get("modelVersion") or UNKNOWN).rpartition("/")[2]
        usage = _usage(mapping(body.get("usageMetadata")))
        if (wrong := self.boundary.other_model(model, self._settings.allow_model, usage)) is not None:
            raise wrong
        if mapping(body.get("promptFeedback")).get("blockReason"):
            return Reply(text="", model=model, finish="blocked", usage=usage)
        candidate = next(iter(mappings(body.get("candidates"))), {})
        finish = str(candidate.get("finishReason") or "none")
        if any(name in finish for name in _BLOCKED):
            return Reply(text="", model=model, finish="blocked", usage=usage)
        if finish == "PUP_LIMITED_DISABLED":
            raise self.boundary.fault(403, "the account is limited or disabled")
        text = _text(candidate)
        if finish in _CUT_OFF:
            return Reply(text=text, model=model, finish="length", usage=usage)
        if finish == "STOP" and text:
            return Reply(text=text, model=model, finish="stop", usage=usage)
        raise PassingFault(f"an empty answer (finish reason {finish})", empty=True, used=usage)

    def fault(self, error: errors.APIError) -> Exception:
        """What an error of the API says, in the port's words."""
        body = mapping(error.details)
        inner = mapping(body.get("error")) or body
        message = inner.get("message") or inner.get("error") or error.details
        details = mappings(inner.get("details"))
        words = [str(error.status), *(str(item.get("reason", "")) for item in details)]
        quotas = [quota for item in details for quota in mappings(item.get("violations"))]
        words += [str(quota.get("quotaId", "")) for quota in quotas]
        headers: Mapping[str, str] = getattr(error.response, "headers", None) or {}
        waits = [number(str(item.get("retryDelay", "")).removesuffix("s")) for item in details]
        wait = max([seconds_of(headers.get("Retry-After", "")), *waits])
        return self.boundary.fault(error.code, str(message), " ".join(words), wait)


async def _status_first(response: aiohttp.ClientResponse) -> None:
    """Tell the status of an error whose body is not the JSON that it says it is: the client would lose it."""
    if response.status < 400:
        return
    try:
        await response.json(content_type=None)
    except ValueError:
        said = {"message": await response.text(errors="replace")}
        raise errors.APIError(response.status, said, response) from None


def _text(candidate: Mapping[str, Any]) -> str:
    """The text of a candidate without thoughts."""
    parts = mappings(mapping(candidate.get("content")).get("parts"))
    said = [part.get("text") for part in parts if not part.get("thought")]
    return "".join(text for text in said if isinstance(text, str))


def _usage(said: Mapping[str, Any]) -> Usage:
    """Tokens; Gemini counts thinking beside the reply."""
    return Usage(
        prompt=count(said.get("promptTokenCount")) + count(said.get("toolUsePromptTokenCount")),
        cached=count(said.get("cachedContentTokenCount")),
        completion=count(said.get("candidatesTokenCount")),
        thinking=count(said.get("thoughtsTokenCount")),
    )
