"""What becomes of calls that are sent again: waits, outages and the budget, on both real adapters."""

from __future__ import annotations

import json
import re
import time

import anyio
import fake_gemini
import fake_openai
import pytest
from both_adapters import EMPTY, OVERLOADED, Fault, Kind, ask, fake_of, settings_of
from teacher_requests import make_request

from simula.errors import BudgetSpent, RequestFailed, RequestLost, TeacherUnavailable
from simula.teacher import Budget, Price, Spending
from simula.teacher.budget import Budgeted

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")


def test_a_call_that_is_sent_again_is_one_of_the_budget(kind: Kind) -> None:
    busy = OVERLOADED.of(kind)

    async def run() -> None:
        async with fake_of(kind, busy, busy, busy) as fake:
            teacher = Budgeted(settings_of(kind, fake).connect(), Price(), Budget(calls=2), Spending())
            await teacher.ask(make_request(1))
            await teacher.ask(make_request(2))
            with pytest.raises(BudgetSpent, match="paid for now and recorded: 2 calls"):
                await teacher.ask(make_request(3))
            await teacher.close()
            assert len(fake.bodies) == 5

    anyio.run(run)


def test_a_wait_that_the_provider_asks_for_is_kept(kind: Kind) -> None:
    busy = Fault(
        fake_gemini.error(429, "RESOURCE_EXHAUSTED", "Slow down.", RetryInfo={"retryDelay": "0.6s"}),
        fake_openai.error(429, "Slow down", Retry_After="0.6"),
    )
    start = time.monotonic()
    _, fake = ask(kind, busy.of(kind))
    assert len(fake.bodies) == 2
    assert 0.6 <= time.monotonic() - start < 10


def test_one_call_that_is_told_of_a_spent_quota_holds_the_others_back(kind: Kind) -> None:
    minute = {"violations": [{"quotaId": "GenerateRequestsPerMinutePerProjectPerModel"}]}
    spent = Fault(
        fake_gemini.error(
            429, "RESOURCE_EXHAUSTED", "Wait.", RetryInfo={"retryDelay": "1.5s"}, QuotaFailure=minute
        ),
        fake_openai.error(429, "Wait.", "requests", "rate_limit_exceeded", Retry_After="1.5"),
    ).of(kind)

    async def run() -> list[float]:
        arrived: list[float] = []
        # The second one is the probe.
        async with fake_of(kind, spent, spent) as fake:
            good = fake.good
            fake.good = lambda body: (arrived.append(time.monotonic()), good(body))[1]
            teacher = settings_of(kind, fake, concurrency=1).connect()
            start = time.monotonic()
            async with anyio.create_task_group() as group:
                for seed in range(2, 6):
                    group.start_soon(teacher.ask, make_request(seed))
            await teacher.close()
            assert len(fake.bodies) == 6
            return [when - start for when in arrived]

    assert min(anyio.run(run)) >= 1.5


def test_a_provider_that_is_not_there_stops_the_run(kind: Kind) -> None:
    async def run() -> None:
        async with fake_of(kind) as fake:
            settings = settings_of(kind, fake, attempts=2)
        teacher = settings.connect()
        with pytest.raises(TeacherUnavailable, match=r"no answer in 2 attempts.*on from here later"):
            await teacher.ask(make_request())
        await teacher.close()

    anyio.run(run)


def test_when_nearly_everything_fails_the_run_stops_before_more_is_sent(kind: Kind) -> None:
    async def run() -> None:
        async with fake_of(kind) as fake:
            fake.good = lambda body: (500, json.dumps({"error": {"message": "broken"}}), {})
            teacher = settings_of(kind, fake, attempts=1000, concurrency=25, outage_seconds=1).connect()
            stopped: list[str] = []

            async def one(seed: int) -> None:
                with pytest.raises(TeacherUnavailable) as caught:
                    await teacher.ask(make_request(seed))
                stopped.append(str(caught.value))

            async with anyio.create_task_group() as group:
                for seed in range(100, 200):
                    group.start_soon(one, seed)
            await teacher.close()
            assert len(stopped) == 100
            assert re.search(
                r"90% of all attempts or more failed for \d+ s, at last: 500: broken", stopped[0]
            )
            # 25 in flight, at most 19 more until 20 have failed, and probes at 0.01, 0.02, 0.04 … s.
            assert len(fake.bodies) < 60

    anyio.run(run)


def test_one_bad_call_among_good_ones_fails_alone(kind: Kind) -> None:
    """A call whose every attempt fails, while others are answered, is that call's misfortune."""

    async def run() -> None:
        async with fake_of(kind) as fake:
            good = fake.good
            fake.good = lambda body: "drop" if "unlucky" in json.dumps(body) else good(body)
            teacher = settings_of(kind, fake, attempts=3, first_wait=0.3).connect()

            async def unlucky() -> None:
                with pytest.raises(RequestLost, match="no answer in 3 attempts"):
                    await teacher.ask(make_request(prompt="unlucky"))

            async with anyio.create_task_group() as group:
                group.start_soon(unlucky)
                while not fake.bodies:
                    await anyio.sleep(0.005)
                await teacher.ask(make_request(2))
            await teacher.close()

    anyio.run(run)


def test_a_call_whose_every_answer_is_empty_is_not_lost(kind: Kind) -> None:
    """The teacher has spoken, if only with nothing: asking it another day would not help."""
    empty = EMPTY.of(kind)
    with pytest.raises(RequestFailed, match="no answer in 2 attempts, at last: an empty answer") as caught:
        ask(kind, empty, empty, attempts=2)
    assert not isinstance(caught.value, RequestLost)
