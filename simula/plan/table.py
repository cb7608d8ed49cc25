"""The plan for people, in 80 columns, and for programs, as JSON."""

from __future__ import annotations

import datetime
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, fields
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.composition import Cell
from simula.plan.detection import Detection, detection_lines, detections
from simula.plan.prices import price_line, price_warnings, teachers
from simula.plan.steps import Cost, Plan, Step, plan
from simula.plan.students import Tuning, tuning_lines, tunings
from simula.progress import counted, short, thinking
from simula.stages.keys import artifact_keys
from simula.sweep.arrays import arrays
from simula.sweep.tasks import MAX_ARRAY, missing_of, tasks_of
from simula.teacher.simulated.settings import beyond

_SUMS = ("calls", "prompt_tokens", "completion_tokens", "usd", "gpu_hours", "megabytes")


def print_plan(
    cells: Sequence[Cell],
    *,
    as_json: bool = False,
    console: Console | None = None,
    today: datetime.date | None = None,
) -> int:
    """Print the plan of the cells.

    Args:
        cells: the configured cells; their store and ledger are looked at.
        as_json: one JSON object on standard output, for programs.
        console: where to; None: standard output.
        today: against which the age of prices is told; None: today.

    Returns:
        The exit code, 0.
    """
    with thinking("counting what there is and what is missing …"):
        made = plan(cells)
    warnings = price_warnings(teachers(made), today or datetime.date.today())
    warnings += _budget_warnings(made)
    warnings += dict.fromkeys(filter(None, (beyond(one.teacher, one.domain) for one in made.configs)))
    if as_json:
        print(json.dumps(_plain(made, warnings), indent=1))
        return 0
    console = console or Console()
    console.print(_steps_table(made))
    console.print("all, exist: artifacts; cells: that use them; in, out: tokens; disk: bytes.", style="dim")
    if made.costs:
        console.print()
        console.print(_calls_table(made.costs))
        console.print("in, out: tokens a call; measured: recorded calls they are the mean of.", style="dim")
    console.print()
    for line in (
        *_jobs_line(made),
        *_rates(made),
        *tuning_lines(_tunings(made)),
        *detection_lines(_detections(made)),
    ):
        console.print(Text(line))
    for teacher in teachers(made):
        console.print(Text(price_line(teacher)))
    for line in (*_left_out(made), _assumed(made)):
        console.print(Text(line, style="dim"))
    for warning in warnings:
        console.print(Text(f"! {warning}", style="yellow"))
    return 0


def still_to_do(cells: Sequence[Cell], generated: Sequence[Cell] = ()) -> dict[str, float]:
    """What it would take to finish the cells: calls, tokens, dollars, GPU hours.

    Args:
        cells: what is to be finished.
        generated: cells of which nothing but the data sets is wanted.
    """
    wanted = {place for cell in cells for place in artifact_keys(cell.config).values()}
    for cell in generated:
        made = artifact_keys(cell.config)
        wanted |= {made[stage] for stage in ("taxonomy", "dataset") if stage in made}
    known = {place for cell in generated for place in artifact_keys(cell.config).values()}
    missing = [step for step in plan([*cells, *generated]).missing if step.place not in known - wanted]
    return {name: sum(getattr(step, name) for step in missing) for name in _SUMS}


def _steps_table(made: Plan) -> Table:
    cells = len(made.configs)
    count = f"{cells} cells" if cells > 1 else "one cell"
    table = Table(title=f"plan for {count}; nothing is spent by it", box=None, pad_edge=False)
    for name in ("stage", "all", "exist", "cells", "calls", "in", "out", "USD", "GPU h", "disk"):
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for stage in dict.fromkeys(step.stage for step in made.steps):
        table.add_row(stage, *_row([step for step in made.steps if step.stage == stage]))
    table.add_section()
    table.add_row("still to do", *_row(made.missing), style="bold")
    return table


def _row(steps: Sequence[Step]) -> list[str]:
    missing = [step for step in steps if not step.exists]
    total = {name: sum(getattr(step, name) for step in missing) for name in _SUMS}
    return [
        str(len(steps)),
        str(len(steps) - len(missing)),
        str(sum(step.cells for step in steps)),
        *(short(total[name]) for name in ("calls", "prompt_tokens", "completion_tokens")),
        f"{total['usd']:,.2f}",
        f"{total['gpu_hours']:.2f}",
        short(total["megabytes"] * 1e6),
    ]


def _calls_table(costs: Sequence[Cost]) -> Table:
    table = Table(title="calls still to make", box=None, pad_edge=False, title_justify="left")
    for name in ("prompt", "teacher"):
        table.add_column(name, no_wrap=True, overflow="ellipsis", max_width=24)
    for name in ("calls", "in", "out", "USD", "measured"):
        table.add_column(name, justify="right", no_wrap=True)
    for cost in costs:
        table.add_row(
            cost.template,
            cost.teacher.model,
            short(cost.calls),
            f"{cost.prompt_tokens / cost.calls:.0f}",
            f"{cost.completion_tokens / cost.calls:.0f}",
            f"{cost.usd:,.2f}",
            f"{cost.recorded:,}" if cost.recorded else "assumed",
        )
    return table


def _jobs(made: Plan) -> dict[str, Any]:
    """What `simula run -m hydra/launcher=slurm_gpu` would submit for this."""
    tasks = tasks_of(made.configs, "evaluate")
    published = {step.place for step in made.steps if step.exists}
    missing = missing_of(tasks, published)
    kinds = Counter(task.kind for task in missing)
    gpu = sum(task.gpu for task in missing)
    packed = arrays(missing, published, MAX_ARRAY)
    return {"cpu": len(missing) - gpu, "gpu": gpu, "arrays": len(packed), "kinds": dict(kinds)}


def _jobs_line(made: Plan) -> list[str]:
    jobs = _jobs(made)
    if not jobs["kinds"]:
        return []
    kinds = ", ".join(f"{count:,} {kind}" for kind, count in jobs["kinds"].items())
    said = f"On a cluster {counted(jobs['cpu'], 'job')} for CPU nodes and {jobs['gpu']:,} for GPUs"
    return [f"{said} in {counted(jobs['arrays'], 'array')}: {kinds}; each waits for what it is made from."]


def _rates(made: Plan) -> list[str]:
    """For each system how its candidates are expected to fare, and how that is known."""
    found: dict[str, None] = {}
    for step in made.missing:
        if (rates := step.rates) is not None:
            said = f"{step.system}: {100 * rates.accepted:.3g} % of candidates accepted"
            if any(cost.template == "refine" for cost in step.costs):
                said += f", {rates.refinements:.2g} refinements each"
            found[f"{said} ({rates.source})"] = None
    return list(found)


def _tunings(made: Plan) -> list[Tuning]:
    """Of the students that are still to be tuned."""
    places = {step.place for step in made.missing if step.stage == "train"}
    missing = [config for config in made.configs if artifact_keys(config).get("train") in places]
    return tunings(missing, made.assumptions.tokens_a_row)


def _detections(made: Plan) -> list[Detection]:
    return detections(made.configs, made.assumptions.test_items)


def _left_out(made: Plan) -> list[str]:
    """What the plan does not know of, in so far as it concerns these cells."""
    said = ["Calls that are recorded for something unfinished are counted here and will cost nothing."]
    configs = made.configs
    if any(c.draws_mixes and c.scenarios.count and c.scenarios.sequential_after is not None for c in configs):
        said.append("Left out: prompts grow where a mix comes up again and again (sequential mode).")
    return said


def _assumed(made: Plan) -> str:
    plain = {
        field.name: value
        for field in fields(made.assumptions)
        if isinstance(value := getattr(made.assumptions, field.name), int | float)
    }
    said = ", ".join(f"{name.replace('_', ' ')} {value:g}" for name, value in plain.items())
    return f"Assumed where nothing was measured: {said}."


def _budget_warnings(made: Plan) -> list[str]:
    """Which budget would stop this before it is done."""
    budget, missing = made.configs[0].budget, made.missing
    needed = {
        "usd": sum(step.usd for step in missing),
        "tokens": sum(step.prompt_tokens + step.completion_tokens for step in missing),
        "calls": sum(step.calls for step in missing),
    }
    return [
        f"budget.{name} covers about {100 * limit / needed[name]:.0f} % of this ({budget.said(name)})"
        for name in needed
        if (limit := getattr(budget, name)) is not None and limit < needed[name]
    ]


def _plain(made: Plan, warnings: Sequence[str]) -> dict[str, Any]:
    return {
        "cells": len(made.configs),
        "steps": [
            {
                "stage": step.stage,
                "artifact": step.place,
                "exists": step.exists,
                "cells": step.cells,
                "system": step.system,
                "rates": asdict(step.rates) if step.rates else None,
                **({} if step.exists else {name: getattr(step, name) for name in _SUMS}),
            }
            for step in made.steps
        ],
        "still_to_do": {name: sum(getattr(step, name) for step in made.missing) for name in _SUMS},
        "calls": [
            {
                "prompt": cost.template,
                "teacher": cost.teacher.model,
                "calls": cost.calls,
                "prompt_tokens": cost.prompt_tokens,
                "completion_tokens": cost.completion_tokens,
                "usd": cost.usd,
                "measured_on": cost.recorded,
            }
            for cost in made.costs
        ],
        "jobs": _jobs(made),
        "tuning": [asdict(tuning) for tuning in _tunings(made)],
        "detectable": [asdict(found) for found in _detections(made)],
        "prices": {t.model: t.price.model_dump(mode="json") for t in teachers(made)},
        "assumptions": asdict(made.assumptions) | {"tokens": dict(made.assumptions.tokens)},
        "warnings": list(warnings),
    }
