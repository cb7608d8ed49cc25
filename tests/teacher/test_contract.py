"""One contract for every adapter, on real engines and real clients over loopback."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import anyio
import jsonschema
import pytest
from fake_gemini import KEY, FakeGemini
from fake_gemini_batch import FakeBatches
from teacher_requests import make_request

from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, Teacher, Usage, connect
from simula.teacher.settings import (
    EmbeddedTeacher,
    GeminiBatchTeacher,
    GeminiTeacher,
    ReplayTeacher,
    ServerTeacher,
    TeacherSettings,
    options,
)

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

KINDS = ("embedded", "server", "gemini", "gemini_batch", "replay", "scripted")


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    return str(request.param)


@asynccontextmanager
async def opened(
    kind: str, folder: Path, converted: Path, llama_server: ServerTeacher
) -> AsyncIterator[tuple[Teacher, TeacherSettings | None]]:
    """A teacher of a kind, and its settings."""
    if kind == "scripted":
        yield ScriptedTeacher(script), None
        return
    if kind == "replay":
        of = ServerTeacher(model="scripted")
        await record(folder, of)
        settings: TeacherSettings = ReplayTeacher(of=of, ledger=folder)
        yield settings.connect(), settings
    if kind == "embedded":
        settings = EmbeddedTeacher(
            folder=converted.parent,
            file=converted.name,
            weights="shipped",
            context=512,
            concurrency=2,
            engines=1,
            words_per_text=12,
        )
        yield settings.connect(), settings
    if kind == "server":
        yield llama_server.connect(), llama_server
    if kind == "gemini":
        async with FakeGemini() as fake:
            settings = GeminiTeacher(base_url=fake.url)
            yield settings.connect(), settings
    if kind == "gemini_batch":
        async with FakeBatches() as batches:
            settings = GeminiBatchTeacher(base_url=batches.url, folder=folder, gather=0.05, poll=0.02)
            yield settings.connect(), settings


def script(request: Request) -> Reply | dict[str, str]:
    if request.max_tokens == 4:
        return Reply('{"que', "scripted", "length", Usage(prompt=9, completion=4))
    return {"question": "2 + 3?", "answer": "5"}


async def record(folder: Path, of: ServerTeacher) -> None:
    recorded = Recorded(ScriptedTeacher(script), Ledger(folder), options(of))
    for request in (make_request(1), make_request(2), make_request(3), make_request(1, max_tokens=4)):
        await recorded.ask(request)
    await recorded.close()


def test_contract(kind: str, tmp_path: Path, converted: Path, llama_server: ServerTeacher) -> None:
    async def check() -> None:
        async with opened(kind, tmp_path, converted, llama_server) as (teacher, settings):
            assert settings is None or teacher.model == settings.model
            await check_answer(teacher)
            await check_cut_off(teacher)
            await check_together(teacher)
            await teacher.close()
            await check_answer(teacher)  # closed connections open again
            await teacher.close()
            await teacher.close()

    anyio.run(check)


async def check_answer(teacher: Teacher) -> None:
    request = make_request()
    reply = await teacher.ask(request)
    jsonschema.validate(json.loads(reply.text), request.schema)
    assert reply.finish == "stop"
    assert reply.usage.prompt > 5
    assert reply.usage.completion > 5
    assert reply.usage.cached <= reply.usage.prompt
    assert reply.model == teacher.model


async def check_cut_off(teacher: Teacher) -> None:
    reply = await teacher.ask(make_request(max_tokens=4))
    assert reply.finish == "length"
    with pytest.raises(json.JSONDecodeError):
        json.loads(reply.text)


async def check_together(teacher: Teacher) -> None:
    replies: list[Reply] = []

    async def ask(seed: int) -> None:
        replies.append(await teacher.ask(make_request(seed)))

    async with anyio.create_task_group() as group:
        for seed in (1, 2, 3):
            group.start_soon(ask, seed)
    assert [reply.finish for reply in replies] == ["stop"] * 3


# The fake Gemini lives in the first loop, and google-genai keeps its connections by loop anyway.
@pytest.mark.parametrize("kind", [kind for kind in KINDS if not kind.startswith("gemini")])
def test_a_second_event_loop_may_ask(
    kind: str, tmp_path: Path, converted: Path, llama_server: ServerTeacher
) -> None:
    """A teacher that was closed in one loop answers in another, as stages run one after the other."""

    async def once(teacher: Teacher) -> None:
        await check_answer(teacher)
        await teacher.close()

    kept: list[Teacher] = []

    async def first() -> None:
        async with opened(kind, tmp_path, converted, llama_server) as (teacher, _):
            kept.append(teacher)
            await once(teacher)

    anyio.run(first)
    anyio.run(once, kept[0])


def test_recording_over_any_teacher(
    kind: str, tmp_path: Path, converted: Path, llama_server: ServerTeacher
) -> None:
    async def check() -> None:
        async with opened(kind, tmp_path / "made", converted, llama_server) as (teacher, _):
            await through_a_ledger(teacher, tmp_path / "ledger")

    anyio.run(check)


async def through_a_ledger(teacher: Teacher, folder: Path) -> None:
    first = Recorded(teacher, Ledger(folder))
    fresh = await first.ask(make_request())
    await first.close()
    if fresh.recorded:
        # A replay's answers stand in a ledger already: they are not recorded twice.
        assert len(Ledger(folder)) == 0
        return
    again = Recorded(ScriptedTeacher([], model=teacher.model), Ledger(folder))
    repeated = await again.ask(make_request())
    await again.close()
    assert repeated.recorded
    assert (repeated.text, repeated.model, repeated.finish, repeated.usage) == (
        fresh.text,
        fresh.model,
        fresh.finish,
        fresh.usage,
    )


def test_connect_records_all_but_a_replay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    written, empty = tmp_path / "written", tmp_path / "empty"

    async def check(use: Callable[[Teacher], Awaitable[Reply]]) -> None:
        async with FakeGemini() as fake:
            settings = GeminiTeacher(base_url=fake.url)
            fresh = await use(connect(settings, written))
            again = await use(connect(settings, written))
            replayed = await use(connect(ReplayTeacher(of=settings, ledger=written), empty))
            other = await use(connect(settings.model_copy(update={"thinking_budget": 128}), written))
            assert [reply.recorded for reply in (fresh, again, replayed, other)] == [False, True, True, False]
            assert len(fake.bodies) == 2
        assert not empty.exists()

    async def use(teacher: Teacher) -> Reply:
        reply = await teacher.ask(make_request())
        await teacher.close()
        return reply

    anyio.run(check, use)
