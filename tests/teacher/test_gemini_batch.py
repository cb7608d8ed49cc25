"""The real google-genai client against Gemini's batches on loopback."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

import anyio
import pytest
from fake_gemini import KEY, FakeGemini, answer
from fake_gemini_batch import FakeBatches, Item, good, refusal
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.errors import RequestFailed, TeacherUnavailable
from simula.teacher import Ledger, Recorded, Reply, Request, Teacher, connect
from simula.teacher.batch_lines import line
from simula.teacher.batch_records import sweep
from simula.teacher.recorded import key_of
from simula.teacher.settings import GeminiBatchTeacher, GeminiTeacher, options

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

GATHER_S = 0.1


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


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
        settings.over(ledger, (said if said is not None else []).append), ledger, options(settings)
    )


async def all_of(teacher: Teacher, seeds: Iterable[int]) -> list[Reply]:
    return await in_order([lambda seed=seed: teacher.ask(make_request(seed)) for seed in seeds])


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


def failing(faults: dict[int, list[dict[str, Any]]]) -> Item:
    """An item that fails in these ways first, by seed, and then is answered."""
    left = {key_for(seed): list(said) for seed, said in faults.items()}

    def item(key: str, request: Any) -> dict[str, Any]:
        return left[key].pop(0) if left.get(key) else good(key, request)

    return item


INTERNAL = {"error": {"code": 13, "message": "An internal error has occurred."}}
BUSY = {"error": {"code": 14, "message": "The model is overloaded.", "status": "UNAVAILABLE"}}
TOO_LONG = {"error": {"code": 3, "message": "The input token count exceeds the maximum."}}
EMPTY = {"response": {"candidates": [], "modelVersion": "gemini-2.5-flash"}}
NOTHING: dict[str, Any] = {}
WRONG_TYPE = {"response": {**answer(), "usageMetadata": {"promptTokenCount": "many"}}}


def test_what_failed_is_submitted_again_alone(tmp_path: Path) -> None:
    faults = {3: [INTERNAL], 5: [BUSY, EMPTY], 7: [NOTHING], 8: [WRONG_TYPE]}

    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        assert [reply.finish for reply in await all_of(teacher, range(10))] == ["stop"] * 10
        await teacher.close()

    fake = run(use, item=failing(faults))
    submitted = [{line["key"] for line in batch["requests"]} for batch in fake.batches.values()]
    assert submitted[1:] == [{key_for(seed) for seed in (3, 5, 7, 8)}, {key_for(5)}]
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in range(10))


def test_failures_for_good_are_those_of_the_online_teacher(tmp_path: Path) -> None:
    faults = {1: [TOO_LONG], 2: [{"response": answer(finish="SAFETY")}], 4: [INTERNAL] * 9}

    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path, submissions=2), tmp_path)

        async def outcome(seed: int) -> str:
            try:
                return (await teacher.ask(make_request(seed))).finish
            except RequestFailed as error:
                return str(error)

        said = await in_order([lambda seed=seed: outcome(seed) for seed in range(5)])
        await teacher.close()
        assert [said[0], said[2], said[3]] == ["stop", "blocked", "stop"]
        assert "does not take a request of this length" in said[1]
        assert "no answer in 2 submissions, at last: 500: An internal error" in said[4]

    assert sorted(run(use, item=failing(faults)).answered.values()) == [1, 1, 1, 1, 2]


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        ({"error": {"code": 3, "message": "Unknown name: responseJsonSchema"}}, "does not accept"),
        ({"error": {"code": 7, "message": "Your project is denied."}}, "refuses the credentials"),
        ({"response": answer(model="gemini-3.5-flash-lite")}, "gemini-3.5-flash-lite answered where"),
    ],
    ids=["invalid", "denied", "another model"],
)
def test_what_no_repeat_can_mend_stops_the_run(tmp_path: Path, fault: dict[str, Any], words: str) -> None:
    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        try:
            await all_of(teacher, range(3))
        finally:
            await teacher.close()

    with pytest.raises(TeacherUnavailable, match=words):
        run(use, item=failing({1: [fault]}))
    # What was answered in the same batch is paid for, and kept.
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in (0, 2))


def test_an_expired_batch_is_submitted_again(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.end = "EXPIRED"
        teacher = opened(settings_for(fake, tmp_path), tmp_path)

        def recover() -> None:
            if fake.counts["create"] == 2:
                fake.end = "SUCCEEDED"

        fake.before["create"] = recover
        assert len(await all_of(teacher, range(5))) == 5
        await teacher.close()

    fake = run(use)
    assert fake.counts["create"] == 2
    assert len({batch["displayName"] for batch in fake.batches.values()}) == 2


@pytest.mark.parametrize("end", ["EXPIRED", "FAILED", "CANCELLED"])
def test_a_batch_that_ends_otherwise_is_named_and_forgotten(tmp_path: Path, end: str) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.end = end
        teacher = opened(settings_for(fake, tmp_path, submissions=1), tmp_path)
        with pytest.raises(TeacherUnavailable, match=rf"{end.lower()}.*[Tt]he same command submits"):
            await all_of(teacher, range(5))
        await teacher.close()
        fake.end = "SUCCEEDED"
        again = opened(settings_for(fake, tmp_path), tmp_path)
        assert len(await all_of(again, range(5))) == 5
        await again.close()

    fake = run(use)
    assert fake.counts["create"] == 2
    assert leftovers(tmp_path) == []


@pytest.mark.parametrize("step", ["start", "upload", "create", "created", "poll", "download"])
def test_passing_faults_of_the_calls_are_repeated(tmp_path: Path, step: str) -> None:
    async def use(fake: FakeBatches) -> None:
        busy = [refusal(503, "UNAVAILABLE", "Try again.")]
        if step == "upload":  # the client waits a second for each answer out of protocol; say which it is
            busy[0].headers["X-Goog-Upload-Status"] = "cancelled"
        fake.refuse[step] = busy
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        assert len(await all_of(teacher, range(5))) == 5
        await teacher.close()

    fake = run(use)
    # An answer that was lost after the creation creates no second batch.
    assert len(fake.batches) == 1
    assert set(fake.answered.values()) == {1}


def test_a_service_that_stays_away_ends_the_run_and_keeps_the_batch(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.refuse["poll"] = [refusal(503, "UNAVAILABLE", "Try again.") for _ in range(3)]
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        with pytest.raises(TeacherUnavailable, match=r"3 attempts, at last: 503.*the same command goes on"):
            await all_of(teacher, range(5))
        await teacher.close()
        again = opened(settings_for(fake, tmp_path), tmp_path)
        assert len(await all_of(again, range(5))) == 5
        await again.close()

    fake = run(use)
    assert fake.counts["create"] == 1
    assert set(fake.answered.values()) == {1}


def test_a_full_queue_is_waited_out_while_other_batches_are_under_way(tmp_path: Path) -> None:
    """The provider limits the tokens that a model's batches hold together."""

    async def use(fake: FakeBatches) -> None:
        full = [refusal(429, "RESOURCE_EXHAUSTED", "Too many enqueued tokens.") for _ in range(7)]
        fake.before["poll"] = lambda: fake.refuse.setdefault("create", full)
        fake.states = ("RUNNING",) * 40
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        replies: list[Reply] = []

        async def ask(seed: int) -> None:
            replies.append(await teacher.ask(make_request(seed)))

        async with anyio.create_task_group() as group:
            group.start_soon(ask, 1)
            while "create" not in fake.refuse:
                await anyio.sleep(0.01)
            group.start_soon(ask, 2)
        await teacher.close()
        assert len(replies) == 2

    fake = run(use)
    assert len(fake.batches) == 2
    assert fake.counts["create"] == 9


def test_a_batch_that_the_service_has_lost_is_submitted_again(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.refuse["poll"] = [refusal(404, "NOT_FOUND", "batches/b1 is not found.")]
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        assert len(await all_of(teacher, range(5))) == 5
        await teacher.close()

    assert run(use).counts["create"] == 2


def test_a_retired_model_is_named(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.refuse["create"] = [refusal(404, "NOT_FOUND", "models/gemini-2.5-flash is not found.")]
        teacher = opened(settings_for(fake, tmp_path), tmp_path)
        with pytest.raises(TeacherUnavailable, match=r"no model gemini-2.5-flash here.*teacher\.model="):
            await all_of(teacher, range(5))
        await teacher.close()

    run(use)


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
