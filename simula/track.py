"""`simula track`: what is done by hand with runs that W&B is told of."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

from simula.composition import shared
from simula.errors import ConfigurationError, unknown
from simula.tracking.sending import send
from simula.tracking.view import save_view

WORDS = ["sync", "view"]


def track(arguments: Sequence[str], extra_folder: Path | None, *, sweep: bool) -> int:
    """Do what the first word says, print what was done in one sentence, and return the exit code.

    Args:
        arguments: the word, and overrides that say where runs are kept, project, entity and experiment.
        extra_folder: of options of one's own.
        sweep: whether -m was given, which says nothing here.

    Raises:
        ConfigurationError: there is no such command, or no key.
        StoreError: what was sent cannot be noted.
        TrackingError: the server does not take a view.
    """
    words = list(takewhile(lambda word: "=" not in word, arguments))
    overrides = arguments[len(words) :]
    if sweep or len(words) != 1:
        raise ConfigurationError(
            "track takes one word, sync or view, and no -m; simula track --help says more"
        )
    if words[0] not in WORDS:
        raise ConfigurationError(unknown(words[0], WORDS, "command of simula track"))
    config = shared(overrides, extra_folder=extra_folder)
    tracking, folder = config.tracking, config.paths.tracking
    if words[0] == "view":
        named = any(line.startswith("experiment=") for line in overrides)
        print(save_view(tracking, folder, config.scalars.experiment if named else None))
        return 0
    sent = send(folder)
    print(sent.sentence())
    return 1 if sent.failed else 0
