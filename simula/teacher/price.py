"""What calls cost."""

from __future__ import annotations

import datetime

from pydantic import Field

from simula.settings import Settings
from simula.teacher.port import Usage


class Price(Settings):
    """USD a million tokens, as a provider's page stated them on a day; the default is free."""

    input: float = Field(0.0, ge=0)
    """Prompt tokens that were not cached, USD a million."""
    cached: float = Field(0.0, ge=0)
    """Prompt tokens that the provider had cached, USD a million."""
    output: float = Field(0.0, ge=0)
    """Tokens of the reply, thinking included, USD a million."""
    date: datetime.date | None = None
    """The day on which these prices were read."""
    model: str | None = None
    """The model that they are stated for; null: whichever is asked."""

    @property
    def free(self) -> bool:
        """Whether calls cost nothing."""
        return not (self.input or self.cached or self.output)

    def of(self, usage: Usage) -> float:
        """The price of some tokens, USD."""
        return (
            (usage.prompt - usage.cached) * self.input
            + usage.cached * self.cached
            + usage.written * self.output
        ) / 1e6
