"""`simula track`: what is done with tracked runs by hand."""

from __future__ import annotations

from pathlib import Path

from simula.errors import ConfigurationError, unknown
from simula.tracking.sending import send
from simula.tracking.settings import Tracking

COMMANDS = ["sync", "view"]


def track(word: str, tracking: Tracking, folder: Path, group: str | None) -> int:
    """Do what `word` says, print what was done in one sentence, and return the exit code.

    Args:
        word: of `COMMANDS`.
        tracking: project and entity.
        folder: where tracked runs are kept.
        group: the experiment that a view shows; None: all of the project.

    Raises:
        ConfigurationError: there is no such command, or no key.
        StoreError: what was sent cannot be noted.
        TrackingError: the server does not take a view.
    """
    if word not in COMMANDS:
        raise ConfigurationError(unknown(word, COMMANDS, "command of simula track"))
    if word == "view":
        from simula.tracking.view import save_view

        print(save_view(tracking, folder, group))
        return 0
    sent = send(folder)
    print(sent.sentence())
    return 1 if sent.failed else 0
