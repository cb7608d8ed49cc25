"""`simula advise`: a pilot's estimates and what they advise, on the terminal."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from rich.console import Console
from rich.table import Table

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


def advise(cells: Sequence[Cell], *, as_json: bool) -> int:
    """Run a pilot for each cell and print what it advises.

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
        build_taxonomies(bench)
        said = make_pilot(bench)
        if as_json:
            print(
                json.dumps({**said, "advice": [asdict(choice) for choice in choices(config, said)]}, indent=1)
            )
        else:
            _print(config, said, console)
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


def _print(config: Config, said: Mapping[str, Any], console: Console) -> None:
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
    for choice in choices(config, said):
        sure = "" if choice.sure else " (not decided by this pilot)"
        console.print(f"{choice.axis}: {choice.overrides or 'none'}{sure}", style="bold", highlight=False)
        console.print(f"  {choice.reason}", highlight=False, soft_wrap=True)
    words = " ".join(choice.overrides for choice in choices(config, said) if choice.overrides)
    console.print(
        f"paid now ${said['paid_now_usd']:,.2f}; next: simula plan domain={config.choices.get('domain')} "
        f"teacher={config.choices.get('teacher')} system=full {words}",
        soft_wrap=True,
        highlight=False,
    )
