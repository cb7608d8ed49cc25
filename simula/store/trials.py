"""Questions that critics are tried on, with three answers each, as JSON lines."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from simula.domain import Example

FILE = "trials.jsonl"


class Trial(BaseModel):
    """One question."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    """The measured point's."""
    groups: Mapping[str, str]
    """What it belongs to, by which critics are told apart: a label, a factor's top node, a third by Elo."""
    right: Example
    """With the right answer, as critics see it."""
    corrupted: Example | None
    """With that answer made wrong; None: lost."""
    lost: str
    """Why the corruption is lost; empty where it is not."""
    refused: int
    """Corruptions that were read as right before it."""
    own: Example | None
    """With the teacher's own answer; None: it gave none."""
    own_right: bool
    elo: float | None
    """Rated complexity; None: not rated."""


def write_trials(folder: Path, trials: Iterable[Trial]) -> None:
    """One line a question, in order."""
    with (folder / FILE).open("w", encoding="utf-8") as file:
        file.writelines(trial.model_dump_json() + "\n" for trial in trials)


def read_trials(folder: Path) -> list[Trial]:
    """The questions of an artifact, in order."""
    with (folder / FILE).open(encoding="utf-8") as file:
        return [Trial.model_validate_json(line) for line in file]
