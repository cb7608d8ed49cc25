"""Requests and tokens a minute, evenly spaced."""

from __future__ import annotations

from collections import defaultdict
from typing import Literal

from simula.teacher.port import Request, Usage

_LATENESS = 0.02
"""Seconds by which a wake-up may be late and is made up for; after a longer pause nothing is."""
_NEWEST = 1 / 8
"""Weight of the newest reply in a running mean."""


class Pace:
    """The earliest time of the next call. No credit is saved up: a provider that counts by the second sees no
    bursts, and after a pause calls are spaced as before it.
    """

    def __init__(self, requests_per_minute: float | None, tokens_per_minute: float | None) -> None:
        """Allow so many requests and tokens a minute; None: no limit."""
        self.limited = bool(requests_per_minute or tokens_per_minute)
        self._by_request = 60.0 / requests_per_minute if requests_per_minute else 0.0
        self._by_token = 60.0 / tokens_per_minute if tokens_per_minute else 0.0
        self._request_at = self._token_at = 0.0

    @property
    def next_at(self) -> float:
        """When the next call may leave, on the clock of `leave`."""
        return max(self._request_at, self._token_at)

    def leave(self, now: float, tokens: float, sharers: int = 1) -> None:
        """A call leaves that is expected to use so many tokens; `sharers` processes share the limits."""
        self._request_at = _from(self._request_at, now) + self._by_request * sharers
        self._token_at = _from(self._token_at, now) + self._by_token * tokens * sharers

    def correct(self, expected: float, used: float, sharers: int = 1) -> None:
        """Put what a call really used in the place of what was expected."""
        self._token_at += self._by_token * (used - expected) * sharers


class Tokens:
    """What a request will probably use: its length in characters, and what replies to its template took."""

    def __init__(self, counted: Literal["input", "all"] = "all") -> None:
        """Count the prompt alone, as Gemini's limits do, or the reply too."""
        self._counted = counted
        self._per_character = 0.25
        self._replies: defaultdict[str, float | None] = defaultdict(lambda: None)

    def expected(self, request: Request) -> float:
        """Tokens of a request; before the first reply to its template, the longest reply."""
        prompt = _characters(request) * self._per_character
        if self._counted == "input":
            return prompt
        reply = self._replies[request.template]
        return prompt + (request.max_tokens if reply is None else reply)

    def used(self, request: Request, usage: Usage) -> float:
        """Tokens that an answered request used, which are learnt from."""
        reply = usage.written
        self._per_character += _NEWEST * (usage.prompt / max(1, _characters(request)) - self._per_character)
        before = self._replies[request.template]
        self._replies[request.template] = reply if before is None else before + _NEWEST * (reply - before)
        return usage.prompt if self._counted == "input" else usage.total


def _characters(request: Request) -> int:
    return len(request.system) + len(request.prompt)


def _from(planned: float, now: float) -> float:
    return planned if now - planned <= _LATENESS else now
