"""Stage 2: mechanism and taxonomies to a data set of exactly N rows."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

from simula.concurrency import rare_collections, run
from simula.config import Config
from simula.dataset import Filling
from simula.domain import MultipleChoice
from simula.durable import write_json
from simula.errors import ShortOfTarget
from simula.generation import Candidate, Mechanism
from simula.metrics.shift import shifts
from simula.mix import planned
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.canaries import judge_canaries_anew
from simula.stages.counting import Counts
from simula.stages.keys import dataset_key, rows_key, taxonomy_key
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import read_taxonomies
from simula.store.benchmarks.item import checksum
from simula.store.datasets import SHORT, sizes_of
from simula.store.rows import COUNTS, REFUSED, ROWS, RowWriter, read_rows
from simula.store.settled import Settled, SettledCandidates, settled_path
from simula.store.spool import Spool

STAGE = "dataset"
LOG_S = 2.0
"""Seconds between two points of a tracked curve: a tracker takes half a millisecond for each."""


def build_dataset(bench: Bench) -> dict[str, Any]:
    """The manifest of the cell's data set.

    Raises:
        ShortOfTarget: the candidate limit came first; the rows so far are kept beside the store's
            artifacts and the sentence says where.
    """
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, bench, folder, log)

    inputs = {TAXONOMY: taxonomy_key(config)} if config.draws_mixes else {}
    manifest = bench.build(STAGE, rows_key(config), inputs, make)
    # The rows of an earlier run that stopped short are among the published ones.
    shutil.rmtree(bench.store.root / SHORT / rows_key(config), ignore_errors=True)
    return manifest


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config = bench.config
    size = config.scalars.size
    items = config.benchmark.load(config.paths.benchmarks)
    test = [(item.id, item.example.text) for item in items]
    counts, logged, canaries = Counts(), 0.0, dict[str, Any]()
    async with opened_mechanism(bench) as mechanism:
        with (
            RowWriter(folder / ROWS) as rows,
            RowWriter(folder / REFUSED) as refused,
            Spool(folder) as texts,
            Settled(settled_path(config.paths.cache, rows_key(config))) as settled,
            bench.progress.bar("dataset: rows accepted") as meter,
        ):

            def keep(candidate: Candidate) -> None:
                (rows if candidate.status == "accepted" else refused).add(candidate)
                settled.add(candidate)
                counts.add(candidate)

            def on_change(filling: Filling) -> None:
                nonlocal logged
                note = f"{filling.refused:,} refused, {filling.in_flight} in flight"
                meter(filling.accepted, size, note, lambda: paid_now(filling.tally))
                if time.monotonic() > logged + LOG_S or filling.ended:
                    logged = time.monotonic()
                    calls = filling.tally.calls
                    log({"accepted": filling.accepted, "refused": filling.refused, "calls": calls})

            spent = _taxonomy_tokens(bench)
            filling = Filling(mechanism, config.dataset, size, test, spent, on_change, keep, texts)
            if (stored := settled if settled.count else _of_another_size(bench)) is not None:
                filling.resume(stored)
                bench.progress.line(f"dataset: begins behind {stored.count:,} candidates that stand")
            if config.critic.double and (stored is None or stored.accepted < size):
                canaries = await judge_canaries_anew(bench, items, log)
            meter(filling.accepted, size)
            with rare_collections():
                await filling.run()
            short = not filling.accepted or (filling.accepted < size and not filling.exhausted)
            if short:
                settled.remove()  # what was lost to faults is tried again
    said = {
        **_said(config, filling, counts),
        "test_items_compared_with": len(items),
        "test_items_checksum": checksum(items) if items else None,
        **_shift(config, filling, counts),
        **canaries,
    }
    if short:
        raise ShortOfTarget(_short(bench, folder, filling, said))
    return said


@asynccontextmanager
async def opened_mechanism(bench: Bench) -> AsyncIterator[Mechanism]:
    """The cell's mechanism, with a connection to each of its teachers."""
    config = bench.config
    taxonomies = read_taxonomies(bench) if config.draws_mixes else None
    async with AsyncExitStack() as stack:
        writer = await stack.enter_async_context(bench.asker(config.teacher))
        judge = await stack.enter_async_context(bench.asker(config.judge)) if config.judge else writer
        double_judge = judge
        if config.double_judge:
            double_judge = await stack.enter_async_context(bench.asker(config.double_judge))
        yield Mechanism(
            domain=config.domain,
            taxonomies=taxonomies,
            taxonomy=config.taxonomy,
            scenarios=config.scenarios,
            complexity=config.complexity,
            critic=config.critic,
            seed=config.scalars.data_seed,
            writer=writer,
            judge=judge,
            double_judge=double_judge,
            recipe=config.recipe,
        )


def _taxonomy_tokens(bench: Bench) -> int:
    """What the taxonomies cost, which a token budget has to pay for too."""
    if not bench.config.draws_mixes:
        return 0
    manifest = bench.store.manifest(TAXONOMY, taxonomy_key(bench.config)) or {}
    return int(manifest.get("prompt_tokens", 0)) + int(manifest.get("completion_tokens", 0))


def _of_another_size(bench: Bench) -> SettledCandidates | None:
    """The candidates of this data set at another size: of a larger one, else of the largest."""
    key = dataset_key(bench.config)
    sizes = {int(one.said()["rows"]): one.size for one in sizes_of(bench.store.root, key)}
    if not sizes:
        return None
    enough = [size for size in sizes if size >= bench.config.scalars.size]
    size = sizes[min(enough) if enough else max(sizes)]
    found = SettledCandidates(settled_path(bench.config.paths.cache, f"{key}/{size}"))
    return found if found.count else None


def _said(config: Config, filling: Filling, counts: Counts) -> dict[str, Any]:
    said = {
        "rows": counts.rows,
        "target": config.scalars.size,
        "ended_by": "tokens" if filling.exhausted else "size",
        **cost(counts.spent.spent, filling.tally),
        **counts.said(),
    }
    if filling.exhausted:
        said["dropped"] = {"candidates": filling.dropped, "tokens": filling.dropped_tokens}
    if isinstance(config.domain.task, MultipleChoice):
        said["right_letters"] = dict(sorted(counts.answers.items()))
    return said


def _shift(config: Config, filling: Filling, counts: Counts) -> dict[str, Any]:
    """How far refusals moved the distribution over nodes away from the planned one, by factor."""
    taxonomies = filling.mechanism.taxonomies
    if taxonomies is None:
        return {}
    found = shifts(planned(taxonomies, config.taxonomy), counts.drawn, counts.kept)
    return {"shift": [factor.to_json() for factor in found]}


def _short(bench: Bench, folder: Path, filling: Filling, said: Mapping[str, Any]) -> str:
    """Keep what there is outside of the work folder, and say where."""
    kept = bench.store.root / SHORT / rows_key(bench.config)
    kept.mkdir(parents=True, exist_ok=True)
    for name in (ROWS, REFUSED):
        shutil.copyfile(folder / name, kept / name)
    write_json(kept / COUNTS, said)
    refused = ", ".join(f"{count} {why}" for why, count in said["refused"].items()) or "none refused"
    if filling.exhausted:
        return (
            f"dataset.tokens={bench.config.dataset.tokens} pays for no row of {rows_key(bench.config)}: the "
            f"taxonomies cost {_taxonomy_tokens(bench):,} tokens, candidates that were tried: {filling.kept} "
            f"({refused}); raise dataset.tokens"
        )
    return (
        f"{filling.accepted} of {filling.size} rows after {filling.limit} candidates ({refused}); "
        f"they are kept in {kept}; raise dataset.candidates_per_row, lower size, or choose another critic"
    )


def read_dataset(bench: Bench) -> list[Candidate]:
    """The published rows, in slot order."""
    return read_rows(bench.store.folder(STAGE, rows_key(bench.config)) / ROWS)
