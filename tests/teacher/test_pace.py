"""Requests and tokens a minute, on a virtual clock."""

from __future__ import annotations

import random
from itertools import pairwise

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from teacher_requests import make_request
from virtual_clock import run

from simula.teacher import Limited, Reply, Request, ScriptedTeacher, Teacher, Usage
from simula.teacher.pace import Pace, Tokens
from simula.teacher.traffic import Limits


class Wordy(ScriptedTeacher):
    """Uses 500 tokens a prompt and 100 to 700 a reply; notes when."""

    def __init__(self) -> None:
        super().__init__([])
        self.used: list[tuple[float, int]] = []
        self.draws = random.Random(3)

    async def ask(self, request: Request) -> Reply:
        begun, reply = anyio.current_time(), self.draws.randint(100, 700)
        self.used.append((begun, 500 + reply))
        await anyio.sleep(0.5)
        return Reply("{}", "m", "stop", Usage(prompt=500, completion=reply))


def minutes_of(limits: Limits, calls: int) -> tuple[Wordy, float]:
    """The teacher, asked together within limits, and the seconds it took."""
    inner = Wordy()

    async def together() -> float:
        teacher: Teacher = Limited("m", lambda: inner, limits)
        start = anyio.current_time()
        async with anyio.create_task_group() as group:
            for seed in range(calls):
                group.start_soon(teacher.ask, make_request(seed, max_tokens=2000, prompt="word " * 400))
        return anyio.current_time() - start

    return inner, run(together)


def test_tokens_a_minute_are_reserved_and_corrected() -> None:
    """After the first replies the expectation is right: the limit is used, and not passed in any 20 s."""
    limit = 60_000.0
    inner, seconds = minutes_of(Limits(64, tokens_per_minute=limit), 400)
    used = sum(tokens for _, tokens in inner.used)
    busiest = max(
        sum(tokens for when, tokens in inner.used if begin <= when < begin + 20) for begin, _ in inner.used
    )
    print(f"{used / seconds * 60 / limit:.3f} of the limit, {busiest * 3 / limit:.3f} at most in 20 s")
    assert 0.95 <= used / seconds * 60 / limit <= 1.02
    assert busiest * 3 / limit <= 1.1


def test_prompts_alone_count_where_the_provider_counts_them_alone() -> None:
    _, seconds = minutes_of(Limits(64, tokens_per_minute=60_000, tokens_counted="input"), 400)
    assert 400 * 500 / seconds * 60 == pytest.approx(60_000, rel=0.05)


def test_the_tighter_limit_decides() -> None:
    _, seconds = minutes_of(Limits(64, requests_per_minute=30, tokens_per_minute=10_000_000), 30)
    assert seconds == pytest.approx(29 * 2 + 0.5, rel=0.01)


@given(
    st.lists(st.tuples(st.floats(0, 5), st.floats(0, 2000), st.floats(0, 2000)), min_size=2, max_size=30),
    st.integers(1, 5),
)
def test_calls_are_never_closer_than_their_share_of_the_limits(
    calls: list[tuple[float, float, float]], sharers: int
) -> None:
    """Whatever the pauses between calls, and whatever was expected and used."""
    pace, now, left = Pace(120, 60_000), 100.0, []
    for pause, expected, used in calls:
        now = max(now + pause, pace.next_at)
        pace.leave(now, expected, sharers)
        pace.correct(expected, used, sharers)
        left.append((now, used))
    for (earlier, used), (later, _) in pairwise(left):
        assert later - earlier >= 0.5 * sharers - 0.0201
        assert later - earlier >= used / 1000 * sharers - 0.0201


def test_what_a_request_will_use_is_learnt() -> None:
    tokens = Tokens()
    request = make_request(prompt="x" * 4000, system="", max_tokens=800)
    assert tokens.expected(request) == 1000 + 800
    for _ in range(60):
        assert tokens.used(request, Usage(prompt=2000, completion=90, thinking=10)) == 2100
    assert tokens.expected(request) == pytest.approx(2100, rel=0.01)
    other = make_request(template="judge", prompt="x" * 4000, system="", max_tokens=50)
    assert tokens.expected(other) == pytest.approx(2050, rel=0.01)
