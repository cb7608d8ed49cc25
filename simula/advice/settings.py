"""Settings of a pilot."""

from __future__ import annotations

from pydantic import Field

from simula.settings import Settings


class AdviceSettings(Settings):
    """How much a pilot tries, and where it draws the line. All of it is our own."""

    points: int = Field(200, ge=20)
    """Candidates that are tried: the first slots of the system `full`, so that a real run repeats no call."""
    teacher_error: float = Field(0.35, gt=0, lt=1)
    """Share of wrong answers of the teacher on complex points above which they are advised against. In the
    paper, at 64,000 rows, complex rows beat simple ones where the teacher errs in 12 % (GSM8K, by 12.3
    points) and in 29 % (CTI-MCQ, by 2.4), and lose where it errs in 43 % (LEXam, by 1.6): Table 1 and
    Figure 7."""
    critic_gain: float = Field(0.02, ge=0, lt=1)
    """Share of wrong answers that the critics must remove at least to be worth their price."""
    resamples: int = Field(4000, ge=200)
    """Bootstrap resamples behind each interval."""
