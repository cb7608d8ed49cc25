"""Settings of the measure `critics`."""

from __future__ import annotations

from pydantic import Field

from simula.settings import Settings


class CriticsSettings(Settings):
    """How critics are tried (Section 3.6): those that `teacher@double_judge` answers."""

    questions: int | None = Field(200, ge=1)
    """Of the measured points so many, drawn. Each costs two calls of the writer (an answer, a corruption)
    and six of the critic. The paper says no number: ours. Null: all."""
    attempts: int = Field(3, ge=1)
    """Wrong answers asked for while what comes is read as right, before a corruption is lost: ours."""
    teacher_accuracy: float | None = Field(None, ge=0, le=1)
    """μ, the share of right answers among a teacher's. Null: measured, on the same questions."""
    rated: bool = True
    """The questions' complexity is rated, as `scoring` says, to tell accepted from rejected ones, and easy
    from hard ones: with its defaults one more call a question."""
