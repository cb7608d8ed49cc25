"""One large data set by several jobs at once: each asks for some slots, and one then puts all together.

A shard makes no rows. It leaves the teacher's answers in the ledger, in a file of its own, and the data set's
job finds them there: so the rows are those of a single job, byte for byte. Every slot below the size is
needed whatever is refused, so that nothing is asked for in vain. Left to the data set's job are slots that
look back at earlier scenarios of their mix (the sequential mode), and those beyond the size, which make up
for refused ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import anyio

from simula.concurrency import first_error, run
from simula.config import Config
from simula.generation import History, Mechanism, SeenMixes, Slot, fill, looks_back
from simula.mix import draw_mix
from simula.prompts import Tally
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.dataset import opened_mechanism
from simula.stages.keys import rows_key, taxonomy_key
from simula.stages.taxonomy import STAGE as TAXONOMY

STAGE = "shard"


def shards_of(config: Config) -> tuple[str, ...]:
    """`stage/key` of each shard of the cell's data set; none where one job makes it.

    Recipes whose slots look at earlier rows, and data sets that end with their budget of tokens, have none.
    """
    count = config.dataset.shards
    if count == 1 or not config.draws_mixes or config.dataset.tokens is not None:
        return ()
    return tuple(f"{STAGE}/{rows_key(config)}--{shard}of{count}" for shard in range(count))


def ask_shard(bench: Bench, shard: int) -> dict[str, Any]:
    """The manifest of one shard: how many of its slots were asked for, and what that cost."""

    def make(_: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return run(_make, bench, shard)

    key = shards_of(bench.config)[shard].partition("/")[2]
    return bench.build(STAGE, key, {TAXONOMY: taxonomy_key(bench.config)}, make)


async def _make(bench: Bench, shard: int) -> Mapping[str, Any]:
    config, tally, asked = bench.config, Tally(), 0
    at_once = anyio.CapacityLimiter(config.dataset.concurrency)
    async with opened_mechanism(bench) as mechanism:
        with bench.progress.bar("shard: slots asked") as meter:
            slots = list(_slots(config, mechanism, shard))

            async def ask(slot: Slot) -> None:
                nonlocal asked
                async with at_once:
                    tally.add((await fill(slot, mechanism))[1])
                asked += 1
                meter(asked, len(slots), "", lambda: paid_now(tally))

            try:
                async with anyio.create_task_group() as group:
                    for slot in slots:
                        group.start_soon(ask, slot)
            except BaseExceptionGroup as errors:
                raise first_error(errors) from None
    return {"slots": len(slots), **cost(tally.spent, tally)}


def _slots(config: Config, mechanism: Mechanism, shard: int) -> Iterator[Slot]:
    """The shard's slots: every so many-th, but those that look back."""
    assert mechanism.taxonomies is not None
    seen, shown = SeenMixes(), looks_back(mechanism.scenarios)
    after = max(1, mechanism.scenarios.sequential_after or 0)
    for number in range(config.scalars.size):
        mix = draw_mix(mechanism.taxonomies, mechanism.taxonomy, mechanism.seed, number)
        repeats = seen.draw([(choice.factor, choice.path) for choice in mix.choices]) if shown else 0
        if number % config.dataset.shards == shard and (not shown or repeats < after):
            yield Slot(number, mix, repeats, (), _nothing)


async def _nothing(count: int) -> History:
    raise AssertionError(f"a slot of a shard asked for the {count} slots before it")
