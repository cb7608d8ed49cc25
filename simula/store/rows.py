"""Candidates as Parquet: nested columns, the same bytes for the same candidates."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any

import pyarrow as pa
import pyarrow.json as pj
import pyarrow.parquet as pq

from simula.generation import Candidate

ROWS = "rows.parquet"
"""The accepted candidates of a data set, its rows, in slot order."""
REFUSED = "refused.parquet"
"""The others."""
COUNTS = "counts.json"
"""What a manifest says of a data set, where the data set stopped short and has no manifest."""
GROUP = 4096
"""Rows of one row group: the part of a file that has to be read to see one of its rows."""
_EXAMPLE = pa.struct(
    [
        ("question", pa.string()),
        ("answer", pa.string()),
        ("options", pa.list_(pa.string())),
        ("reasoning", pa.string()),
    ]
)
_CHOICE = pa.struct([("factor", pa.string()), ("path", pa.list_(pa.string())), ("description", pa.string())])
_VERDICT = pa.struct(
    [
        ("critic", pa.string()),
        ("verdict", pa.string()),
        ("explanation", pa.string()),
        ("refinement", pa.int32()),
        ("model", pa.string()),
    ]
)
_SPENT = pa.struct(
    [
        ("model", pa.string()),
        ("answered", pa.list_(pa.string())),
        ("calls", pa.int32()),
        ("prompt", pa.int64()),
        ("cached", pa.int64()),
        ("completion", pa.int64()),
        ("usd", pa.float64()),
    ]
)
SCHEMA = pa.schema(
    [
        ("slot", pa.int64()),
        ("status", pa.string()),
        ("reason", pa.string()),
        ("example", _EXAMPLE),
        ("drafts", pa.list_(_EXAMPLE)),
        ("mix", pa.struct([("strategy", pa.int32()), ("choices", pa.list_(_CHOICE))])),
        ("scenario", pa.string()),
        ("plain_scenario", pa.string()),
        ("complex", pa.bool_()),
        ("earlier_scenarios", pa.int32()),
        ("parents", pa.list_(pa.int64())),
        ("operation", pa.string()),
        ("verdicts", pa.list_(_VERDICT)),
        ("refinements", pa.int32()),
        ("calls", pa.int32()),
        ("repaired", pa.int32()),
        ("asked_again", pa.int32()),
        ("spent", pa.list_(_SPENT)),
        ("templates", pa.string()),
    ]
)


_CHUNK = 256
"""Candidates that are turned into columns at a time, so that few wait as objects and no step takes long."""


class RowWriter:
    """Writes candidates as they come, one row each; a group of rows is written when it is full."""

    def __init__(self, path: Path) -> None:
        """Begin the file, replacing what there was."""
        self._writer = pq.ParquetWriter(path, SCHEMA, compression="zstd")
        self._candidates: list[Candidate] = []
        self._chunks: list[pa.RecordBatch] = []
        self._groups = 0

    def __enter__(self) -> RowWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self._turn()
            self._write(last=True)
        self._writer.close()

    def add(self, candidate: Candidate) -> None:
        """The next row."""
        self._candidates.append(candidate)
        if len(self._candidates) == _CHUNK:
            self._turn()
            if len(self._chunks) * _CHUNK == GROUP:
                self._write()

    def _turn(self) -> None:
        if not self._candidates:
            return
        # As JSON: an array of Python's objects would import pandas, a second in which no call is answered.
        lines = b"".join(map(_line, self._candidates))
        whole = pj.ReadOptions(use_threads=False, block_size=len(lines) + 1)
        strict = pj.ParseOptions(explicit_schema=SCHEMA, unexpected_field_behavior="error")
        self._chunks += pj.read_json(BytesIO(lines), whole, strict).to_batches()
        self._candidates = []

    def _write(self, *, last: bool = False) -> None:
        table = pa.Table.from_batches(self._chunks, schema=SCHEMA).combine_chunks()
        self._chunks = []
        # A file without rows has one group, an empty one, as all writers give it.
        if table.num_rows or (last and not self._groups):
            self._groups += 1
            self._writer.write_table(table, row_group_size=GROUP)


def _line(candidate: Candidate) -> bytes:
    """One row; the prompt files, which are other ones in each system, are a text."""
    templates = json.dumps(json.dumps(candidate.templates, sort_keys=True))
    return f'{candidate.model_dump_json(exclude={"templates"})[:-1]},"templates":{templates}}}\n'.encode()


def read_rows(path: Path) -> list[Candidate]:
    """The candidates of a file, in its order."""
    return from_table(pq.read_table(path))


def from_table(table: pa.Table | pa.RecordBatch) -> list[Candidate]:
    """The candidates of a part of a file, with all columns."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return [Candidate.model_validate(row | {"templates": json.loads(row["templates"])}) for row in rows]
