"""Between data set and student, where the selection needs it: a rating for every row (Section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.draws import entropy
from simula.errors import SimulaError
from simula.prompts import Tally
from simula.scoring import compared, estimate, rate
from simula.stages.bench import Bench, cost
from simula.stages.dataset import read_dataset
from simula.stages.keys import rating_key, rows_key
from simula.stages.scoring import score_examples
from simula.store.ratings import read_fitted, read_ratings, write_batches, write_ratings

STAGE = "rate"
RATINGS = "ratings.parquet"
BATCHES = "batches.parquet"


def rate_selected(bench: Bench) -> dict[str, Any]:
    """The manifest of the ratings; empty, and nothing is made, where the selection needs none."""
    return rate_rows(bench) if bench.config.selection.rated else {}


def rate_rows(bench: Bench) -> dict[str, Any]:
    """The manifest of the ratings of the cell's data set.

    Raises:
        SimulaError: the data set has no row.
        UnreadableReply: no batch at all could be read.
    """
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, bench, folder, log)

    return bench.build(STAGE, rating_key(config), {"dataset": rows_key(config)}, make)


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config = bench.config
    settings = config.scoring
    rows = {row.slot: row.example for row in read_dataset(bench) if row.example is not None}
    slots = list(rows)
    if not slots:
        raise SimulaError("the data set has no row: there is nothing to rate")
    seed, tally = entropy(config.scalars.data_seed, "rate"), Tally()
    scored = await score_examples(bench, STAGE, list(rows.values()), settings, seed, tally, log)
    write_batches(folder / BATCHES, scored.batches, slots)
    ratings = rate(scored.batches, len(slots), settings.elo)
    fitted = None
    if settings.method == "bradley_terry":
        fitted = estimate(compared(scored.batches, len(slots)), settings.elo, settings.resamples, seed)
    write_ratings(folder / RATINGS, dict(zip(slots, ratings, strict=True)), fitted)
    parts = scored.parts
    if parts > 1:
        bench.progress.line(
            f"rate: the rows fall in {parts} parts that no chain of batches connects; "
            "ratings of different parts do not compare; raise scoring.appearances or scoring.batch_size"
        )
    said = {
        "rows": len(ratings),
        **scored.counts(),
        "rows_in_fewer_batches": sum(rating.appearances < settings.appearances for rating in ratings),
        "rows_unrated": sum(rating.appearances == 0 for rating in ratings),
        "parts": parts,
        "elo_lowest": min(rating.elo for rating in ratings),
        "elo_highest": max(rating.elo for rating in ratings),
    }
    return {**said, **cost(tally.spent, tally)}


def read_selecting(bench: Bench) -> dict[int, float]:
    """Slot to the rating that selections go by, without the rows that no readable batch held."""
    path = bench.store.folder(STAGE, rating_key(bench.config)) / RATINGS
    rated = {slot: rating.elo for slot, rating in read_ratings(path).items() if rating.appearances}
    if bench.config.scoring.method == "elo":
        return rated
    fitted = read_fitted(path)
    return {slot: fitted[slot] for slot in rated}
