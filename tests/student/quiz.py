"""The questions that tests of trainings share, and what may happen in the middle of one."""

from __future__ import annotations

from pathlib import Path

from simula.domain import Domain, Example, MultipleChoice

QUIZ = Domain(name="quiz", description="A quiz.", task=MultipleChoice(options=2), instructions="A letter.")


def questions(count: int) -> list[Example]:
    """Questions whose answers alternate."""
    return [Example(question=f"{i}?", options=("yes", "no"), answer="AB"[i % 2]) for i in range(count)]


def weights(folder: Path) -> bytes:
    """The adapter that a training left."""
    return (folder / "adapter" / "adapter_model.safetensors").read_bytes()


class Killed(BaseException):
    """In the middle of a run."""


class Requeued(BaseException):
    """What submitit's handler does to the process: it ends."""
