"""The measure `complexity` over several sets, rated in one pool so that they compare (Section 3.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.config import Config
from simula.draws import entropy
from simula.errors import SimulaError
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.keys import POOL, measured_key, pool_key
from simula.stages.measures.complexity import rated
from simula.stages.measures.points import inputs, measured_set, read_set
from simula.store.artifacts import Store
from simula.store.measured_sets import BENCHMARK, REAL
from simula.teacher import Spending


def pools(configs: Sequence[Config]) -> list[list[Config]]:
    """The cells whose sets are rated together: of one domain, scored alike by the same teacher.

    Cells that measure the same set count once; where `assessment.real` is set the benchmark's items are one
    more set. Cells without `assessment.pooled` are in no pool.
    """
    found: dict[str, dict[str, Config]] = {}
    for config in configs:
        if config.assessment.pooled:
            alike = pool_key([_benchmark(config)])
            sets = found.setdefault(alike, {})
            for one in (config, *([_benchmark(config)] if config.assessment.real else [])):
                sets.setdefault(measured_key(one), one)
    return [list(sets.values()) for sets in found.values()]


def measure_pool(benches: Sequence[Bench]) -> dict[str, Any]:
    """The manifest of one pool; `benches` are those of its cells, whose sets exist."""
    # In the order of the keys, whatever the order of the sweep: the same pool has the same schedule.
    ordered = sorted(benches, key=lambda bench: measured_key(bench.config))
    first, key = ordered[0], pool_key([bench.config for bench in ordered])
    names = _names([bench.config for bench in ordered])

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        found = dict(zip(names, map(read_set, ordered), strict=True))
        sets = {name: one.points for name, one in found.items()}
        empty = sum(one.said.get("empty_texts", 0) for one in found.values())
        seed = entropy(first.config.scalars.data_seed, "pool", key)
        said = run(rated, first, POOL, sets, seed, folder, log)
        # As the sweep names them, the benchmark's items first.
        shown = sorted(_names([bench.config for bench in benches]), key=lambda name: name != REAL)
        said["sets"].sort(key=lambda one: shown.index(one["set"]))
        named = {"set": f"pool of {', '.join(shown)}", "empty_texts": empty}
        return {**_origin(first.config), **named, **said}

    made = {
        f"{stage} {number}": place
        for number, bench in enumerate(ordered)
        for stage, place in inputs(bench.config).items()
    }
    return first.build(POOL, key, made, make)


def _origin(config: Config) -> dict[str, str]:
    return {"domain": config.domain.name, "teacher": config.choices.get("teacher", "")}


def rate_pools(configs: Sequence[Config], spending: Spending) -> tuple[list[str], list[SimulaError]]:
    """Rate every pool of a sweep's cells, when they are done.

    Args:
        configs: the cells.
        spending: the command's account.

    Returns:
        The places of the pools, and why others were not rated: a set that a cell did not finish, a budget.
    """
    places, problems = [], []
    for pool in pools(configs):
        benches = [
            Bench(config, Store(config.paths.store), Progress(f"{config.domain.name} pool"), spending)
            for config in pool
        ]
        missing = [measured_set(bench.config) for bench in benches if not _there(bench)]
        try:
            if missing:
                raise SimulaError(f"the pool is not rated: the data set of {', '.join(missing)} is missing")
            places.append(f"{POOL}/{measure_pool(benches)['key']}")
        except SimulaError as problem:
            problems.append(problem)
    return places, problems


def _there(bench: Bench) -> bool:
    """Whether the data sets that are made into the pool's set are published."""
    return all(bench.store.manifest(stage, key) for stage, key in inputs(bench.config).items())


def stored_pools(store: Store) -> dict[str, dict[str, Any]]:
    """`pool/key` to the manifest of every pool that is published."""
    folders = sorted((store.root / POOL).glob("*"))
    found = {folder.name: store.manifest(POOL, folder.name) for folder in folders if not folder.suffix}
    return {f"{POOL}/{key}": manifest for key, manifest in found.items() if manifest is not None}


def _benchmark(config: Config) -> Config:
    """The same cell, measuring the benchmark's items."""
    return replace(config, assessment=config.assessment.model_copy(update={"dataset": BENCHMARK}))


def _names(configs: Sequence[Config]) -> list[str]:
    """The sets' names; those that several have get what tells them apart."""
    names = [REAL if config.assessment.dataset == BENCHMARK else measured_set(config) for config in configs]
    return [
        name if names.count(name) == 1 else f"{name} ({measured_key(config)})"
        for name, config in zip(names, configs, strict=True)
    ]
