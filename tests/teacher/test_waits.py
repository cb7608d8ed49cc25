"""Long waits are told, each state once; short ones are nobody's concern."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from batch_runs import Sayings, settings_for
from batch_runs import run as run_batches
from fake_gemini import KEY
from fake_gemini_batch import FakeBatches
from fake_openai import FakeServer, error
from teacher_requests import make_request
from virtual_clock import run

from simula.concurrency import in_order
from simula.errors import TeacherUnavailable
from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, connect, intents, waits
from simula.teacher.faults import PassingFault
from simula.teacher.settings import ServerTeacher
from simula.teacher.traffic import Limits, Traffic

Open = Callable[[Path], Ledger]


def told(
    fault: Callable[[], PassingFault | None], calls: int, limits: Limits, every: float = 0.0
) -> list[str]:
    """What is told while so many calls are sent, one every so many seconds, on a virtual clock."""
    said: list[str] = []

    async def main() -> None:
        traffic = Traffic("m", limits)
        traffic.waits.say = said.append

        async def call() -> None:
            await anyio.sleep(0.1)
            if (raised := fault()) is not None:
                raise raised

        async with anyio.create_task_group() as group:
            for _ in range(calls):
                group.start_soon(traffic.send, call)
                await anyio.sleep(every)

    run(main)
    return said


def until(end: float, **fault: Any) -> Callable[[], PassingFault | None]:
    """Refuses until then, and asks to come back then."""

    def refuses() -> PassingFault | None:
        left = end - anyio.current_time()
        return PassingFault("429: Slow down.", left, busy=True, **fault) if left > 0 else None

    return refuses


@pytest.mark.parametrize("quota", [False, True])
@pytest.mark.parametrize("every", [0.0, 1.0])
def test_a_wait_that_the_provider_asks_for_is_told_once_for_all_calls(quota: bool, every: float) -> None:
    said = told(until(320.1, quota=quota), 60, Limits(60, attempts=20, outage_seconds=1000), every)
    assert said[0] == "m: waiting 320 s as the provider asks (429: Slow down.)"
    assert sum("waiting" in line for line in said) == 1


def test_short_waits_are_not_told() -> None:
    assert told(until(9.0), 60, Limits(60, attempts=20)) == []


def test_a_second_long_wait_is_told_too() -> None:
    def refuses() -> PassingFault | None:
        now = anyio.current_time()
        left = next((end - now for end in (60.1, 160.0) if now < end), 0.0)
        return PassingFault("503", left) if left else None

    said = told(refuses, 5, Limits(5, attempts=20))
    assert len(said) == 2
    assert said[0] == "m: waiting 60 s as the provider asks (503)"
    assert re.fullmatch(r"m: waiting 9\d s as the provider asks \(503\)", said[1])


def test_waits_of_our_own_are_told_where_they_grow_long() -> None:
    """One call at a time: 1, 2, 4, 8, 16, 32, 60 s."""
    left = [PassingFault("503: Overloaded.") for _ in range(7)]
    said = told(lambda: left.pop() if left else None, 1, Limits(1, attempts=8))
    assert said == [
        f"m: waiting {seconds} s before a call is sent again (503: Overloaded.)" for seconds in (16, 32, 60)
    ]


def test_an_outage_that_lasts_is_told_once_and_so_is_its_end() -> None:
    def refuses() -> PassingFault | None:
        return PassingFault("500: Broken.") if anyio.current_time() < 100 else None

    said = told(refuses, 200, Limits(50, attempts=50, first_wait=0.5, outage_seconds=300))
    outage = [line for line in said if "nearly every call has failed" in line]
    assert len(outage) == 1
    assert "at last: 500: Broken.; single ones are sent until one is answered, for 300 s in all" in outage[0]
    assert said.count("m: calls are answered again") == 1


def test_a_teachers_waits_are_told_to_whoever_connects_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waits, "LONG_S", 0.1)
    said: list[str] = []

    async def main() -> None:
        async with FakeServer(error(429, "Slow down", Retry_After="0.3")) as fake:
            teacher = connect(
                ServerTeacher(model="qwen", base_url=f"{fake.url}/v1"), tmp_path, say=said.append
            )
            await teacher.ask(make_request())
            await teacher.close()

    anyio.run(main)
    assert said == ["qwen: waiting 0 s as the provider asks (429: Slow down)"]


def test_waiting_for_another_processs_answers_is_told_once(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intents, "LONG_S", 0.3)
    said: list[str] = []
    asking, waiting = open_ledger(tmp_path), open_ledger(tmp_path)
    waiting.intents.say = said.append

    class Slow(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            await anyio.sleep(1.5)
            return await super().ask(request)

    slow = Recorded(Slow(lambda request: {"answer": "5"}), asking)
    late = Recorded(ScriptedTeacher([]), waiting)

    async def main() -> None:
        async with anyio.create_task_group() as group:
            for seed in range(3):
                group.start_soon(slow.ask, make_request(seed))
            await anyio.sleep(0.2)
            found = await in_order([partial(late.ask, make_request(seed)) for seed in range(3)])
            assert all(reply.recorded for reply in found)

    anyio.run(main)
    assert said == ["waiting for 3 answers that another process is asking for"]


@pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")
def test_waiting_for_another_processs_batch_is_told_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a process with a ledger of its own, which sees the batches alone."""
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    said = Sayings()

    async def use(fake: FakeBatches) -> None:
        fake.states = ("RUNNING",) * 20
        ledger = Ledger(tmp_path)
        one = settings_for(fake, tmp_path).over(ledger)
        other = settings_for(fake, tmp_path).over(ledger, said.append)
        async with anyio.create_task_group() as group:
            group.start_soon(in_order, [partial(one.ask, make_request(seed)) for seed in range(5)])
            while not fake.counts["poll"]:
                await anyio.sleep(0.01)
            with anyio.move_on_after(0.5):
                await in_order([partial(other.ask, make_request(seed)) for seed in range(3)])
            group.cancel_scope.cancel()
        await one.close()
        await other.close()
        ledger.close()

    run_batches(use)
    assert said.count_of("waiting for") == 1
    assert said.count_of("that another process has submitted in batch") == 1


@pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")
def test_waits_of_the_calls_around_a_batch_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setattr(waits, "LONG_S", 0.05)
    said = Sayings()

    async def use(fake: FakeBatches) -> None:
        ledger = Ledger(tmp_path)
        settings = settings_for(fake, tmp_path, attempts=2, first_wait=0.1)
        await fake.__aexit__()
        teacher = settings.over(ledger, said.append)
        with pytest.raises(TeacherUnavailable):
            await teacher.ask(make_request())
        await teacher.close()
        ledger.close()

    run_batches(use)
    assert said.count_of("the batches of gemini-2.5-flash: waiting 0 s before a call is sent again") == 1
