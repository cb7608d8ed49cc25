"""`simula advise`: a pilot's estimates and what they advise, on the terminal."""

from __future__ import annotations

import json
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.advice.decide import Choice, complexity, critic, size, strength
from simula.composition import Cell
from simula.config import Config
from simula.errors import ConfigurationError
from simula.evaluation.teacher import TEMPLATE
from simula.plan import plan
from simula.plan.assumptions import TOKENS
from simula.progress import Progress
from simula.stages.advise import make_pilot, read_errors
from simula.stages.bench import Bench
from simula.stages.taxonomy import build_taxonomies
from simula.store.artifacts import Store
from simula.teacher import Spending, Usage
from simula.teacher.simulated.settings import beyond


def advise(cells: Sequence[Cell], extra_folder: Path | None, *, as_json: bool) -> int:
    """Run a pilot for each cell and print what it advises.

    Args:
        cells: with the overrides that they were chosen by.
        extra_folder: of the user's own options, where one was given.
        as_json: one JSON object a cell, for programs.

    Raises:
        ConfigurationError: another mechanism than the system `full` is chosen.
        SimulaError: the pilot cannot be made.
    """
    console, spending = Console(), Spending()
    for cell in cells:
        config = replace(
            cell.config,
            scalars=cell.config.scalars.model_copy(update={"size": cell.config.advice.points}),
        )
        if config.scalars.system != "full":
            raise ConfigurationError(
                f"simula advise tries the system full, not {config.scalars.system}: leave out what changes it"
            )
        bench = Bench(config, Store(config.paths.store), Progress(f"{config.domain.name} pilot"), spending)
        if not as_json:
            console.print(_before(config), style="dim", soft_wrap=True)
            if warning := beyond(config.teacher, config.domain):
                console.print(f"! {warning}", style="yellow", soft_wrap=True)
        build_taxonomies(bench)
        said = make_pilot(bench)
        advice = choices(config, said)
        if as_json:
            print(json.dumps({**said, "advice": [asdict(choice) for choice in advice]}, indent=1))
        else:
            _print(said, advice, console)
            advised = [word for one in advice for word in one.overrides.split()]
            paid = f"paid now ${said['paid_now_usd']:,.2f}; next: "
            console.print(
                Text(paid + _next(cell.overrides, extra_folder, advised)), soft_wrap=True, highlight=False
            )
    return 0


def choices(config: Config, said: Mapping[str, Any]) -> list[Choice]:
    """What a pilot's manifest advises."""
    found, settings = read_errors(said), config.advice
    plain, complex_points, every = found["plain"], found["complex"], found["all"]
    strong = strength(complex_points, settings)
    advised = [complexity(plain, complex_points, settings)]
    if said["calls_a_row"]:
        dearer = said["calls_a_row"] / said["calls_a_row_without_critics"]
        advised.append(critic(every, dearer, settings))
    advised.append(size(strong, said["usd_a_row"] or 0.0, config.budget.usd))
    return advised


def _before(config: Config) -> str:
    """What the pilot will take, before it takes it."""
    steps = [step for step in plan([Cell((), config)]).steps if step.stage in ("taxonomy", "dataset")]
    calls = sum(step.calls for step in steps) + config.advice.points
    second = Usage(
        *(config.advice.points * tokens for tokens in (TOKENS[TEMPLATE][0], 0, TOKENS[TEMPLATE][1]))
    )
    usd = sum(step.usd for step in steps) + config.teacher.price.of(second)
    return (
        f"pilot: {config.advice.points} candidates of the system full by {config.teacher.model}, each "
        f"answered once more: about {calls:,.0f} calls, ${usd:,.2f}; advice.points= changes it"
    )


def _print(said: Mapping[str, Any], advice: Sequence[Choice], console: Console) -> None:
    table = Table(box=None, pad_edge=False)
    for name in ("points", "tried", "wrong answers", "wrong among rows", "removed by critics", "refused"):
        table.add_column(name, justify="left" if name == "points" else "right")
    for name, one in read_errors(said).items():
        shown = (str(part) for part in (one.answers, one.rows, one.removed, one.refused))
        table.add_row(name, str(one.answers.points), *shown)
    console.print(table)
    if said["unusable"] or said["unanswered"]:
        console.print(
            f"left out: {said['unusable']} candidates without a data point, {said['unanswered']} without a "
            "second answer",
            style="yellow",
        )
    for choice in advice:
        sure = "" if choice.sure else " (not decided by this pilot)"
        console.print(f"{choice.axis}: {choice.overrides or 'none'}{sure}", style="bold", highlight=False)
        console.print(f"  {choice.reason}", highlight=False, soft_wrap=True)


def _next(overrides: Sequence[str], extra_folder: Path | None, advised: Sequence[str]) -> str:
    """The command that plans what is advised, with the words that the pilot was asked for by."""
    chosen = {word.partition("=")[0] for word in advised}
    own = [
        line
        for line in overrides
        if line.partition("=")[0] not in chosen and not line.lstrip("+").startswith("advice.")
    ]
    options = ["--config-dir", str(extra_folder)] if extra_folder else []
    return shlex.join(["simula", "plan", *options, *own, *advised])
