"""Every artifact of the cells: whether it exists, what it shares, what it would cost."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

from simula.composition import Cell
from simula.config import Config
from simula.embedding.budgeted import TEMPLATE as EMBED
from simula.metrics.coverage import ASSIGN
from simula.plan.assumptions import TOKENS, Assumptions
from simula.plan.calls import (
    Asked,
    Calls,
    canary_calls,
    critic_calls,
    dataset_calls,
    embedding_calls,
    examination_calls,
    examined_items,
    quality_calls,
    rating_calls,
    taxonomy_calls,
    trial_calls,
)
from simula.plan.coverage import coverage_calls
from simula.plan.measured import Mean, Rates, candidates_stored, rates, recorded_tokens
from simula.plan.scoring import complexity_calls, pool_calls, validity_calls
from simula.stages.keys import ARTIFACTS, POOL, artifact_keys, pool_key
from simula.stages.measures.pooled import pools
from simula.stages.topic import topic_cell
from simula.store.artifacts import Store
from simula.teacher.port import Usage


@dataclass(frozen=True, slots=True)
class Cost:
    """Calls of one prompt file to one teacher, or of one embedding, with their tokens and price."""

    template: str
    teacher: Asked
    calls: float
    prompt_tokens: float
    completion_tokens: float
    usd: float
    recorded: int
    """Recorded calls that the tokens are the mean of; 0: assumed."""


@dataclass(frozen=True, slots=True)
class Step:
    """One artifact of the plan."""

    stage: str
    place: str
    exists: bool
    cells: int
    """Cells of the sweep that use it."""
    costs: tuple[Cost, ...] = ()
    """What has to be asked for it, without what is recorded or asked for an artifact before it."""
    rates: Rates | None = None
    """Of a data set: how its candidates are expected to fare."""
    system: str = ""
    gpu_hours: float = 0.0
    megabytes: float = 0.0

    @property
    def calls(self) -> float:
        """Calls of teachers, and of an embedding behind a network."""
        return sum(cost.calls for cost in self.costs)

    @property
    def prompt_tokens(self) -> float:
        """Tokens read."""
        return sum(cost.prompt_tokens for cost in self.costs)

    @property
    def completion_tokens(self) -> float:
        """Tokens written."""
        return sum(cost.completion_tokens for cost in self.costs)

    @property
    def usd(self) -> float:
        """By the price lists of teachers and embedding."""
        return sum(cost.usd for cost in self.costs)


@dataclass(frozen=True)
class Plan:
    """The artifacts of the cells, in the direction of the data; shared ones once."""

    configs: tuple[Config, ...]
    steps: tuple[Step, ...]
    assumptions: Assumptions

    @cached_property
    def missing(self) -> list[Step]:
        """What is still to do."""
        return [step for step in self.steps if not step.exists]

    @property
    def costs(self) -> list[Cost]:
        """Of what is still to do, by prompt file and model, in the order of the method."""
        sums: dict[tuple[str, str], Cost] = {}
        for cost in (cost for step in self.missing for cost in step.costs):
            name = (cost.template, cost.teacher.model)
            before = sums.get(name)
            sums[name] = cost if before is None else _plus(before, cost)
        order = [*TOKENS]
        return sorted(
            sums.values(),
            key=lambda cost: order.index(cost.template) if cost.template in order else len(order),
        )


def plan(cells: Sequence[Cell], assumptions: Assumptions | None = None) -> Plan:
    """What the cells would make; nothing is sent and nothing is written.

    A call that several artifacts need, such as the samples of two systems that differ only in their critic,
    is counted for the first of them.
    """
    users: dict[str, list[tuple[str, Config]]] = {}
    for cell in cells:
        for name, place in artifact_keys(cell.config).items():
            users.setdefault(place, []).append((name, cell.config))
    for pool in pools([cell.config for cell in cells]):
        users[f"{POOL}/{pool_key(pool)}"] = [(POOL, config) for config in pool]
    planner = _Planner(assumptions or Assumptions())
    store = Store(cells[0].config.paths.store)
    exists = {place: store.manifest(*_parts(place)) is not None for place in users}
    # What exists comes first, since its calls are recorded; then the smaller of two sizes.
    order = sorted(users, key=lambda place: (not exists[place], users[place][0][1].scalars.size))
    steps = [planner.step(place, users[place], exists=exists[place]) for place in order]
    steps.sort(key=lambda step: ARTIFACTS.index(step.stage))
    return Plan(tuple(cell.config for cell in cells), tuple(steps), planner.assumed)


@dataclass(slots=True)
class _Planner:
    """Counts every call once."""

    assumed: Assumptions
    asked: dict[tuple[str, str], float] = field(default_factory=dict)
    """How many of the calls that go by a shared name and prompt file stand already."""
    tokens: dict[Any, dict[tuple[str, str], Mean]] = field(default_factory=dict)
    """Ledger folder to what is measured there."""

    def step(self, place: str, users: Sequence[tuple[str, Config]], *, exists: bool) -> Step:
        name, config = users[0]
        step = Step(stage=name, place=place, exists=exists, cells=len(users), system=config.scalars.system)
        if name == "taxonomy":
            return self._asking(step, config, taxonomy_calls(config, self.assumed))
        if name == "topic":
            return self._asking(step, config, taxonomy_calls(topic_cell(config) or config, self.assumed))
        if name == "quality":
            return self._asking(step, config, quality_calls(config, self.assumed))
        if name == "dataset":
            return self._dataset(step, config)
        if name == "rate":
            return self._asking(step, config, rating_calls(config))
        if name == "complexity":
            return self._asking(step, config, complexity_calls(config, self.assumed))
        if name == "validity":
            return self._asking(step, config, validity_calls(config, self.assumed))
        if name == POOL:
            return self._asking(step, config, pool_calls([each for _, each in users], self.assumed))
        if name == "coverage":
            return self._asking(step, config, coverage_calls(config, self.assumed))
        if name == "assess":
            return self._asking(step, config, embedding_calls(config))
        if name == "trials":
            return self._asking(step, config, trial_calls(config, self.assumed))
        if name == "critics":
            canaries = [] if exists else canary_calls(config)
            return self._asking(step, config, [*critic_calls(config, self.assumed), *canaries])
        if name == "teacher":
            return self._asking(step, config, examination_calls(config, self.assumed))
        if name == "train":
            return _training(step, config, self.assumed)
        if name in ("evaluate", "untuned"):
            return _evaluation(step, config, self.assumed)
        return step

    def _dataset(self, step: Step, config: Config) -> Step:
        found, settings, size = rates(config, self.assumed), config.dataset, config.scalars.size
        candidates = min(size / found.accepted, math.ceil(size * settings.candidates_per_row))
        if settings.tokens is not None:
            everything = [self._cost(config, call) for call in dataset_calls(config, candidates, found)]
            needed = sum(cost.prompt_tokens + cost.completion_tokens for cost in everything)
            candidates *= min(1.0, settings.tokens / needed)
        for call in dataset_calls(config, candidates_stored(config), found):
            self._new(call)
        rows = candidates * found.accepted
        calls = dataset_calls(config, candidates, found)
        if config.critic.double and not step.exists:
            calls += canary_calls(config)
        made = self._asking(step, config, calls)
        return replace(made, rates=found, megabytes=made.megabytes + rows * self.assumed.bytes_a_row / 1e6)

    def _asking(self, step: Step, config: Config, calls: Sequence[Calls]) -> Step:
        new = [self._new(call) for call in calls]
        costs = tuple(self._cost(config, call) for call in new if call.count)
        count = sum(cost.calls for cost in costs)
        return replace(step, costs=costs, megabytes=count * self.assumed.bytes_a_call / 1e6)

    def _new(self, call: Calls) -> Calls:
        """The part of the calls that no artifact before this one asks for."""
        name = (call.shared, call.template)
        before = self.asked.get(name, 0.0)
        self.asked[name] = max(before, call.count)
        return replace(call, count=max(0.0, call.count - before))

    def _cost(self, config: Config, call: Calls) -> Cost:
        folder, model = config.paths.ledger, call.teacher.model
        if folder not in self.tokens:
            self.tokens[folder] = recorded_tokens(folder)
        mean = self.tokens[folder].get((model, call.template)) or self._assumed(call)
        usage = Usage(
            prompt=round(call.count * mean.prompt),
            cached=round(call.count * mean.cached),
            completion=round(call.count * mean.completion),
        )
        price = call.teacher.price.of(usage)
        tokens = (call.count * mean.prompt, call.count * mean.completion)
        return Cost(call.template, call.teacher, call.count, *tokens, price, mean.calls)

    def _assumed(self, call: Calls) -> Mean:
        assumed = self.assumed
        if call.template == "score_complexity":
            prompt = 250 + call.scale * assumed.tokens_a_row
            return Mean(0, prompt, 0.0, 10 + call.scale * assumed.tokens_a_score)
        if call.template == ASSIGN:
            return Mean(0, 200 + call.shown + call.scale * assumed.tokens_a_row, 0.0, 10)
        if call.template == EMBED:
            return Mean(0, call.scale * assumed.tokens_a_row, 0.0, 0.0)
        prompt, completion = assumed.tokens[call.template]
        return Mean(0, prompt, 0.0, completion)


def _plus(one: Cost, other: Cost) -> Cost:
    return replace(
        one,
        calls=one.calls + other.calls,
        prompt_tokens=one.prompt_tokens + other.prompt_tokens,
        completion_tokens=one.completion_tokens + other.completion_tokens,
        usd=one.usd + other.usd,
    )


def _parts(place: str) -> tuple[str, str]:
    stage, _, key = place.partition("/")
    return stage, key


def _training(step: Step, config: Config, assumed: Assumptions) -> Step:
    """Forward and backward: 4 operations a frozen parameter and token, 6 a trained one."""
    tokens = config.scalars.size * config.selection.kept * config.training.epochs * assumed.tokens_a_row
    parameters = config.student.parameters
    full, rank = config.training.method == "full", config.training.lora.rank
    # Where the shape is not known: of rank 16 on every projection it is 0.8 % of Gemma 3 4B.
    adapter = (
        config.student.shape.adapter_parameters(rank) if config.student.shape else parameters * rank / 2000
    )
    operations = (6 if full else 4) * parameters * tokens
    # What is kept has 32 bits.
    kept = 4 * (parameters if full else adapter)
    return replace(step, gpu_hours=operations / assumed.gpu_flops / 3600, megabytes=kept / 1e6)


def _evaluation(step: Step, config: Config, assumed: Assumptions) -> Step:
    tokens = examined_items(config, assumed.test_items) * assumed.tokens_a_row
    operations = 2 * config.student.parameters * tokens
    return replace(step, gpu_hours=operations / assumed.gpu_flops / 3600)
