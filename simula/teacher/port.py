"""The port every teacher stands behind: one request, one reply."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, Protocol

from simula.settings import OfObject

_DIGITS = 20
"""Of a key: of 2.8 million calls in one ledger two share a key once in 10^11 such ledgers."""
_encode = json.JSONEncoder(sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode
_schema_text = OfObject[Mapping[str, Any], bytes](lambda schema: f",{_encode(schema)},".encode())


@dataclass(frozen=True, slots=True)
class Request:
    """One call: what is asked, in which form the reply must be, and how it is sampled."""

    template: str
    """Name of the prompt file that was rendered, such as "sample"."""
    system: str
    """System instruction; the same for all calls of a domain, so that servers can cache it."""
    prompt: str
    """The rendered prompt."""
    schema: Mapping[str, Any]
    """JSON schema of the reply."""
    values: Mapping[str, Any]
    """What the prompt was rendered from; a simulated teacher reads these instead of the text."""
    seed: int
    """Sampling seed; a repeat of the same question has another one."""
    temperature: float
    max_tokens: int

    def key(self, model: str) -> str:
        """What determines the answer, hashed: the name under which a ledger keeps it.

        It is the fingerprint of `[model, system, prompt, schema, seed, temperature, max_tokens]`; parts that
        many requests share are encoded once.
        """
        digest = _opened(model, self.system).copy()
        digest.update(_encode(self.prompt).encode())
        digest.update(_schema_text(self.schema))
        # JSON writes numbers as Python does.
        digest.update(f"{self.seed!r},{self.temperature!r},{self.max_tokens!r}]".encode())
        return str(digest.hexdigest()[:_DIGITS])


@lru_cache(maxsize=64)
def _opened(model: str, system: str) -> Any:
    """SHA-256 of a key's first two parts."""
    return hashlib.sha256(f"{_encode([model, system])[:-1]},".encode())


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens as the provider bills them; `prompt` includes `cached`, thinking is billed as output."""

    prompt: int = 0
    cached: int = 0
    completion: int = 0
    thinking: int = 0

    @property
    def written(self) -> int:
        """Tokens of the reply, thinking included."""
        return self.completion + self.thinking

    @property
    def total(self) -> int:
        """All tokens, read and written."""
        return self.prompt + self.written

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.prompt + other.prompt,
            self.cached + other.cached,
            self.completion + other.completion,
            self.thinking + other.thinking,
        )


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back."""

    text: str
    model: str
    """The model that says it answered, which may be another than the one asked for, or "unknown"."""
    finish: Literal["stop", "length", "blocked"]
    usage: Usage
    recorded: bool = False
    """True where the answer came from a ledger and nothing was sent."""
    unusable: Usage = Usage()
    """What answers took that came before it and could not be used: billed all the same, recorded nowhere."""


class Teacher(Protocol):
    """Anything that answers requests.

    Raises `RequestFailed` for a call that is lost for good and `TeacherUnavailable` where no call can
    succeed; retries of passing faults happen inside.
    """

    @property
    def model(self) -> str:
        """The model asked for: part of every key."""
        ...

    async def ask(self, request: Request) -> Reply:
        """Answer one request."""
        ...

    async def close(self) -> None:
        """Give back connections and processes."""
        ...
