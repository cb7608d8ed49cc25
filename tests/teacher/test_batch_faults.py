"""Faults of one request, of a whole batch, and of the calls that make and await it."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import anyio
import pytest
from batch_runs import all_of, answered, key_for, leftovers, opened, recorded_keys, run, settings_for
from fake_gemini import KEY, answer
from fake_gemini_batch import FakeBatches, Item, good, refusal
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.errors import RequestFailed, RequestLost, TeacherError, TeacherUnavailable
from simula.teacher import Ledger, Reply

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


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
WRONG_TYPE = {"response": {**answer(), "candidates": "many"}}


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


def test_what_answers_took_that_cannot_be_used_is_told(tmp_path: Path) -> None:
    empty = {"response": answer("")}

    async def use(fake: FakeBatches) -> None:
        ledger = Ledger(tmp_path)
        teacher = settings_for(fake, tmp_path, submissions=2).over(ledger)
        replies = await in_order([partial(teacher.ask, make_request(seed)) for seed in (1, 2)])
        assert [reply.unusable.total for reply in replies] == [55, 0]
        with pytest.raises(TeacherError, match="no answer in 2 submissions") as caught:
            await teacher.ask(make_request(3))
        assert caught.value.used.total == 110
        with pytest.raises(TeacherError, match="exceeds the maximum") as caught:
            await teacher.ask(make_request(4))
        assert caught.value.used.total == 55
        await teacher.close()
        ledger.close()

    run(use, item=failing({1: [empty], 3: [empty, empty], 4: [empty, TOO_LONG]}))


def test_failures_for_good_are_those_of_the_online_teacher(tmp_path: Path) -> None:
    faults = {1: [TOO_LONG], 2: [{"response": answer(finish="SAFETY")}], 4: [INTERNAL] * 9}

    async def use(fake: FakeBatches) -> None:
        teacher = opened(settings_for(fake, tmp_path, submissions=2), tmp_path)

        async def outcome(seed: int) -> str:
            try:
                return (await teacher.ask(make_request(seed))).finish
            except (RequestFailed, RequestLost) as error:
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
        await answered(fake, tmp_path, range(3))

    with pytest.raises(TeacherUnavailable, match=words):
        run(use, item=failing({1: [fault]}))
    # What was answered in the same batch is paid for, and kept.
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in (0, 2))


def test_an_expired_batch_is_submitted_again(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.end = "EXPIRED"

        def recover() -> None:
            if fake.counts["create"] == 2:
                fake.end = "SUCCEEDED"

        fake.before["create"] = recover
        assert await answered(fake, tmp_path) == 5

    fake = run(use)
    assert fake.counts["create"] == 2
    assert len({batch["displayName"] for batch in fake.batches.values()}) == 2


@pytest.mark.parametrize("end", ["EXPIRED", "FAILED", "CANCELLED"])
def test_a_batch_that_ends_otherwise_is_named_and_forgotten(tmp_path: Path, end: str) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.end = end
        with pytest.raises(TeacherUnavailable, match=rf"{end.lower()}.*[Tt]he same command submits"):
            await answered(fake, tmp_path, submissions=1)
        fake.end = "SUCCEEDED"
        assert await answered(fake, tmp_path) == 5

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
        assert await answered(fake, tmp_path) == 5

    fake = run(use)
    # An answer that was lost after the creation creates no second batch.
    assert len(fake.batches) == 1
    assert set(fake.answered.values()) == {1}


def test_a_service_that_stays_away_ends_the_run_and_keeps_the_batch(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.refuse["poll"] = [refusal(503, "UNAVAILABLE", "Try again.") for _ in range(3)]
        with pytest.raises(TeacherUnavailable, match=r"3 attempts, at last: 503.*the same command goes on"):
            await answered(fake, tmp_path)
        assert await answered(fake, tmp_path) == 5

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
        assert await answered(fake, tmp_path) == 5

    assert run(use).counts["create"] == 2


def test_a_retired_model_is_named(tmp_path: Path) -> None:
    async def use(fake: FakeBatches) -> None:
        fake.refuse["create"] = [refusal(404, "NOT_FOUND", "models/gemini-2.5-flash is not found.")]
        with pytest.raises(TeacherUnavailable, match=r"no model gemini-2.5-flash here.*teacher\.model="):
            await answered(fake, tmp_path)

    run(use)
