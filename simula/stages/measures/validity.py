"""The measure `validity`: do scores say what people say? Over batch sizes and appearances (3.4, Table 5)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simula.concurrency import run
from simula.draws import entropy, generator
from simula.errors import ConfigurationError
from simula.metrics import Point
from simula.metrics.ranged import Floats
from simula.metrics.validity import Validity, validity
from simula.prompts import Tally
from simula.scoring import Rating, rate
from simula.stages.bench import Bench, cost
from simula.stages.examining import examined
from simula.stages.keys import MEASURES
from simula.stages.measures.points import inputs, read_set
from simula.stages.scoring import score_examples
from simula.store.benchmarks import TestItem
from simula.store.complexity import write_scores

SCORES = "scores.parquet"
KINDS = ("raw", "elo")
"""The scores that are compared with people: the mean raw score, and its calibrated form."""
Log = Callable[[Mapping[str, float]], None]


@dataclass(frozen=True, slots=True)
class Setting:
    """One place of the grid."""

    batch_size: int
    appearances: int

    @property
    def name(self) -> str:
        """As tables of all measures name it."""
        return f"batches of {self.batch_size}, {self.appearances} appearances"


def measure_validity(bench: Bench) -> dict[str, Any]:
    """The manifest of the grid; `grid` in it has one entry a schedule and score.

    Raises:
        ConfigurationError: the set has no points with a human level, or all are of one.
    """
    config = bench.config
    stage, key = MEASURES["validity"]

    def make(folder: Path, log: Log) -> Mapping[str, Any]:
        measured = read_set(bench)
        every = measured.points
        points = [point for point in every if point.level is not None]
        if len({point.level for point in points}) < 2:
            raise ConfigurationError(
                f"{measured.said['set']}: validity compares scores with human levels, and the set has fewer "
                "than two (a file's column named level is one where assessment.columns.labels has it)"
            )
        said = run(_made, bench, points, folder, log)
        return {**measured.said, **said, "points_without_level": len(every) - len(points)}

    return bench.build(stage, key(config), inputs(config), make)


async def _made(bench: Bench, points: Sequence[Point], folder: Path, log: Log) -> dict[str, Any]:
    config, tally = bench.config, Tally()
    right = await _examined(bench, points, tally)
    columns: dict[str, Sequence[Any]] = {} if right is None else {"right": right}
    grid: list[dict[str, Any]] = []
    batches, left_out = 0, 0
    settings = config.assessment.validity
    # The most appearances first: fewer are among them, but for the last batch, and then recorded.
    for size, times in product(settings.batch_sizes, sorted(settings.appearances, reverse=True)):
        at = Setting(size, times)
        ratings, asked, lost = await _rated(bench, points, at, tally, log)
        batches, left_out = batches + asked, left_out + lost
        columns |= {f"{kind} {size}x{times}": [getattr(each, kind) for each in ratings] for kind in KINDS}
        grid += [
            {"batch_size": size, "appearances": times, "score": kind, **found.to_json()}
            for kind in KINDS
            if (found := _agreement(bench, points, ratings, right, at, kind)) is not None
        ]
    grid.sort(key=lambda one: (one["batch_size"], one["appearances"], KINDS.index(one["score"])))
    write_scores(folder / SCORES, points, columns)
    measures = _flat(grid)
    log(measures)
    return {
        "attribute": config.scoring.attribute,
        "measures": measures,
        "grid": grid,
        "points": len(points),
        "levels": len({point.level for point in points}),
        "right": None if right is None else sum(right),
        "batches": batches,
        "batches_left_out": left_out,
        "scorer": config.scored_by.model,
        **cost(tally.spent, tally),
    }


async def _rated(
    bench: Bench, points: Sequence[Point], at: Setting, tally: Tally, log: Log
) -> tuple[list[Rating], int, int]:
    """The points' ratings by one schedule; batches asked for, and those of them that are left out."""
    config = bench.config
    scoring = config.scoring.model_copy(update={"batch_size": at.batch_size, "appearances": at.appearances})
    seed = entropy(config.scalars.data_seed, "rate")
    examples = [point.example for point in points]
    scored = await score_examples(bench, f"validity, {at.name}", examples, scoring, seed, tally, log)
    counts = scored.counts()
    ratings = rate(scored.batches, len(points), scoring.elo)
    return ratings, counts["batches"], counts["batches"] - counts["batches_scored"]


async def _examined(bench: Bench, points: Sequence[Point], tally: Tally) -> list[bool] | None:
    """Whether the scorer itself answers each point rightly; None where the set has no answers.

    The calls are those of `evaluation.teacher=true`, and recorded where those were made.
    """
    config = bench.config
    if not all(point.example.answer for point in points):
        return None
    items = [TestItem(point.id, point.example, point.labels) for point in points]
    answers = await examined(bench, config.scored_by, "validity: items the scorer answered", items, tally)
    return [answer.right for answer in answers]


def _agreement(
    bench: Bench,
    points: Sequence[Point],
    ratings: Sequence[Rating],
    right: Sequence[bool] | None,
    at: Setting,
    kind: str,
) -> Validity | None:
    """How one score agrees with people; None for Elo of batches of one, which compare nothing."""
    if kind == "elo" and at.batch_size == 1:
        return None
    config = bench.config
    seen = [place for place, rating in enumerate(ratings) if rating.raw is not None]
    scores: Floats = np.array([getattr(ratings[place], kind) for place in seen], dtype=np.float64)
    known: NDArray[np.bool_] | None = None if right is None else np.array([right[place] for place in seen])
    draw = generator(config.scalars.data_seed, at.batch_size, at.appearances, kind, "validity")
    levels = [str(points[place].level) for place in seen]
    return validity(scores, levels, known, config.assessment.validity, draw)


def _flat(grid: Sequence[Mapping[str, Any]]) -> dict[str, float]:
    """The numbers by name, without their intervals and without those that could not be computed."""
    return {
        f"{number.upper()} of {one['score']}, {Setting(one['batch_size'], one['appearances']).name}": one[
            number
        ][0]
        for one in grid
        for number in ("nmi", "ari", "auc")
        if one[number] is not None
    }
