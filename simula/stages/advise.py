"""Before any data set: a pilot, and what it says of the teacher's errors and the critics' worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.advice.estimate import Errors, Estimate, Point, errors
from simula.advice.pilot import Pilot, pilot
from simula.concurrency import run
from simula.domain import MultipleChoice
from simula.draws import generator
from simula.prompts import Tally
from simula.stages.bench import Bench, cost
from simula.stages.canaries import canary_items, judge_canaries_anew
from simula.stages.dataset import opened_mechanism
from simula.stages.keys import advice_key, taxonomy_key
from simula.stages.taxonomy import STAGE as TAXONOMY

STAGE = "advise"


def make_pilot(bench: Bench) -> dict[str, Any]:
    """The manifest of the pilot: estimates of plain, complex and all points, what it cost."""
    config = bench.config

    def make(_: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        found, canaries = run(_tried, bench, log)
        said = _said(bench, found)
        log({"tried": said["tried"]})
        return {**said, **canaries}

    return bench.build(STAGE, advice_key(config), {TAXONOMY: taxonomy_key(config)}, make)


async def _tried(bench: Bench, log: Callable[[Mapping[str, float]], None]) -> tuple[Pilot, Mapping[str, Any]]:
    """The pilot, and what its critic says of the canaries."""
    config = bench.config
    canaries: Mapping[str, Any] = {}
    if config.critic.double:
        canaries = await judge_canaries_anew(bench, canary_items(bench), log)
    async with opened_mechanism(bench) as mechanism:
        with bench.progress.bar("advise: candidates and second answers") as meter:
            settings, reasoning = config.dataset, config.evaluation.teacher_reasoning
            found = await pilot(mechanism, settings, config.advice.points, reasoning, meter)
    return found, canaries


def _said(bench: Bench, found: Pilot) -> dict[str, Any]:
    config = bench.config
    task, resamples = config.domain.task, config.advice.resamples
    alike = 1 / (task.options - 1) if isinstance(task, MultipleChoice) else 0.0
    parts: Mapping[str, Sequence[Point]] = {
        "plain": [point for point in found.points if not point.complex],
        "complex": [point for point in found.points if point.complex],
        "all": found.points,
    }
    estimates = {
        name: errors(points, alike, generator(config.scalars.data_seed, "advise", name), resamples)
        for name, points in parts.items()
    }
    rows = sum(point.accepted for point in found.points)
    both = Tally()
    both.add(found.filling)
    both.add(found.again)
    return {
        "tried": found.tried,
        "unusable": found.unusable,
        "unanswered": found.unanswered,
        "rows": rows,
        "errors": {name: asdict(estimate) for name, estimate in estimates.items()},
        "calls_a_row": found.filling.calls / rows if rows else None,
        "calls_a_row_without_critics": found.calls_before_critics / max(1, found.tried - found.unusable),
        "usd_a_row": sum(one.usd for one in found.filling.spent) / rows if rows else None,
        **cost(both.spent, both),
    }


def read_errors(said: Mapping[str, Any]) -> dict[str, Errors]:
    """The estimates of a manifest: plain, complex, all."""
    return {
        name: Errors(**{measure: Estimate(**value) for measure, value in one.items()})
        for name, one in said["errors"].items()
    }
