"""What all real teachers have in common in their settings."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from simula.settings import Settings, incidental
from simula.teacher.price import Price
from simula.teacher.traffic import Limits, account_folder


class Sampling(Settings):
    """What all real teachers have in common."""

    temperature: float = Field(1.0, ge=0)
    """Sampling temperature. The paper is silent: 1.0, the providers' default."""
    max_tokens: int = Field(2048, ge=1)
    """Longest reply, tokens; thinking counts where a model thinks."""
    price: Price = incidental(Price())
    """USD a million tokens; free unless stated."""
    concurrency: int = incidental(64, ge=1)
    """Calls in flight at most."""
    requests_per_minute: float | None = incidental(None, gt=0)
    """Calls begun in a minute at most, evenly spaced, repeats included; null: no limit."""


class Remote(Sampling):
    """What teachers behind a network have in common."""

    allow_model: tuple[str, ...] = ()
    """Other models whose answers are accepted, such as the successor that a retired model's calls go to."""
    timeout: float = incidental(180.0, gt=0)
    """Seconds until an unanswered call counts as lost and is sent again."""
    attempts: int = incidental(8, ge=1)
    """How often a call is sent while faults may pass (busy, overloaded, connection lost)."""
    first_wait: float = incidental(1.0, gt=0)
    """Seconds before the second attempt; doubled each time up to a minute, with jitter."""
    least_concurrency: int = incidental(4, ge=1)
    """Calls in flight that are kept whatever is refused; from there to `concurrency` there are as many as
    the provider takes."""
    tokens_per_minute: float | None = incidental(None, gt=0)
    """Tokens of the calls of a minute at most: expected before a call, corrected after it; null: no limit."""
    tokens_counted: Literal["input", "all"] = incidental("all")
    """What counts against tokens_per_minute: prompts alone, or replies too."""
    outage_seconds: float = incidental(60.0, gt=0)
    """Seconds for which nearly every attempt may fail, single ones being sent; then the run stops."""
    sharing: Path | None = incidental(None)
    """Folder in which the processes that use one key see each other: each takes its part of the limits a
    minute. null: a process takes all of them."""

    def limits(self, model: str, *account: object) -> Limits:
        """How fast it is asked; the processes that ask with the same account share what there is a minute."""
        return Limits(
            concurrency=self.concurrency,
            least_concurrency=self.least_concurrency,
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            tokens_counted=self.tokens_counted,
            attempts=self.attempts,
            first_wait=self.first_wait,
            outage_seconds=self.outage_seconds,
            sharing=account_folder(self.sharing, model, *account),
        )
