"""The real google-genai client against Gemini's batches on loopback."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import anyio
import pytest
from batch_runs import GATHER_S, Sayings, all_of, key_for, leftovers, opened, recorded_keys, run, settings_for
from fake_gemini import KEY, FakeGemini, answer
from fake_gemini_batch import FakeBatches, good
from teacher_requests import make_request

from simula.errors import TeacherUnavailable
from simula.teacher import Recorded, Reply, Request, batch, connect
from simula.teacher.batch_lines import line
from simula.teacher.batch_records import new_batch, sweep
from simula.teacher.settings import GeminiBatchTeacher, GeminiTeacher

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


def test_independent_requests_become_one_batch(tmp_path: Path) -> None:
    said = Sayings()

    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path), tmp_path, said)
        replies = await all_of(teacher, range(40))
        await teacher.close()
        for seed, reply in enumerate(replies):
            request = json.loads(line(key_for(seed), make_request(seed), GeminiTeacher()))["request"]
            own = good("", request)["response"]["candidates"][0]["content"]["parts"][-1]["text"]
            assert reply.text == own  # the answer to this very request: results come in another order
            assert (reply.finish, reply.recorded, reply.usage.prompt) == ("stop", False, 40)

    fake = run(use)
    assert len(fake.answered) == 40
    assert (fake.counts["create"], fake.counts["upload"]) == (1, 1)
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in range(40))
    assert leftovers(tmp_path) == []
    assert [said.count_of(f": {state}") for state in ("pending", "running", "succeeded")] == [1, 1, 1]
    assert said.count_of("40 answered") == 1


def test_the_line_holds_what_the_online_call_sends() -> None:
    async def sent(settings: GeminiTeacher) -> dict[str, Any]:
        async with FakeGemini(answer(model=settings.model)) as fake:
            teacher = settings.model_copy(update={"base_url": fake.url}).connect()
            await teacher.ask(make_request(2**40 + 7))
            await teacher.close()
            return dict(fake.bodies[0])

    lite = GeminiTeacher(
        model="gemini-3.5-flash-lite", thinking_budget=None, thinking_level="LOW", fixed_sampling=True
    )
    for settings in (GeminiTeacher(), lite):
        online = anyio.run(sent, settings)
        said = json.loads(line("k", make_request(2**40 + 7), settings))
        # Files are read strictly, where names are in camel case; the online client mixes two cases.
        thinking = online["generationConfig"].pop("thinkingConfig")
        ours = said["request"]["generationConfig"].pop("thinkingConfig")
        assert ours == {_camel(name): value for name, value in thinking.items()}
        assert said == {"key": "k", "request": online}


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def test_files_hold_as_many_requests_and_bytes_as_they_may(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        size = len(line(key_for(1), make_request(1), GeminiTeacher()))
        teacher = opened(settings_for(fake, tmp_path, requests_per_file=7), tmp_path)
        await all_of(teacher, range(20))
        await teacher.close()
        assert sorted(len(batch["requests"]) for batch in fake.batches.values()) == [6, 7, 7]
        teacher = opened(settings_for(fake, tmp_path, bytes_per_file=round(3.5 * size)), tmp_path)
        await all_of(teacher, range(20, 29))
        await teacher.close()

    fake = run(use)
    assert sorted(len(batch["requests"]) for batch in fake.batches.values()) == [3, 3, 3, 6, 7, 7]
    assert set(fake.answered.values()) == {1}


def test_online_and_batch_take_turns_in_one_run(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        online = GeminiTeacher(base_url=fake.url)
        batch = settings_for(fake, tmp_path)
        assert online.identity() == batch.identity()
        half = connect(online, tmp_path)
        await all_of(half, range(10))
        await half.close()
        rest = connect(batch, tmp_path)
        replies = await all_of(rest, range(20))
        await rest.close()
        assert [reply.recorded for reply in replies] == [True] * 10 + [False] * 10
        back = connect(online, tmp_path)
        assert all(reply.recorded for reply in await all_of(back, range(20)))
        await back.close()
        assert len(fake.online) == 10

    fake = run(use)
    assert sorted(fake.answered) == sorted(["", *(key_for(seed) for seed in range(10, 20))])[1:]


def test_answers_that_nobody_awaits_any_more_are_kept(tmp_path: Path) -> None:
    said = Sayings()

    async def use(fake: FakeBatches) -> None:
        fake.states = ("RUNNING",) * 10
        first = opened(settings_for(fake, tmp_path), tmp_path)
        with anyio.move_on_after(10) as scope:
            async with anyio.create_task_group() as group:
                group.start_soon(all_of, first, range(6))
                while not fake.counts["poll"]:
                    await anyio.sleep(0.01)
                scope.cancel()
        await first.close()
        assert recorded_keys(tmp_path) == []
        later = opened(settings_for(fake, tmp_path), tmp_path, said)
        assert not (await later.ask(make_request(99))).recorded
        assert (await later.ask(make_request(3))).recorded
        await later.close()

    fake = run(use)
    assert set(fake.answered.values()) == {1}
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in [*range(6), 99])
    assert said.count_of("goes on") == 1
    assert leftovers(tmp_path) == []


def test_a_living_process_is_waited_for(tmp_path: Path) -> None:
    """Two teachers, two claims: what one has submitted the other one awaits, and nothing is sent twice."""

    async def use(fake: FakeBatches) -> None:
        fake.states = ("RUNNING",) * 20
        one, other = (opened(settings_for(fake, tmp_path), tmp_path) for _ in range(2))
        answers: list[Reply] = []

        async def ask(teacher: Recorded, seeds: Iterable[int]) -> None:
            answers.extend(await all_of(teacher, seeds))

        async with anyio.create_task_group() as group:
            group.start_soon(ask, one, range(5))
            while not fake.counts["poll"]:
                await anyio.sleep(0.01)
            group.start_soon(ask, other, range(8))
        await one.close()
        await other.close()
        assert len(answers) == 13

    fake = run(use)
    assert set(fake.answered.values()) == {1}
    assert sorted(len(batch["requests"]) for batch in fake.batches.values()) == [3, 5]
    assert sorted(set(recorded_keys(tmp_path))) == sorted(key_for(seed) for seed in range(8))


def test_processes_that_gather_the_same_requests_together_submit_each_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Neither sees a batch of the other in time: both look for one before either has written its own."""

    def slowly(*batch: Any) -> Any:
        time.sleep(4 * GATHER_S)
        return new_batch(*batch)

    monkeypatch.setattr(batch, "new_batch", slowly)

    async def use(fake: FakeBatches) -> None:
        both = [opened(settings_for(fake, tmp_path), tmp_path) for _ in range(2)]
        async with anyio.create_task_group() as group:
            for teacher in both:
                group.start_soon(all_of, teacher, range(20))
        for teacher in both:
            await teacher.close()

    fake = run(use)
    assert fake.answered == {key_for(seed): 1 for seed in range(20)}
    assert recorded_keys(tmp_path) == sorted(fake.answered)


def test_a_request_that_is_given_up_by_its_askers_is_not_sent(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        with anyio.move_on_after(GATHER_S / 3):
            await teacher.ask(make_request(1))
        await teacher.ask(make_request(2))
        await teacher.close()

    assert list(run(use).answered) == [key_for(2)]


def test_the_key_is_in_no_file(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.states = ("RUNNING",) * 50
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        with anyio.move_on_after(1):
            await all_of(teacher, range(3))
        await teacher.close()

    run(use)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {path.name for path in files} >= {"record.json", "requests.jsonl"}
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_what_a_kill_left_half_begun_is_swept_a_day_later(tmp_path: Path) -> None:
    days = {"a.new": 2, "b.old": 2, "c.claim": 2, "d": 2, "d.claim": 2, "e.new": 0, "f.claim": 0}
    for name, age in days.items():
        path = tmp_path / name
        path.touch() if name.endswith(".claim") else path.mkdir()
        os.utime(path, (time.time() - 86400 * age,) * 2)
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.glob("*")) == ["d", "d.claim", "e.new", "f.claim"]


def test_vertex_and_idle_settings_are_refused() -> None:
    with pytest.raises(ValueError, match="storage bucket"):
        GeminiBatchTeacher(vertex=True)
    with pytest.raises(ValueError, match=r"concurrency: .*dataset\.concurrency"):
        GeminiBatchTeacher(concurrency=5)


def test_a_missing_key_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")

    async def ask(request: Request) -> None:
        await GeminiBatchTeacher(folder=tmp_path).connect().ask(request)

    with pytest.raises(TeacherUnavailable, match="export GEMINI_API_KEY="):
        anyio.run(ask, make_request())
