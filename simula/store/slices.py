"""Parts of a file of rows: one row of half a million is there at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq

from simula.generation import Candidate
from simula.store.rows import GROUP, from_table

_BETWEEN = "\x1f"
"""Between the names of a path: no name holds it, since names are read without white space of its kind."""


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


def rows_at(path: Path, numbers: Collection[int]) -> list[Candidate]:
    """The rows of these numbers, counted from 0, in the file's order; numbers beyond its end give none.

    One group of rows is in memory at a time, and only groups that hold one of the rows are read.
    """
    file = pq.ParquetFile(path)
    left, first, found = sorted(set(numbers)), 0, []
    for group in range(file.num_row_groups):
        end = first + file.metadata.row_group(group).num_rows
        wanted = [number - first for number in left if number < end]
        if wanted:
            found += from_table(file.read_row_group(group).take(wanted))
        left, first = left[len(wanted) :], end
    return found


def statuses(path: Path) -> list[str]:
    """The status of every row, in order."""
    return list(pq.read_table(path, columns=["status"])["status"].to_pylist())


def drawn_nodes(path: Path) -> Counter[tuple[str, ...]]:
    """How many rows were drawn from each node, by its factor and its path in one; no other column is read."""
    found = Counter[tuple[str, ...]]()
    columns = [f"mix.choices.list.element.{name}" for name in ("factor", "path")]
    for batch in pq.ParquetFile(path).iter_batches(batch_size=GROUP, columns=columns):
        choices = pc.struct_field(batch["mix"], "choices").flatten()
        factors, paths = (pc.struct_field(choices, name) for name in ("factor", "path"))
        names = pc.binary_join_element_wise(factors, pc.binary_join(paths, _BETWEEN), _BETWEEN)
        for counted in pc.value_counts(names).to_pylist():
            found[tuple(counted["values"].split(_BETWEEN))] += counted["counts"]
    return found


def batches(path: Path) -> Iterator[list[Candidate]]:
    """All rows in order, some thousand at a time."""
    for batch in pq.ParquetFile(path).iter_batches(batch_size=GROUP):
        yield from_table(batch)
