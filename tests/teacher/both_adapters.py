"""The two adapters of real providers, and what the one and the other provider send for the same fault."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import fake_gemini
import fake_openai
from loopback import Answer, Loopback
from teacher_requests import asked, make_request

from simula.teacher import Reply
from simula.teacher.settings import GeminiTeacher, ServerTeacher

Kind = Literal["gemini", "server"]
KINDS: tuple[Kind, ...] = ("gemini", "server")


@dataclass(frozen=True)
class Fault:
    """What one provider and the other send for the same fault."""

    gemini: Answer
    server: Answer

    def of(self, kind: Kind) -> Answer:
        answer: Answer = getattr(self, kind)
        return answer


def both(answer: Answer) -> Fault:
    return Fault(answer, answer)


def status(code: int, message: str, name: str = "", server_code: str = "") -> Fault:
    return Fault(
        fake_gemini.error(code, name, message), fake_openai.error(code, message, name.lower(), server_code)
    )


OVERLOADED = status(503, "The model is overloaded.", "UNAVAILABLE")
EMPTY = Fault(fake_gemini.answer(text=""), fake_openai.answer(content=""))


def fake_of(kind: Kind, *script: Answer) -> Loopback:
    return fake_gemini.FakeGemini(*script) if kind == "gemini" else fake_openai.FakeServer(*script)


def settings_of(kind: Kind, fake: Loopback, **settings: Any) -> GeminiTeacher | ServerTeacher:
    chosen = {"first_wait": 0.01, "key_variable": "SOME_KEY"} | settings
    if kind == "gemini":
        return GeminiTeacher(base_url=fake.url, **chosen)
    return ServerTeacher(model="qwen", base_url=f"{fake.url}/v1", **chosen)


def ask(kind: Kind, *script: Answer, **settings: Any) -> tuple[Reply, Loopback]:
    """One call, with what the provider was sent."""
    fake = fake_of(kind, *script)
    return asked(fake, lambda: settings_of(kind, fake, **settings), make_request()), fake
