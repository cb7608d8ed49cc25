"""Batches of rows: seeded, by length, and able to go on in the middle of a pass."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import lightning.pytorch as pl
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from simula.draws import generator
from simula.student.backbone import common_prefix
from simula.student.rows import Row
from simula.student.settings import TrainingSettings

IGNORED = -100
"""Label of a position that the loss does not count."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows that are computed at once."""

    ids: Tensor
    """Tokens after the prefix, padded on the right: [rows, longest]."""
    labels: Tensor
    """The token that each position predicts, IGNORED where it is not part of an answer: [rows, longest]."""
    positions: Tensor | None = None
    """Where rows are packed, one after the other, the place of each token in its own row: [1, tokens]."""

    def to(self, device: torch.device, **options: Any) -> Part:
        """The same on another device."""
        positions = None if self.positions is None else self.positions.to(device, **options)
        return Part(self.ids.to(device, **options), self.labels.to(device, **options), positions)


@dataclass(frozen=True, slots=True)
class Batch:
    """The rows of one step of the optimiser, or those of them that one process computes."""

    prefix: Tensor
    """Tokens with which every row of the data set begins: [1, tokens], may be empty."""
    parts: tuple[Part, ...]
    supervised: int
    """Tokens that the loss counts, over all parts of all processes."""
    tokens: int
    """Tokens of all rows of all processes, the prefix counted in each."""

    def to(self, device: torch.device, **options: Any) -> Batch:
        """The same on another device; Lightning calls this."""
        parts = tuple(part.to(device, **options) for part in self.parts)
        return Batch(self.prefix.to(device, **options), parts, self.supervised, self.tokens)


@dataclass(frozen=True, slots=True)
class Layout:
    """How rows are laid out to be computed; what comes out is the same up to rounding."""

    packed: bool = False
    """The rows of a part stand one after the other, without padding."""
    shared_prefix: bool = True
    """What all rows begin with is computed once a part. Not where rows are packed."""
    rank: int = 0
    """The process that computes."""
    ranks: int = 1
    """Processes among which the rows of each step are divided."""


class Loader:
    """All batches of a run, over all its passes; where it stands can be saved and restored."""

    def __init__(
        self, rows: Sequence[Row], training: TrainingSettings, seed: int, layout: Layout | None = None
    ) -> None:
        self._rows = rows
        self._training = training
        self._seed = seed
        self._layout = layout or Layout()
        self.steps_a_pass = math.ceil(len(rows) / training.batch_size)
        """Steps in which every row is seen once."""
        self._steps = max(1, round(self.steps_a_pass * training.epochs))
        self._done = 0
        # The position before the answer predicts its first token, so it cannot be part of the prefix.
        shared = self._layout.shared_prefix and not self._layout.packed
        self._prefix = common_prefix([row.ids[: row.start - 1 if shared else 0] for row in rows])
        self.order = lru_cache(maxsize=1)(self._drawn_order)
        """Of the number of a pass: the row indices of each of its steps."""

    def __len__(self) -> int:
        """Steps of the whole run."""
        return self._steps

    def __iter__(self) -> Iterator[Batch]:
        """The batches that are still to come."""
        while self._done < self._steps:
            epoch, step = divmod(self._done, self.steps_a_pass)
            self._done += 1
            yield self._batch([self._rows[i] for i in self.order(epoch)[step]])

    def state_dict(self) -> dict[str, int]:
        """How many batches were handed out."""
        return {"done": self._done}

    def load_state_dict(self, state: dict[str, int]) -> None:
        """Go on after that many batches."""
        self._done = state["done"]

    def _drawn_order(self, epoch: int) -> list[npt.NDArray[np.int64]]:
        """Row indices of each step of a pass: random rows, neighbours in length together."""
        draw = generator(self._seed, epoch, "order")
        shuffled = draw.permutation(len(self._rows))
        lengths = np.array([len(row.ids) for row in self._rows])
        size = self._training.batch_size * self._training.window
        by_length = [
            window[np.argsort(lengths[window], kind="stable")]
            for window in np.split(shuffled, range(size, len(shuffled), size))
        ]
        steps = np.array_split(np.concatenate(by_length), self.steps_a_pass)
        return [steps[i] for i in draw.permutation(len(steps))]

    def _batch(self, rows: list[Row]) -> Batch:
        prefix = torch.from_numpy(self._prefix.astype(np.int64))[None]
        supervised = sum(len(row.ids) - row.start for row in rows)
        return Batch(prefix, self._parts(rows), supervised, sum(len(row.ids) for row in rows))

    def _parts(self, rows: list[Row]) -> tuple[Part, ...]:
        """This process's share of the rows, in as many parts as every other process has."""
        size, layout = self._training.micro_batch_size, self._layout
        # Neighbours are of similar length: dealt out in turn, every process has about as many tokens.
        mine = rows[layout.rank :: layout.ranks]
        count = math.ceil(math.ceil(len(rows) / layout.ranks) / size)
        return tuple(self._part(mine[i * size : (i + 1) * size], rows[0]) for i in range(count))

    def _part(self, rows: list[Row], instead: Row) -> Part:
        """The part that holds `rows`; where there are none, one that counts nothing in the loss."""
        if not rows:
            part = self._part([instead], instead)
            return replace(part, labels=torch.full_like(part.labels, IGNORED))
        return _packed(rows) if self._layout.packed else _padded(rows, len(self._prefix))


class StudentData(pl.LightningDataModule):
    """The training rows, as Lightning asks for them."""

    def __init__(
        self, rows: Sequence[Row], training: TrainingSettings, seed: int, layout: Layout | None = None
    ) -> None:
        super().__init__()
        self._arguments = (rows, training, seed, layout)

    def train_dataloader(self) -> Loader:
        """A loader at the first batch of the run."""
        return Loader(*self._arguments)


def _padded(rows: Sequence[Row], skipped: int) -> Part:
    """A row each, without the `skipped` tokens of the prefix."""
    longest = max(len(row.ids) for row in rows) - skipped
    # What pads a row stands after all of its tokens, so no token ever attends to it.
    ids = np.zeros((len(rows), longest), np.int64)
    labels = np.full((len(rows), longest), IGNORED, np.int64)
    for i, row in enumerate(rows):
        length = len(row.ids) - skipped
        ids[i, :length] = row.ids[skipped:]
        labels[i, :length] = _labels(row)[skipped:]
    return Part(torch.from_numpy(ids), torch.from_numpy(labels))


def _packed(rows: Sequence[Row]) -> Part:
    """All rows as one."""
    ids = np.concatenate([row.ids for row in rows]).astype(np.int64)
    labels = np.concatenate([_labels(row) for row in rows])
    positions = np.concatenate([np.arange(len(row.ids)) for row in rows])
    return Part(*(torch.from_numpy(values)[None] for values in (ids, labels, positions)))


def _labels(row: Row) -> npt.NDArray[np.int64]:
    """What each position of a row predicts: [tokens]."""
    labels = np.full(len(row.ids), IGNORED, np.int64)
    labels[row.start - 1 : -1] = row.ids[row.start :]
    return labels
