"""What a student would be trained on, before any time is spent: one batch, and sums over all rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, pairwise, takewhile
from pathlib import Path
from typing import Any

import numpy as np

from simula.domain import Domain, Example
from simula.student.data import IGNORED, Batch, Layout, Loader, Part
from simula.student.rows import prepared
from simula.student.schedule import warmup
from simula.student.settings import StudentSettings, TrainingSettings
from simula.student.template import Template
from simula.student.weights import tokenizer


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the batch, as it is computed."""

    pieces: tuple[tuple[str, bool], ...]
    """Text, and whether it is learned, in the order in which it is read; the shared beginning is left out."""
    tokens: int
    """The shared beginning counted too."""
    learned: int
    padding: int
    """Tokens that are computed for nothing."""


@dataclass(frozen=True, slots=True)
class Inspection:
    """One batch, and what holds for the whole run."""

    beginning: str
    """What all rows begin with."""
    beginning_tokens: int
    lines: tuple[Line, ...]
    """The rows of the run's first step."""
    rows: int
    too_long: int
    held_out: int
    steps: int
    steps_a_pass: int
    warmup: int
    tokens: int
    """Of all rows."""
    longest: int
    learned: int
    """Tokens of all rows that the loss counts."""
    padding: float
    """Share of padding in what a pass computes."""
    bos: str
    """The beginning of sequence; empty where the tokenizer has none."""
    beginnings: dict[int, int]
    """With how many of them a row begins, to rows: one is right. Further on it may mark a turn."""


def inspect(
    domain: Domain,
    examples: Sequence[Example],
    student: StudentSettings,
    training: TrainingSettings,
    seed: int,
    cache: Path,
    layout: Layout | None = None,
) -> Inspection:
    """What `train` with the same arguments would compute first; loads the tokenizer, and no weights.

    Raises:
        StudentError: no row to train on; a tokenizer that is missing, or has no usable template.
    """
    template = Template(tokenizer(student, cache), student.prompt)
    kept, held = prepared(domain, examples, template, training, seed)
    loader = Loader(kept.rows, training, seed, layout)
    batches = list(islice(loader, loader.steps_a_pass))
    first = batches[0]
    bos = template.tokenizer.bos_token_id
    counts = Counter(sum(1 for _ in takewhile(lambda one: one == bos, row.ids)) for row in kept.rows)
    computed = sum(_computed(batch) for batch in batches)
    return Inspection(
        beginning=_decoded(template.tokenizer, first.prefix[0].tolist()),
        beginning_tokens=first.prefix.shape[1],
        lines=tuple(_lines(first, template.tokenizer)),
        rows=len(kept.rows),
        too_long=kept.too_long,
        held_out=len(held),
        steps=len(loader),
        steps_a_pass=loader.steps_a_pass,
        warmup=warmup(len(loader), training),
        tokens=sum(len(row.ids) for row in kept.rows),
        longest=max(len(row.ids) for row in kept.rows),
        learned=sum(len(row.ids) - row.start for row in kept.rows),
        padding=1 - sum(batch.tokens for batch in batches) / computed,
        bos=template.tokenizer.bos_token or "",
        beginnings=dict(sorted(counts.items())),
    )


def _computed(batch: Batch) -> int:
    """Positions of a batch, padding and what all rows begin with included in each row."""
    return sum(part.ids.numel() + len(part.ids) * batch.prefix.shape[1] for part in batch.parts)


def _lines(batch: Batch, tokens: Any) -> Iterator[Line]:
    for part in batch.parts:
        for ids, answers in _rows(part):
            # The last token of a row is always learned, so that what follows it pads the row.
            length = int(np.flatnonzero(answers)[-1]) + 1
            cuts = [0, *(np.flatnonzero(np.diff(answers[:length])) + 1).tolist(), length]
            pieces = tuple(
                (_decoded(tokens, ids[start:end].tolist()), bool(answers[start]))
                for start, end in pairwise(cuts)
            )
            shared = batch.prefix.shape[1]
            yield Line(pieces, length + shared, int(answers.sum()), len(ids) - length)


def _rows(part: Part) -> Iterator[tuple[Any, Any]]:
    """Token numbers of each row, and whether each token is learned."""
    for at, (ids, labels) in enumerate(zip(part.ids.numpy(), part.labels.numpy(), strict=True)):
        # A label stands at the position before the token that it asks for.
        answers = np.concatenate([[False], labels[:-1] != IGNORED])
        starts = np.flatnonzero(part.positions[at].numpy() == 0)[1:] if part.positions is not None else ()
        yield from zip(np.split(ids, starts), np.split(answers, starts), strict=True)


def _decoded(tokens: Any, ids: list[int]) -> str:
    return str(tokens.decode(ids, skip_special_tokens=False))
