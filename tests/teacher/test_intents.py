"""Of several processes that want one answer, one asks; the others wait, and go on without those that die."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import pytest
from aiohttp import web
from fake_openai import answer
from loopback import address, served
from teacher_requests import make_request

from simula.errors import RequestFailed, StoreError
from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, intent_files

PROGRAM = Path(__file__).with_name("asking_process.py")
REQUESTS = 120

Open = Callable[[Path], Ledger]


class Provider:
    """Counts the requests of each seed; each answer takes `delay` seconds and waits for `open`."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.open = anyio.Event()
        self.open.set()
        self.asked: Counter[int] = Counter()

    async def answer(self, request: web.Request) -> web.Response:
        self.asked[(await request.json())["seed"]] += 1
        await anyio.sleep(self.delay)
        await self.open.wait()
        return web.json_response(answer())


@asynccontextmanager
async def provider(delay: float = 0.05) -> AsyncIterator[tuple[Provider, str]]:
    one = Provider(delay)
    application = web.Application()
    application.router.add_post("/v1/chat/completions", one.answer)
    runner = await served(application)
    try:
        yield one, address(runner)
    finally:
        one.open.set()
        await runner.cleanup()


def start(url: str, ledger: Path, count: int = 1) -> list[subprocess.Popen[str]]:
    """Processes that begin to ask at the same moment, 16 requests at a time."""
    command = [sys.executable, str(PROGRAM), url, str(ledger), str(REQUESTS), "16"]
    running = [
        subprocess.Popen(command, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in range(count)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return running


async def sent(process: subprocess.Popen[str]) -> int:
    said, _ = await anyio.to_thread.run_sync(lambda: process.communicate(timeout=60))
    assert process.returncode == 0
    return int(said)


async def until(happened: Callable[[], bool]) -> None:
    with anyio.fail_after(30):
        while not happened():
            await anyio.sleep(0.005)


@pytest.mark.parametrize("count", [2, 3])
def test_processes_that_start_together_send_each_request_once(tmp_path: Path, count: int) -> None:
    async def main() -> None:
        async with provider() as (one, url):
            running = start(url, tmp_path, count)
            assert sum([await sent(process) for process in running]) == REQUESTS
            assert one.asked == Counter(range(REQUESTS))

    anyio.run(main)
    assert list((tmp_path / "asking").iterdir()) == []


@pytest.mark.parametrize("answered", [0, 40])
def test_who_comes_later_waits_for_what_an_other_that_was_alone_has_in_flight(
    tmp_path: Path, answered: int
) -> None:
    """Whether that one has recorded answers before or not."""

    async def main() -> None:
        async with provider() as (one, url):
            if not answered:
                one.open = anyio.Event()
            running = start(url, tmp_path)
            await until(lambda: one.asked.total() >= max(answered, 16))
            if answered:
                one.open = anyio.Event()
            await anyio.sleep(0.3)
            asked = one.asked.total()
            # Alone it tells nobody what it asks: there is nobody.
            (own,) = (tmp_path / "asking").iterdir()
            assert "+" not in own.read_text()
            running += start(url, tmp_path, 2)
            await until(lambda: len(list((tmp_path / "asking").iterdir())) == 3)
            await until(lambda: own.read_text().count("@") == 2)
            await anyio.sleep(0.5)
            assert one.asked.total() == asked
            one.open.set()
            assert sum([await sent(process) for process in running]) == REQUESTS
            assert one.asked == Counter(range(REQUESTS))

    anyio.run(main)


def test_the_others_go_on_when_the_one_they_wait_for_is_killed(tmp_path: Path) -> None:
    """Only what it had in flight is sent again."""

    async def main() -> None:
        async with provider() as (one, url):
            one.open = anyio.Event()
            (killed,) = start(url, tmp_path)
            await until(lambda: one.asked.total() == 16)
            before = set(one.asked)
            others = start(url, tmp_path, 2)
            await until(lambda: len(list((tmp_path / "asking").iterdir())) == 3)
            await anyio.sleep(1.5)
            assert one.asked.total() == 16, "all others wait: each asks for the same first 16"
            killed.kill()
            killed.communicate()
            one.open.set()
            assert sum([await sent(process) for process in others]) == REQUESTS
            assert {seed for seed, times in one.asked.items() if times > 1} <= before
            assert set(one.asked.values()) <= {1, 2}

    anyio.run(main)
    assert list((tmp_path / "asking").iterdir()) == []


def test_never_two_at_once(tmp_path: Path, open_ledger: Open) -> None:
    """Four that come and go, with work of any length: each key one at a time, and everybody has its turn."""
    draw = random.Random(5)
    at_work: set[str] = set()
    turns: Counter[int] = Counter()

    async def one(number: int) -> None:
        await anyio.sleep(draw.uniform(0, 0.5))
        ledger = open_ledger(tmp_path)
        async with anyio.create_task_group() as group:
            for key in range(6):
                group.start_soon(work, ledger, f"{key:012x}", number)
        ledger.intents.leave()

    async def work(ledger: Ledger, key: str, number: int) -> None:
        for _ in range(4):
            assert await ledger.intents.take(key, lambda: None) is None
            assert key not in at_work
            at_work.add(key)
            turns[number] += 1
            await anyio.sleep(draw.uniform(0, 0.05))
            at_work.remove(key)
            ledger.intents.close(key)

    async def main() -> None:
        with anyio.fail_after(60):
            async with anyio.create_task_group() as group:
                for number in range(4):
                    group.start_soon(one, number)

    anyio.run(main)
    assert turns == dict.fromkeys(range(4), 24)


def test_what_one_could_not_get_an_answer_to_an_other_asks(tmp_path: Path, open_ledger: Open) -> None:
    class Slow(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            await anyio.sleep(0.5)
            return await super().ask(request)

    failing = Recorded(Slow([RequestFailed("blocked")]), open_ledger(tmp_path))
    working = Recorded(ScriptedTeacher([{"answer": "5"}]), open_ledger(tmp_path))

    async def fails() -> None:
        with pytest.raises(RequestFailed):
            await failing.ask(make_request())

    async def main() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(fails)
            await anyio.sleep(0.2)
            with anyio.fail_after(20):
                assert not (await working.ask(make_request())).recorded

    anyio.run(main)


@pytest.mark.parametrize("torn", ["", "+ab", "\0\0\0"])
def test_a_process_of_another_node_is_gone_when_its_file_does_not_grow(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch, torn: str
) -> None:
    monkeypatch.setattr(intent_files, "EXPIRY_S", 0.5)
    recorded = Recorded(ScriptedTeacher([{"answer": "5"}]), open_ledger(tmp_path))
    (tmp_path / "asking").mkdir()
    file = tmp_path / "asking" / "elsewhere-1-aa"
    file.write_text(f"#1 elsewhere\n+{make_request().key('scripted')}\n{torn}")
    began = time.monotonic()

    async def main() -> None:
        with anyio.fail_after(20):
            assert not (await recorded.ask(make_request())).recorded

    anyio.run(main)
    assert time.monotonic() - began >= 0.5
    assert not file.exists()


def test_a_dead_process_of_this_host_is_not_waited_for(tmp_path: Path, open_ledger: Open) -> None:
    recorded = Recorded(ScriptedTeacher([{"answer": "5"}]), open_ledger(tmp_path))
    with subprocess.Popen([sys.executable, "-c", ""]) as process:
        process.wait()
    (tmp_path / "asking").mkdir()
    file = tmp_path / "asking" / "here-1-aa"
    file.write_text(f"#{process.pid} {intent_files.this_host()}\n+{make_request().key('scripted')}\n")
    began = time.monotonic()
    assert not anyio.run(recorded.ask, make_request()).recorded
    assert time.monotonic() - began < intent_files.EXPIRY_S / 2
    assert not file.exists()


def test_who_was_taken_for_gone_comes_back_under_another_name(tmp_path: Path, open_ledger: Open) -> None:
    ledger = open_ledger(tmp_path)

    async def main() -> None:
        assert await ledger.intents.take("aa", lambda: None) is None
        (first,) = (tmp_path / "asking").iterdir()
        (tmp_path / "asking" / "elsewhere-1-aa").write_text("#1 elsewhere\n")
        first.unlink()

        def told() -> bool:
            own = [path for path in (tmp_path / "asking").iterdir() if "elsewhere" not in path.name]
            return any(path != first and "+aa\n" in path.read_text() for path in own)

        await until(told)
        ledger.intents.close("aa")

    anyio.run(main)


def test_what_is_recorded_writes_nothing_and_who_is_alone_no_key(tmp_path: Path, open_ledger: Open) -> None:
    ledger = open_ledger(tmp_path)
    written: list[str] = []

    class Spy(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            await anyio.sleep(0.3)
            written.extend(path.read_text() for path in (tmp_path / "asking").iterdir())
            return await super().ask(request)

    anyio.run(Recorded(Spy([{"answer": "5"}]), ledger).ask, make_request())
    (said,) = written
    assert said.startswith(f"#{os.getpid()} ")
    assert set(said.splitlines()[1:]) <= {"."}
    assert list((tmp_path / "asking").iterdir()) == []
    (tmp_path / "asking").rmdir()
    assert anyio.run(Recorded(ScriptedTeacher([]), open_ledger(tmp_path)).ask, make_request()).recorded
    assert not (tmp_path / "asking").exists()


def test_a_folder_that_cannot_be_used_is_one_sentence_before_anything_is_sent(
    tmp_path: Path, open_ledger: Open
) -> None:
    (tmp_path / "asking").write_text("")
    with pytest.raises(StoreError, match=r"asking, where processes that share a ledger.*cannot be used"):
        anyio.run(Recorded(ScriptedTeacher([]), open_ledger(tmp_path)).ask, make_request())


def test_a_look_that_fails_in_any_way_ends_the_waiting(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    def exchange(*_: Any, **__: Any) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(intent_files.IntentFiles, "exchange", exchange)
    recorded = Recorded(ScriptedTeacher([]), open_ledger(tmp_path))

    async def main() -> None:
        with anyio.fail_after(20), pytest.raises(RuntimeError, match="new thread"):
            await recorded.ask(make_request())

    anyio.run(main)


def test_who_is_cancelled_while_waiting_takes_its_word_back(tmp_path: Path, open_ledger: Open) -> None:
    first, second = open_ledger(tmp_path), open_ledger(tmp_path)

    async def main() -> None:
        assert await first.intents.take("aa", lambda: None) is None
        with anyio.move_on_after(1.5):
            await second.intents.take("aa", lambda: None)
        first.intents.close("aa")
        with anyio.fail_after(10):
            assert await first.intents.take("aa", lambda: None) is None

    anyio.run(main)
