"""Where files go; none of it is part of any identity."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import field_validator

from simula.settings import Settings, incidental


class Paths(Settings):
    """Folders; relative ones count from where the command was started."""

    root: Path = incidental()
    """Everything below is here unless it says otherwise."""
    store: Path = incidental()
    """Artifacts; cells on several machines share it."""
    ledger: Path = incidental()
    """Recorded teacher calls; shared like the store."""
    cache: Path = incidental()
    """Converted weights, vectors of texts, settled candidates; can be deleted at any time."""
    benchmarks: Path = incidental()
    """Original benchmark files, for those that are not embedded or taken from the hub."""
    report: Path = incidental()
    """Where `simula report` writes."""
    export: Path = incidental()
    """Where `simula export` writes, one folder a data set and size."""
    tracking: Path = incidental()
    """W&B's local files."""

    @field_validator("root", mode="before")
    @classmethod
    def _is_a_folder(cls, root: Any) -> Any:
        if str(root) == "" or str(root).startswith("~") or Path(str(root)).is_file():
            raise ValueError(f"{str(root)!r} is no folder; SIMULA_ROOT or paths.root names one, without ~")
        return root
