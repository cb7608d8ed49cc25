"""The two files of a Gemini batch: a request a line, and what became of it a line. Matched by key."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from google.genai import errors

from simula.errors import TeacherError
from simula.teacher.bodies import count, mapping
from simula.teacher.faults import PassingFault
from simula.teacher.gemini import Gemini
from simula.teacher.port import Reply, Request
from simula.teacher.settings import GeminiTeacher

Outcome = Reply | Exception
"""An answer; a fault that may pass (`PassingFault`); or what the port raises."""
_HTTP = {1: 503, 2: 500, 3: 400, 4: 504, 5: 404, 7: 403, 8: 429, 9: 400, 10: 503, 11: 400, 12: 400}
_HTTP |= {13: 500, 14: 503, 15: 500, 16: 401}
"""gRPC status codes, which single requests fail with, as the HTTP codes that online calls fail with."""


def line(key: str, request: Request, settings: GeminiTeacher) -> bytes:
    """One request as the service reads it: the body that the online call sends, under its key."""
    thinking: dict[str, Any] = {}
    if settings.thinking_budget is not None:
        thinking["thinkingBudget"] = settings.thinking_budget
    if settings.thinking_level is not None:
        thinking["thinkingLevel"] = settings.thinking_level
    said: dict[str, Any] = {
        "maxOutputTokens": request.max_tokens,
        "seed": request.seed % 2**31,
        "responseMimeType": "application/json",
        "responseJsonSchema": dict(request.schema),
    }
    if not settings.fixed_sampling:
        said["temperature"] = request.temperature
    if thinking:
        said["thinkingConfig"] = thinking
    body = {
        "contents": [{"role": "user", "parts": [{"text": request.prompt}]}],
        "systemInstruction": {"role": "user", "parts": [{"text": request.system}]},
        "generationConfig": said,
    }
    return json.dumps({"key": key, "request": body}, separators=(",", ":")).encode() + b"\n"


def outcomes(path: Path, gemini: Gemini) -> Iterator[tuple[str, Outcome]]:
    """What became of each request, as `gemini` would say it online; an unreadable line is as none."""
    with path.open("rb") as file:
        for text in file:
            try:
                said = json.loads(text)
                key = str(said["key"])
            except (ValueError, KeyError, TypeError):
                continue
            yield key, _outcome(said, gemini)


def _outcome(said: Mapping[str, Any], gemini: Gemini) -> Outcome:
    response = mapping(said.get("response"))
    # The documentation speaks of "a status object"; a line with "error" is what has been seen.
    if error := said.get("error") or said.get("status") or response.get("error"):
        told = error if isinstance(error, Mapping) else {"message": str(error)}
        code = count(told.get("code")) or 500
        return gemini.fault(errors.APIError(_HTTP.get(code, code), {"error": {"status": "", **told}}))
    try:
        with gemini.translated():
            return gemini.reply(response)
    except (PassingFault, TeacherError) as fault:
        return fault
