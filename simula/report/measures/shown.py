"""What a report shows of one measure, over the sets that it was taken of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from simula.report.figure import Drawing
from simula.report.text_table import TextTable


@dataclass(frozen=True, slots=True)
class Measured:
    """A finished measure of one set."""

    name: str
    """The set, as tables and figures name it."""
    manifest: Mapping[str, Any]
    """The artifact's, with its numbers under `measures`."""
    folder: Path
    """The artifact's, with its files."""
    told: Mapping[str, str] = field(default_factory=dict)
    """What may tell it from others of its name, in words (`names.particulars`)."""


@dataclass(frozen=True, slots=True)
class Shown:
    """Tables, perhaps a figure, and what should be said in words."""

    tables: tuple[TextTable, ...]
    drawing: Drawing | None = None
    caption: str = ""
    """Of the figure: what its marks are, and what it was computed on."""
    sentences: tuple[str, ...] = ()
