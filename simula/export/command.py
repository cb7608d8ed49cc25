"""The command that makes a data set again."""

from __future__ import annotations

import re
import shlex
from collections.abc import Sequence
from pathlib import Path

from simula.composition import Cell, cells
from simula.config import Config
from simula.errors import ConfigurationError
from simula.stages.keys import rows_key

EDITED = "taxonomy.expansion.edited="
_TOLD = (
    *("domain", "benchmark", "system", "recipe", "taxonomy", "scenarios", "complexity", "critic", "dataset"),
    *("teacher", "size", "data_seed"),
)
"""What is named even where it is the default: the command is to say what the data set is."""


def command(cell: Cell, extra_folder: Path | None, taxonomies: str) -> str:
    """`simula generate …` with those of the cell's overrides that the data set depends on.

    Of the others (the student, paths, tracking) those are left out without which the same data set comes
    out.

    Args:
        cell: with the overrides that it was chosen by.
        extra_folder: of the user's own options, where one was given.
        taxonomies: name of the exported trees; edited ones are read from there.
    """
    overrides = [line for line in cell.overrides if _told(line)]
    if not _same(overrides, extra_folder, cell.config):
        overrides = list(cell.overrides)
        for line in cell.overrides:
            fewer = [other for other in overrides if other != line]
            if not _told(line) and _same(fewer, extra_folder, cell.config):
                overrides = fewer
    shown = [f"{EDITED}{taxonomies}" if line.lstrip("+").startswith(EDITED) else line for line in overrides]
    options = ["--config-dir", str(extra_folder)] if extra_folder else []
    return shlex.join(["simula", "generate", *options, *shown])


def _told(line: str) -> bool:
    return re.split(r"[.=@]", line.lstrip("+~"))[0] in _TOLD


def _same(overrides: Sequence[str], extra_folder: Path | None, wanted: Config) -> bool:
    try:
        (found,) = cells(overrides, sweep=False, extra_folder=extra_folder)
    except ConfigurationError:
        return False
    return rows_key(found.config) == rows_key(wanted) and found.config.domain == wanted.domain
