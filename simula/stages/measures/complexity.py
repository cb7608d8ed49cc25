"""The measure `complexity`, or of whatever `scoring.attribute` names: calibrated ratings of the points."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.draws import entropy
from simula.errors import SimulaError
from simula.metrics import Point
from simula.metrics.complexity import densities, described, measures, rate_sets
from simula.prompts import Tally
from simula.stages.bench import Bench, cost
from simula.stages.keys import MEASURES
from simula.stages.measures.points import inputs, read_set
from simula.stages.scoring import score_examples
from simula.store.complexity import write_densities, write_rated


def measure_complexity(bench: Bench) -> dict[str, Any]:
    """The manifest of one set that is rated by itself: its mean is the start rating, and says nothing."""
    config = bench.config
    stage, key = MEASURES["complexity"]

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        measured = read_set(bench)
        # The seed of `simula.stages.rate`: where that rates the same rows, no call is made twice.
        seed = entropy(config.scalars.data_seed, "rate")
        return {
            **measured.said,
            **run(rated, bench, stage, {measured.said["set"]: measured.points}, seed, folder, log),
        }

    return bench.build(stage, key(config), inputs(config), make)


_LEAST = 3
"""Points below which a rating says nothing."""


async def rated(
    bench: Bench,
    stage: str,
    sets: Mapping[str, Sequence[Point]],
    seed: int,
    folder: Path,
    log: Callable[[Mapping[str, float]], None],
) -> dict[str, Any]:
    """Score and rate all sets in one pool; what the manifest says besides their names.

    Args:
        bench: its scorer is asked, by its `scoring`.
        stage: named on the terminal.
        sets: name to points.
        seed: of the schedule, the teacher's sampling and the resamples.
        folder: gets ratings, batches and densities.
        log: told of batches done.

    Raises:
        SimulaError: a set has no point, or no batch could be read.
    """
    settings, attribute = bench.config.scoring, bench.config.scoring.attribute
    _check(sets)
    examples = [point.example for points in sets.values() for point in points]
    tally = Tally()
    scored = await score_examples(bench, stage, examples, settings, seed, tally, log)
    parts = scored.parts
    if parts > 1:
        bench.progress.line(
            f"{stage}: the points fall in {parts} parts that no chain of batches connects; "
            "ratings of different parts do not compare; raise scoring.appearances or scoring.batch_size"
        )
    found = rate_sets(sets, scored.batches, settings, seed)
    shapes = densities(found, settings.resamples, seed)
    write_rated(folder, found, scored.batches)
    write_densities(folder, shapes)
    said = [described(one, shapes.sets.get(one.name, {}), alone=len(found) == 1) for one in found]
    named = {one["set"]: measures(one, attribute) for one in said}
    flat = {
        name if len(sets) == 1 else f"{of}: {name}": value
        for of, numbers in named.items()
        for name, value in numbers.items()
    }
    log(flat)
    return {
        "attribute": attribute,
        "measures": flat,
        "sets": said,
        "points": len(examples),
        **scored.counts(),
        "points_unrated": sum(one["unrated"] for one in said),
        "parts": parts,
        "start": settings.elo.start,
        "scale": settings.elo.scale,
        "scorer": bench.config.scored_by.model,
        **cost(tally.spent, tally),
    }


def _check(sets: Mapping[str, Sequence[Point]]) -> None:
    """Raise SimulaError for what cannot be rated, before anything is paid."""
    if empty := [name for name, points in sets.items() if not points]:
        raise SimulaError(f"{', '.join(empty)}: there is no data point to rate")
    if sum(map(len, sets.values())) < _LEAST:
        raise SimulaError(
            f"{', '.join(sets)}: fewer than {_LEAST} data points cannot be rated beside one another"
        )
