"""`simula plan`: what a run or a sweep would make, share and cost, before anything is spent."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any

from rich.console import Console
from rich.table import Table

from simula.composition import Cell
from simula.config import Config
from simula.stages.keys import ARTIFACTS, artifact_keys, dataset_key
from simula.store.artifacts import Store
from simula.teacher.port import Usage


@dataclass(frozen=True, slots=True)
class Assumptions:
    """What a plan assumes where nothing has been measured yet; printed with it."""

    prompt_tokens_a_call: int = 450
    completion_tokens_a_call: int = 180
    factors: int = 4
    """Where the teacher proposes them; the paper's domains have 3 to 5."""
    children_by_level: tuple[int, ...] = (7, 4, 2)
    """Children a node; GSM8k's taxonomies have 27, 99 and 208 nodes (Figure 4c)."""
    accepted_without_critic: float = 0.97
    accepted_with_critic: float = 0.75
    """Rejection over the paper's five benchmarks runs from 3 % to 61 % (Table 1)."""
    refinements_a_candidate: float = 0.3
    tokens_a_row: int = 300
    tokens_a_score: int = 4
    test_items: int = 1500
    gpu_flops: float = 1.5e14
    """Operations a second of one data-centre GPU as trained on: about 40 % of an A100's peak."""
    bytes_a_row: int = 2000
    bytes_a_call: int = 2500


@dataclass(frozen=True, slots=True)
class Step:
    """One artifact of the plan."""

    stage: str
    place: str
    exists: bool
    cells: int
    """Cells of the sweep that use it."""
    calls: float = 0
    prompt_tokens: float = 0
    completion_tokens: float = 0
    usd: float = 0
    gpu_hours: float = 0
    megabytes: float = 0
    measured: bool = False
    """Calls and tokens are scaled from an earlier size of the same data set."""


def plan(cells: Sequence[Cell], assumptions: Assumptions) -> list[Step]:
    """One step an artifact, in the direction of the data; shared ones once."""
    users: dict[str, list[tuple[str, Config]]] = {}
    for cell in cells:
        for name, place in artifact_keys(cell.config).items():
            users.setdefault(place, []).append((name, cell.config))
    steps = [_step(place, found, assumptions) for place, found in users.items()]
    return sorted(steps, key=lambda step: ARTIFACTS.index(step.stage))


def print_plan(cells: Sequence[Cell]) -> int:
    """Print the plan of the cells; returns the exit code, 0."""
    assumptions = Assumptions()
    steps = plan(cells, assumptions)
    console = Console()
    count = f"{len(cells)} cells" if len(cells) > 1 else "one cell"
    table = Table(title=f"plan for {count}; nothing is spent by it", box=None, pad_edge=False)
    names = ("stage", "all", "exist", "cells", "calls", "in", "out", "USD", "GPU h", "disk")
    for name in names:
        table.add_column(name, justify="left" if name == "stage" else "right", no_wrap=True)
    for stage in dict.fromkeys(step.stage for step in steps):
        table.add_row(stage, *_row([step for step in steps if step.stage == stage]))
    table.add_section()
    table.add_row("still to do", *_row([step for step in steps if not step.exists]), style="bold")
    console.print(table)
    console.print("all, exist: artifacts; cells: that use them; in, out: tokens; disk: bytes.", style="dim")
    if any(step.measured for step in steps):
        console.print("Some data sets' calls and tokens are scaled from a size that exists already.")
    said = ", ".join(
        f"{field.name.replace('_', ' ')} {getattr(assumptions, field.name):g}"
        for field in fields(assumptions)
        if not isinstance(getattr(assumptions, field.name), tuple)
    )
    console.print(f"Assumed where nothing was measured: {said}.", style="dim", soft_wrap=True)
    return 0


def _row(steps: Sequence[Step]) -> list[str]:
    missing = [step for step in steps if not step.exists]

    def total(name: str) -> float:
        return float(sum(getattr(step, name) for step in missing))

    return [
        str(len(steps)),
        str(len(steps) - len(missing)),
        str(sum(step.cells for step in steps)),
        _short(total("calls")),
        _short(total("prompt_tokens")),
        _short(total("completion_tokens")),
        f"{total('usd'):.2f}",
        f"{total('gpu_hours'):.2f}",
        _short(total("megabytes") * 1e6),
    ]


def _short(count: float) -> str:
    """14,640,000 as 14.6M: the table must fit a terminal of 80 columns."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.1f}{name}"
    return f"{count:.0f}"


def _step(place: str, users: Sequence[tuple[str, Config]], assumed: Assumptions) -> Step:
    name, config = users[0]
    stage, _, key = place.partition("/")
    exists = Store(config.paths.store).manifest(stage, key) is not None
    said: dict[str, Any] = {}
    if name == "taxonomy":
        said = _asked(config, _taxonomy_calls(config, assumed), assumed)
    elif name == "dataset":
        said = _dataset(config, assumed)
    elif name == "rate":
        said = _rating(config, assumed)
    elif name == "train":
        said = _training(config, assumed)
    elif name in ("evaluate", "untuned"):
        said = _evaluation(config, assumed)
    return Step(stage=name, place=place, exists=exists, cells=len(users), **said)


def _taxonomy_calls(config: Config, assumed: Assumptions) -> float:
    """N proposals and one edit a node, one plan between levels, factors and strategies."""
    if config.edited:
        return 0.0
    settings = config.taxonomy.expansion
    given = config.domain.factors
    factors = sum(not factor.children for factor in given) if given else assumed.factors
    calls, frontier = (0.0 if given else 2.0) + (not config.domain.strategies), 1.0
    for level in range(settings.depth):
        calls += factors * (min(frontier, settings.max_frontier) * (settings.proposals + 1) + 1)
        children = assumed.children_by_level[min(level, len(assumed.children_by_level) - 1)]
        frontier *= min(children, settings.max_children)
    return calls


def calls_a_candidate(config: Config, assumed: Assumptions) -> float:
    """Teacher calls for one slot: 1 for the baseline, about 5.5 and refinements for `full`."""
    critic = config.critic
    calls = 1.0
    if config.draws_mixes:
        calls += (config.scenarios.count > 0) + config.complexity.fraction
    calls += 2.0 * critic.double
    if critic.requirements:
        calls += 1.0 + 2.0 * min(critic.refinements, assumed.refinements_a_candidate)
    return calls


def _dataset(config: Config, assumed: Assumptions) -> dict[str, Any]:
    size = config.scalars.size
    if (earlier := _earlier(config)) is not None:
        share = (size - earlier["rows"]) / earlier["rows"] if size > earlier["rows"] else 0.0
        said = _tokens(
            config,
            earlier["calls"] * share,
            earlier["prompt_tokens"] * share,
            earlier["completion_tokens"] * share,
        )
        return said | {"measured": True, "megabytes": _megabytes(size, said["calls"], assumed)}
    critics = config.critic.requirements or config.critic.double
    accepted = assumed.accepted_with_critic if critics else assumed.accepted_without_critic
    calls = size / accepted * calls_a_candidate(config, assumed)
    tokens = calls * (assumed.prompt_tokens_a_call + assumed.completion_tokens_a_call)
    if config.dataset.tokens is not None:
        calls *= min(1.0, config.dataset.tokens / tokens)
    said = _asked(config, calls, assumed)
    return said | {"megabytes": _megabytes(size, calls, assumed)}


def _earlier(config: Config) -> dict[str, Any] | None:
    """The largest published size of the same data set, whose recorded calls a larger one reuses."""
    store = Store(config.paths.store)
    sizes = (store.root / "dataset" / dataset_key(config)).glob("n*/manifest.json")
    found = [store.manifest("dataset", f"{dataset_key(config)}/{path.parent.name}") for path in sizes]
    return max((item for item in found if item), key=lambda item: int(item["rows"]), default=None)


def _asked(config: Config, calls: float, assumed: Assumptions) -> dict[str, Any]:
    return _tokens(
        config, calls, calls * assumed.prompt_tokens_a_call, calls * assumed.completion_tokens_a_call
    )


def _tokens(config: Config, calls: float, prompt: float, completion: float) -> dict[str, Any]:
    usage = Usage(prompt=round(prompt), completion=round(completion))
    return {
        "calls": calls,
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "usd": config.teacher.price.of(usage),
    }


def _rating(config: Config, assumed: Assumptions) -> dict[str, Any]:
    """K appearances of every row in batches of BS, one call each."""
    scoring, rows = config.scoring, config.scalars.size
    shown = rows * scoring.appearances
    calls = math.ceil(shown / min(scoring.batch_size, rows))
    prompt = shown * assumed.tokens_a_row + calls * assumed.prompt_tokens_a_call
    completion = shown * assumed.tokens_a_score
    price = (config.scorer or config.teacher).price
    return {
        "calls": float(calls),
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "usd": price.of(Usage(prompt=prompt, completion=completion)),
        "megabytes": _megabytes(0, calls, assumed),
    }


def _megabytes(rows: int, calls: float, assumed: Assumptions) -> float:
    return (rows * assumed.bytes_a_row + calls * assumed.bytes_a_call) / 1e6


def _training(config: Config, assumed: Assumptions) -> dict[str, Any]:
    """Forward and backward through frozen weights: 4 operations a parameter and token."""
    tokens = config.scalars.size * config.selection.kept * config.training.epochs * assumed.tokens_a_row
    parameters = config.student.billion_parameters * 1e9
    # An adapter of rank 16 on every projection is 0.8 % of Gemma 3 4B; it is kept in 32 bits.
    adapter = parameters * 0.008 * config.training.lora.rank / 16 * 4
    return {"gpu_hours": 4 * parameters * tokens / assumed.gpu_flops / 3600, "megabytes": adapter / 1e6}


def _evaluation(config: Config, assumed: Assumptions) -> dict[str, Any]:
    tokens = (config.evaluation.limit or assumed.test_items) * assumed.tokens_a_row
    operations = 2 * config.student.billion_parameters * 1e9 * tokens
    return {"gpu_hours": operations / assumed.gpu_flops / 3600}
