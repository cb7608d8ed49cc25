"""Ratings of rows, and the scored batches they come from, as Parquet."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from simula.scoring import Estimates, Rating, ScoredBatch

RATINGS = pa.schema(
    [("slot", pa.int64()), ("raw", pa.float64()), ("elo", pa.float64()), ("appearances", pa.int32())]
)
FITTED = pa.schema([("bradley_terry", pa.float64()), ("low", pa.float64()), ("high", pa.float64())])
"""Columns behind those of `RATINGS`, where Bradley and Terry's ratings were asked for."""
BATCHES = pa.schema(
    [
        ("slots", pa.list_(pa.int64())),
        ("scores", pa.list_(pa.int32())),
        ("status", pa.string()),
        ("reason", pa.string()),
    ]
)


def write_ratings(path: Path, ratings: Mapping[int, Rating], fitted: Estimates | None = None) -> None:
    """One line a row, by slot; `raw` is null where no batch with the row could be read.

    Args:
        path: the file.
        ratings: slot to rating.
        fitted: Bradley and Terry's, in the same order.
    """
    table: dict[str, Any] = {
        "slot": list(ratings),
        "raw": [rating.raw for rating in ratings.values()],
        "elo": [rating.elo for rating in ratings.values()],
        "appearances": [rating.appearances for rating in ratings.values()],
    }
    schema = RATINGS
    if fitted is not None:
        table |= {"bradley_terry": fitted.value, "low": fitted.low, "high": fitted.high}
        schema = pa.schema([*RATINGS, *FITTED])
    pq.write_table(pa.table(table, schema=schema), path, compression="zstd")


def read_fitted(path: Path) -> dict[int, float]:
    """Slot to Bradley and Terry's rating, of a file that has them."""
    table = pq.read_table(path, columns=["slot", "bradley_terry"])
    return dict(zip(*(column.to_pylist() for column in table.columns), strict=True))


def read_ratings(path: Path) -> dict[int, Rating]:
    """Slot to rating, in the file's order."""
    table = pq.read_table(path, columns=RATINGS.names)
    return {line["slot"]: Rating(line["raw"], line["elo"], line["appearances"]) for line in table.to_pylist()}


def write_batches(path: Path, batches: Sequence[ScoredBatch], slots: Sequence[int]) -> None:
    """One line a batch, in the schedule's order: from these any other rating can be computed.

    Args:
        path: the file.
        batches: their items are numbers into `slots`.
        slots: the slot of each item.
    """
    table = {
        "slots": [[slots[item] for item in batch.items] for batch in batches],
        "scores": [list(batch.scores) for batch in batches],
        "status": [batch.status for batch in batches],
        "reason": [batch.reason for batch in batches],
    }
    pq.write_table(pa.table(table, schema=BATCHES), path, compression="zstd")


def ratings_of(path: Path, column: str, slots: Sequence[int]) -> dict[int, dict[str, float]]:
    """Slot to mean raw score and Elo, of those of some rows that were rated; no others are read.

    Args:
        path: ratings of a selection, or of the measure complexity.
        column: that holds the slots, as a number or as its digits.
        slots: of the rows.
    """
    kind = pq.read_schema(path).field(column).type
    wanted = pa.array(slots).cast(kind).to_pylist()
    table = pq.read_table(path, columns=[column, "raw", "elo"], filters=[(column, "in", wanted)])
    lines = zip(*(column.to_pylist() for column in table.columns), strict=True)
    return {int(slot): {"mean raw score": raw, "Elo": elo} for slot, raw, elo in lines if raw is not None}


def elo_of(path: Path) -> npt.NDArray[np.float64]:
    """The Elo ratings of all rows that any readable batch rated, in the file's order."""
    table = pq.read_table(path, columns=["raw", "elo"])
    return np.asarray(table.filter(pc.is_valid(table["raw"]))["elo"], dtype=float)
