"""Between data set and student, where the selection needs it: a rating for every row (Section 3.3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.draws import entropy
from simula.errors import SimulaError, UnreadableReply
from simula.prompts import Tally
from simula.scoring import Rating, Schedule, ScoredBatch, count_parts, rate, schedule, score_batches
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.dataset import read_dataset
from simula.stages.keys import rating_key, rows_key
from simula.store.ratings import read_ratings, write_batches, write_ratings

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
    seed = entropy(config.scalars.data_seed, "rate")
    plan = schedule(len(slots), settings.batch_size, settings.appearances, seed)
    examples = [example.model_dump(mode="json") for example in rows.values()]
    tally, lost = Tally(), Counter[str]()
    async with bench.asker(config.scored_by) as asker:
        with bench.progress.bar("rate: batches scored") as meter:
            done = 0

            def on_batch(batch: ScoredBatch) -> None:
                nonlocal done
                done += 1
                lost[batch.status] += batch.status != "scored"
                note = f"{lost.total()} left out" if lost.total() else ""
                meter(done, len(plan.batches), note, lambda: paid_now(tally))
                log({"batches": done, "left_out": lost.total()})

            scored = await score_batches(plan.batches, examples, settings, asker, seed, tally, on_batch)
    write_batches(folder / BATCHES, scored, slots)
    ratings = rate(scored, len(slots), settings.elo)
    write_ratings(folder / RATINGS, dict(zip(slots, ratings, strict=True)))
    said = _counts(plan, scored, ratings, settings.appearances)
    if not said["batches_scored"]:
        raise UnreadableReply(f"none of {len(scored)} batches could be rated; the first: {scored[0].reason}")
    if said["parts"] > 1:
        bench.progress.line(
            f"rate: the rows fall in {said['parts']} parts that no chain of batches connects; "
            "ratings of different parts do not compare; raise scoring.appearances or scoring.batch_size"
        )
    return {**said, **cost(tally.spent, tally)}


def _counts(
    plan: Schedule, scored: Sequence[ScoredBatch], ratings: Sequence[Rating], wanted: int
) -> dict[str, Any]:
    """What the manifest says besides the cost."""
    read = [batch for batch in scored if batch.status == "scored"]
    left_out = Counter(batch.status for batch in scored if batch.status != "scored")
    return {
        "rows": len(ratings),
        "batches": len(scored),
        "batches_scored": len(read),
        "batches_left_out": dict(sorted(left_out.items())),
        "places_filled_up": plan.filled_up,
        "rows_in_fewer_batches": sum(rating.appearances < wanted for rating in ratings),
        "rows_unrated": sum(rating.appearances == 0 for rating in ratings),
        "parts": count_parts(len(ratings), [batch.items for batch in read]),
        "elo_lowest": min(rating.elo for rating in ratings),
        "elo_highest": max(rating.elo for rating in ratings),
    }


def read_elo(bench: Bench) -> dict[int, float]:
    """Slot to Elo of the published ratings, without the rows that no readable batch held."""
    ratings = read_ratings(bench.store.folder(STAGE, rating_key(bench.config)) / RATINGS)
    return {slot: rating.elo for slot, rating in ratings.items() if rating.appearances}
