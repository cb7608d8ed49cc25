"""A file of rows, as a data set's stage writes it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from simula.generation import Candidate
from simula.store.rows import RowWriter


def write_rows(path: Path, candidates: Iterable[Candidate]) -> None:
    """One row a candidate, in the order given."""
    with RowWriter(path) as writer:
        for candidate in candidates:
            writer.add(candidate)
