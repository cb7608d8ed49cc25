"""Candidates as Parquet: nested columns, the same bytes for the same candidates."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
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


def write_rows(path: Path, candidates: Sequence[Candidate]) -> None:
    """One row a candidate, in the order given."""
    rows = [candidate.model_dump(mode="json") for candidate in candidates]
    for row in rows:
        row["templates"] = json.dumps(row["templates"], sort_keys=True)
    pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), path, compression="zstd", row_group_size=GROUP)


def read_rows(path: Path) -> list[Candidate]:
    """The candidates of a file, in its order."""
    return from_table(pq.read_table(path))


def from_table(table: pa.Table | pa.RecordBatch) -> list[Candidate]:
    """The candidates of a part of a file, with all columns."""
    rows: list[dict[str, Any]] = table.to_pylist()
    return [Candidate.model_validate(row | {"templates": json.loads(row["templates"])}) for row in rows]
