"""Parts of a file of rows: one row of half a million is there at once."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from simula.generation import Candidate
from simula.store.rows import GROUP, from_table


def count(path: Path) -> int:
    """Rows of the file."""
    return int(pq.read_metadata(path).num_rows)


def row_at(path: Path, number: int) -> Candidate | None:
    """The row of this number, counted from 0; None where the file is shorter."""
    file = pq.ParquetFile(path)
    for group in range(file.num_row_groups):
        rows = file.metadata.row_group(group).num_rows
        if number < rows:
            return from_table(file.read_row_group(group).slice(number, 1))[0]
        number -= rows
    return None


def row_of_slot(path: Path, slot: int) -> Candidate | None:
    """The row that this slot gave; None where the file does not hold it."""
    file = pq.ParquetFile(path)
    column = file.schema_arrow.get_field_index("slot")
    for group in range(file.num_row_groups):
        known = file.metadata.row_group(group).column(column).statistics
        if known is not None and not known.min <= slot <= known.max:
            continue
        at = pc.index(file.read_row_group(group, columns=["slot"])["slot"], slot).as_py()
        if at >= 0:
            return from_table(file.read_row_group(group).slice(at, 1))[0]
    return None


def first_rows(path: Path, wanted: int) -> list[Candidate]:
    """The first rows, or all where the file is shorter."""
    batch = next(pq.ParquetFile(path).iter_batches(batch_size=max(1, wanted)), None)
    return from_table(batch)[:wanted] if batch is not None else []


def batches(path: Path) -> Iterator[list[Candidate]]:
    """All rows in order, some thousand at a time."""
    for batch in pq.ParquetFile(path).iter_batches(batch_size=GROUP):
        yield from_table(batch)
