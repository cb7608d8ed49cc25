"""The rows as flat tables and as messages."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from simula.domain import Domain, Example
from simula.generation import Candidate
from simula.store.slices import batches

_MESSAGE = pa.struct([("role", pa.string()), ("content", pa.string())])
_FACTOR = pa.struct([("factor", pa.string()), ("node", pa.list_(pa.string()))])
_VERDICT = pa.struct(
    [
        ("critic", pa.string()),
        ("verdict", pa.string()),
        ("explanation", pa.string()),
        ("refinement", pa.int32()),
    ]
)
_DATA_POINT = [
    ("slot", pa.int64()),
    ("question", pa.string()),
    ("options", pa.list_(pa.string())),
    ("answer", pa.string()),
    ("reasoning", pa.string()),
]
_STORY = [
    ("factors", pa.list_(_FACTOR)),
    ("strategy", pa.int32()),
    ("scenario", pa.string()),
    ("plain_scenario", pa.string()),
    ("complex", pa.bool_()),
    ("parents", pa.list_(pa.int64())),
    ("operation", pa.string()),
    ("verdicts", pa.list_(_VERDICT)),
    ("refinements", pa.int32()),
    ("models", pa.list_(pa.string())),
    ("tokens", pa.int64()),
]
TRAIN = pa.schema([*_DATA_POINT, ("messages", pa.list_(_MESSAGE)), *_STORY])
REFUSED = pa.schema([*_DATA_POINT, ("status", pa.string()), ("reason", pa.string()), *_STORY])
COLUMNS = {
    "slot": "place in the order of generation, refused candidates included",
    "question, options, answer, reasoning": "the data point; with options the answer is a letter, from A on",
    "messages": "what a student is trained on, as a chat; in the rows only",
    "status, reason": "why it was refused; in the refused candidates only",
    "factors, strategy": "the mix that was drawn: a path in the tree of each factor of a strategy",
    "scenario, plain_scenario, complex": "the meta-prompt; what it was before it was made harder",
    "parents, operation": "slots that it was written from, in other recipes than the paper's",
    "verdicts, refinements": "what critics said, with their reasons, and how often it was written again",
    "models, tokens": "models that answered, as they name themselves, and all tokens read and written",
}
"""Columns and what they hold, for the card."""


def messages(domain: Domain, example: Example) -> list[dict[str, str]]:
    """The two turns that a student is trained on."""
    return [
        {"role": "user", "content": domain.question(example)},
        {"role": "assistant", "content": domain.answer(example)},
    ]


def write_train(rows: Path, domain: Domain, parquet: Path, lines: Path) -> None:
    """The accepted rows as Parquet and, line by line, as messages.

    Args:
        rows: the data set's own file.
        domain: of the data set; with its instructions.
        parquet: is written.
        lines: is written: one JSON object with the key `messages` a row, UTF-8.
    """
    with pq.ParquetWriter(parquet, TRAIN, compression="zstd") as table, lines.open("wb") as stream:
        for candidates in batches(rows):
            plain = []
            for candidate in candidates:
                assert candidate.example is not None
                turns = messages(domain, candidate.example)
                plain.append(_flat(candidate) | {"messages": turns})
                line = json.dumps({"messages": turns}, ensure_ascii=False)
                stream.write(line.encode() + b"\n")
            table.write_table(pa.Table.from_pylist(plain, schema=TRAIN))


def write_refused(refused: Path, parquet: Path) -> Counter[str]:
    """The refused candidates as Parquet; returns the reasons of those in another language, counted."""
    foreign = Counter[str]()
    with pq.ParquetWriter(parquet, REFUSED, compression="zstd") as table:
        for candidates in batches(refused):
            plain = []
            for candidate in candidates:
                if candidate.status == "foreign":
                    foreign[candidate.reason] += 1
                plain.append(_flat(candidate) | {"status": candidate.status, "reason": candidate.reason})
            table.write_table(pa.Table.from_pylist(plain, schema=REFUSED))
    return foreign


def _flat(candidate: Candidate) -> dict[str, Any]:
    example = candidate.example.model_dump(mode="json") if candidate.example else {}
    return {
        **{name: example.get(name) for name in ("question", "options", "answer", "reasoning")},
        "slot": candidate.slot,
        "factors": [{"factor": one.factor, "node": list(one.path)} for one in candidate.mix.choices],
        "strategy": candidate.mix.strategy if candidate.mix.choices else None,
        "scenario": candidate.scenario,
        "plain_scenario": candidate.plain_scenario,
        "complex": candidate.complex,
        "parents": list(candidate.parents),
        "operation": candidate.operation,
        "verdicts": [verdict.model_dump(mode="json") for verdict in candidate.verdicts],
        "refinements": candidate.refinements,
        "models": sorted({name for one in candidate.spent for name in one.answered}),
        "tokens": candidate.tokens,
    }
