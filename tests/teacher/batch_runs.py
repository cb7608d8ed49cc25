"""Runs of the batch teacher against Gemini's batches on loopback."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import anyio
from fake_gemini_batch import FakeBatches
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.teacher import Ledger, Recorded, Reply, Teacher
from simula.teacher.recorded import key_of
from simula.teacher.settings import GeminiBatchTeacher, GeminiTeacher, models, options

GATHER_S = 0.1


def settings_for(fake: FakeBatches, folder: Path, **changes: Any) -> GeminiBatchTeacher:
    said = {"base_url": fake.url, "folder": folder / "batches", "gather": GATHER_S, "poll": 0.02}
    return GeminiBatchTeacher(**(said | {"first_wait": 0.01, "attempts": 3} | changes))


class Sayings(list[str]):
    """What was said of the batches."""

    def count_of(self, words: str) -> int:
        return sum(words in said for said in self)


def opened(settings: GeminiBatchTeacher, folder: Path, said: list[str] | None = None) -> Recorded:
    ledger = Ledger(folder)
    return Recorded(
        settings.over(ledger, (said if said is not None else []).append),
        ledger,
        options(settings),
        models(settings),
    )


async def all_of(teacher: Teacher, seeds: Iterable[int]) -> list[Reply]:
    return await in_order([lambda seed=seed: teacher.ask(make_request(seed)) for seed in seeds])


async def answered(fake: FakeBatches, folder: Path, seeds: Iterable[int] = range(5), **changes: Any) -> int:
    """How many of the requests a teacher answers, which is closed then."""
    teacher = opened(settings_for(fake, folder, **changes), folder)
    try:
        return len(await all_of(teacher, seeds))
    finally:
        await teacher.close()


def key_for(seed: int) -> str:
    settings = GeminiTeacher()
    return key_of(make_request(seed), settings.model, options(settings))


def recorded_keys(folder: Path) -> list[str]:
    """The key of every line of a ledger, in any order."""
    lines = [line for path in folder.glob("*.jsonl") for line in path.read_text().splitlines()]
    return sorted(json.loads(line)["key"] for line in lines)


def leftovers(folder: Path) -> list[str]:
    return [path.name for path in (folder / "batches").glob("*/*")]


def run(use: Callable[[FakeBatches], Awaitable[None]], **fake: Any) -> FakeBatches:
    async def main() -> FakeBatches:
        async with FakeBatches(**fake) as server:
            await use(server)
            return server

    return anyio.run(main)
