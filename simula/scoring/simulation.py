"""A scorer of known truth: what a rating can be tested against, and the paper's Figure 10 simulated by."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from simula.scoring.asking import ScoredBatch
from simula.scoring.comparisons import Floats
from simula.scoring.schedule import Batch
from simula.scoring.settings import HIGHEST, LOWEST

_QUARTILE = 0.6744897501960817
"""Of the standard normal distribution."""


def split_normal(q25: float, median: float, q75: float, size: int, draw: np.random.Generator) -> Floats:
    """True scores with these quartiles: half a normal distribution below the median, half of another above.

    What falls outside of the raw scale is at its end.
    """
    z = draw.standard_normal(size)
    spread = np.where(z < 0, median - q25, q75 - median) / _QUARTILE
    return np.clip(median + spread * z, LOWEST, HIGHEST)


def score(
    batches: Sequence[Batch], truth: Floats, noise: float, step: int, draw: np.random.Generator
) -> list[ScoredBatch]:
    """What a scorer says that sees the true scores through noise, which is drawn anew in every batch.

    Args:
        batches: items by number, all batches of one size.
        truth: of each item, on the raw scale.
        noise: its standard deviation.
        step: the scorer says multiples of it, those on the raw scale.
        draw: the generator.
    """
    seen = truth[np.array(batches)]
    seen = seen + draw.normal(0.0, noise, seen.shape)
    said = np.clip(step * np.rint(seen / step), max(LOWEST, step), HIGHEST).astype(int)
    return [ScoredBatch(batch, tuple(row)) for batch, row in zip(batches, said.tolist(), strict=True)]
