"""Examples as rows of token numbers, with the part that is learned; what is held out to validate."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from simula.domain import Domain, Example
from simula.draws import generator
from simula.errors import StudentError
from simula.student.settings import TrainingSettings
from simula.student.template import Template

_CHUNK = 1000
"""Examples tokenised at once: the tokenizer's own objects are far larger than the numbers kept."""


@dataclass(frozen=True, slots=True, eq=False)
class Row:
    """One example as the student sees it."""

    ids: npt.NDArray[np.int32]
    """Prompt, answer and end, as token numbers: [tokens]."""
    start: int
    """Where the answer begins; the loss counts `ids[start:]` and nothing before."""


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of a data set that fit, and how many did not."""

    rows: tuple[Row, ...]
    too_long: int
    """Rows longer than the limit: left out, or cut."""


def tokenized(
    domain: Domain, examples: Sequence[Example], template: Template, training: TrainingSettings
) -> Rows:
    """The rows of `examples`, in order; those too long dropped or cut, as `training` says.

    A row whose prompt alone fills the limit has nothing to learn and is dropped either way.
    """
    rows: list[Row] = []
    too_long, limit = 0, training.max_tokens
    for first in range(0, len(examples), _CHUNK):
        chunk = examples[first : first + _CHUNK]
        prompts = template.prompts([domain.question(example) for example in chunk])
        answers = template.answers([domain.answer(example) for example in chunk])
        for prompt, answer in zip(prompts, answers, strict=True):
            ids = [*prompt, *answer, template.end]
            if len(ids) > limit:
                too_long += 1
                if training.too_long == "drop" or len(prompt) >= limit:
                    continue
            rows.append(Row(np.array(ids[:limit], np.int32), len(prompt)))
    return Rows(tuple(rows), too_long)


def prepared(
    domain: Domain, examples: Sequence[Example], template: Template, training: TrainingSettings, seed: int
) -> tuple[Rows, list[Example]]:
    """The rows to train on, and the examples to validate on.

    Raises:
        StudentError: there is no example, or none that fits.
    """
    if not examples:
        raise StudentError(f"the data set of domain {domain.name} is empty: there is nothing to train on")
    learned, held = held_out(len(examples), training, seed)
    kept = tokenized(domain, [examples[i] for i in learned], template, training)
    if not kept.rows:
        raise StudentError(
            f"all {len(learned)} rows are longer than training.max_tokens={training.max_tokens}"
        )
    return kept, [examples[i] for i in held]


def validation_rows(count: int, training: TrainingSettings) -> int:
    """How many examples are held out to validate on; 0 where they would be too few."""
    wanted = min(round(count * training.validation_share), training.validation_max)
    return wanted if wanted >= training.validation_min else 0


def held_out(count: int, training: TrainingSettings, seed: int) -> tuple[list[int], list[int]]:
    """Indices of the examples to train on and of those to validate on, each in order.

    The validation examples are a random share of the synthetic ones; none where they would be too few.
    """
    wanted = validation_rows(count, training)
    if not wanted:
        return list(range(count)), []
    chosen = set(generator(seed, "validation").permutation(count)[:wanted].tolist())
    return [i for i in range(count) if i not in chosen], sorted(chosen)
