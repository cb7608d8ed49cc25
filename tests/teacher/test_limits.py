"""Limits on calls: how many at once, how many a minute, and nothing opened before the first."""

from __future__ import annotations

import time

import anyio
import pytest
from teacher_requests import make_request

from simula.errors import TeacherUnavailable
from simula.teacher import Limited, Reply, Request, ScriptedTeacher, Teacher
from simula.teacher.traffic import Limits


class Watched(ScriptedTeacher):
    """Notes when calls begin and how many run at once."""

    def __init__(self, seconds: float) -> None:
        super().__init__(lambda request: {"answer": "5"})
        self.seconds = seconds
        self.begun: list[float] = []
        self.running = self.most = 0
        self.closed = 0

    async def ask(self, request: Request) -> Reply:
        self.begun.append(time.monotonic())
        self.running += 1
        self.most = max(self.most, self.running)
        await anyio.sleep(self.seconds)
        self.running -= 1
        return await super().ask(request)

    async def close(self) -> None:
        self.closed += 1


def ask_together(teacher: Teacher, calls: int) -> None:
    async def together() -> None:
        async with anyio.create_task_group() as group:
            for seed in range(calls):
                group.start_soon(teacher.ask, make_request(seed))

    anyio.run(together)


def test_calls_at_once() -> None:
    inner = Watched(0.02)
    ask_together(Limited("scripted", lambda: inner, Limits(3)), 12)
    assert inner.most == 3
    assert len(inner.requests) == 12


def test_calls_a_minute_are_spaced_and_waiting_costs_nothing() -> None:
    inner = Watched(0)
    start, before = time.monotonic(), time.process_time()
    ask_together(Limited("scripted", lambda: inner, Limits(10, requests_per_minute=600)), 8)
    assert [begun - start >= 0.1 * number for number, begun in enumerate(inner.begun)] == [True] * 8
    assert time.process_time() - before < 0.4


def test_a_slow_start_is_not_made_up_for_by_a_burst() -> None:
    inner = Watched(0)
    teacher = Limited("scripted", lambda: inner, Limits(10, requests_per_minute=600))

    async def run() -> float:
        await teacher.ask(make_request())
        await anyio.sleep(0.5)
        start = time.monotonic()
        async with anyio.create_task_group() as group:
            for seed in range(4):
                group.start_soon(teacher.ask, make_request(seed))
        return start

    start = anyio.run(run)
    assert inner.begun[-1] - start >= 0.3


def test_opened_once_at_the_first_call_and_again_after_closing() -> None:
    opened: list[Watched] = []

    def open_teacher() -> Teacher:
        opened.append(Watched(0))
        return opened[-1]

    teacher = Limited("scripted", open_teacher, Limits(4))

    async def close_unopened() -> None:
        await teacher.close()

    anyio.run(close_unopened)
    assert not opened
    ask_together(teacher, 6)
    assert len(opened) == 1
    anyio.run(teacher.close)
    assert opened[0].closed == 1
    ask_together(teacher, 1)
    assert len(opened) == 2


def test_a_teacher_that_cannot_be_opened_says_so_to_every_call() -> None:
    def refuse() -> Teacher:
        raise TeacherUnavailable("no key")

    teacher = Limited("scripted", refuse, Limits(1))

    async def run() -> None:
        for _ in range(2):
            with pytest.raises(TeacherUnavailable, match="no key"):
                await teacher.ask(make_request())

    anyio.run(run)
