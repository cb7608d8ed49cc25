"""The defined outcome of every fault (the table in `simula/teacher/faults.py`), on both real adapters."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass
from typing import Any, Literal

import anyio
import fake_gemini
import fake_openai
import pytest
from loopback import Answer, Loopback
from teacher_requests import make_request

from simula.errors import BudgetSpent, RequestFailed, RequestLost, TeacherUnavailable, UnreadableReply
from simula.prompts import Asker, Tally
from simula.teacher import Budget, Price, Reply, Spending
from simula.teacher.budget import Budgeted
from simula.teacher.settings import GeminiTeacher, ServerTeacher

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

Kind = Literal["gemini", "server"]
KINDS: tuple[Kind, ...] = ("gemini", "server")
MODELS = {"gemini": "gemini-2.5-flash", "server": "qwen"}
UNFINISHED = '{"question":"How ma'
SPENT_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}


@dataclass(frozen=True)
class Fault:
    """What one provider and the other send for the same fault."""

    gemini: Answer
    server: Answer

    def of(self, kind: Kind) -> Answer:
        answer: Answer = getattr(self, kind)
        return answer


def both(answer: Answer) -> Fault:
    return Fault(answer, answer)


def status(code: int, message: str, name: str = "", server_code: str = "") -> Fault:
    return Fault(
        fake_gemini.error(code, name, message), fake_openai.error(code, message, name.lower(), server_code)
    )


PASSING = {
    "429": status(429, "Slow down.", "RESOURCE_EXHAUSTED"),
    "500": status(500, "An internal error has occurred.", "INTERNAL"),
    "502 page": both((502, "<html>bad gateway</html>", {})),
    "503": status(503, "The model is overloaded.", "UNAVAILABLE"),
    "504 page": both((504, "<html>gateway time-out</html>", {})),
    "529": status(529, "Overloaded.", "OVERLOADED"),
    "dropped": both("drop"),
    "late": both("late"),
    "slow drip": both("drip"),
    "torn body": Fault('{"candidates": [{"content": {"par', '{"choices": [{"mess'),
    "no candidates": Fault(
        {"candidates": [], "modelVersion": "gemini-2.5-flash"}, {"choices": [], "model": "qwen"}
    ),
    "another object": both({"object": "error"}),
    "no text": Fault(fake_gemini.answer(text=""), fake_openai.answer(content=None)),
    "other reason": Fault(fake_gemini.answer(finish="OTHER"), fake_openai.answer(finish="tool_calls")),
}

STOPPING = {
    "invalid key": (
        Fault(
            fake_gemini.error(
                400, "INVALID_ARGUMENT", "API key not valid.", ErrorInfo={"reason": "API_KEY_INVALID"}
            ),
            fake_openai.error(401, "Incorrect API key provided", code="invalid_api_key"),
        ),
        "refuses the credentials of SOME_KEY",
    ),
    "401": (status(401, "Invalid credentials.", "UNAUTHENTICATED"), "refuses the credentials of SOME_KEY"),
    "401 page": (both((401, "<html>no</html>", {})), "refuses the credentials of SOME_KEY"),
    "403 torn": (both((403, '{"error": {"code": 403, "mess', {})), "refuses the credentials of SOME_KEY"),
    "404 page": (both((404, "404 page not found", {})), "there is no model .* or no longer"),
    "402": (status(402, "Payment required."), "refuses the credentials of SOME_KEY"),
    "403": (
        status(403, "Your project is denied.", "PERMISSION_DENIED"),
        "refuses the credentials of SOME_KEY",
    ),
    "retired model": (status(404, "no longer available", "NOT_FOUND"), "there is no model .* or no longer"),
    "unknown field": (status(400, "Unknown name: schema", "INVALID_ARGUMENT"), "does not accept requests"),
    "the day's quota": (
        Fault(
            fake_gemini.error(429, "RESOURCE_EXHAUSTED", "Quota exceeded.", QuotaFailure=SPENT_DAY),
            fake_openai.error(429, "You exceeded your quota", "insufficient_quota"),
        ),
        "quota is used up",
    ),
    "come back tomorrow": (
        Fault(
            fake_gemini.error(429, "RESOURCE_EXHAUSTED", "Wait.", RetryInfo={"retryDelay": "40000s"}),
            fake_openai.error(429, "Come back tomorrow", Retry_After="40000"),
        ),
        "quota is used up",
    ),
    "maintenance": (
        Fault(
            fake_gemini.error(503, "UNAVAILABLE", "Maintenance.", RetryInfo={"retryDelay": "3600s"}),
            fake_openai.error(503, "Maintenance.", Retry_After="3600"),
        ),
        r"asks to come back in 3,600 s \(503: Maintenance.\); the same command goes on then",
    ),
    "busy until tomorrow": (
        Fault(
            fake_gemini.error(529, "OVERLOADED", "Overloaded.", RetryInfo={"retryDelay": "40000s"}),
            (529, "<html>overloaded</html>", {"Retry-After": "40000"}),
        ),
        "asks to come back in 40,000 s",
    ),
    "max_tokens": (
        Fault(
            fake_gemini.error(
                400,
                "INVALID_ARGUMENT",
                "It has a maxOutputTokens value of 20000 but the supported range is from 1 to 8193.",
            ),
            fake_openai.error(
                400,
                "max_tokens is too large: 20000. This model supports at most 4096 completion tokens.",
                "invalid_request_error",
            ),
        ),
        "does not give replies of this length .* lower teacher.max_tokens",
    ),
    "unknown max_tokens": (
        status(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.", "INVALID_ARGUMENT"),
        "does not accept requests",
    ),
    "hot": (status(400, "temperature exceeds 2", "INVALID_ARGUMENT"), "does not accept requests"),
    "another model": (
        Fault(fake_gemini.answer(model="other"), fake_openai.answer(model="other")),
        r"accept it with teacher.allow_model=\[other\]",
    ),
}

TOO_LONG = {
    "400": Fault(
        fake_gemini.error(400, "INVALID_ARGUMENT", "The input token count exceeds the maximum number."),
        fake_openai.error(400, "This model's maximum context length is 4096 tokens.", "BadRequestError"),
    ),
    "vLLM": status(
        400,
        "'max_tokens' is too large: 2048. This model's maximum context length is 4096 tokens and your "
        "request has 3000 input tokens (2048 > 4096 - 3000).",
        "BadRequestError",
    ),
    "llama.cpp": status(400, "request (631 tokens) is too large", "exceed_context_size_error"),
    "llama.cpp, later": status(400, "request (631 tokens) exceeds the available context size (64 tokens)"),
    "longer": status(
        400, "The decoder prompt (length 9000) is longer than the maximum model length of 8192."
    ),
    "413": status(413, "Payload too large"),
}

PLAN = {"factor": "software", "level": 1, "nodes": [["server"]]}
BLOCKED_PROMPT = {"promptFeedback": {"blockReason": "SAFETY"}, "modelVersion": "gemini-2.5-flash"}
REFUSED = {
    "blocked reply": (
        Fault(fake_gemini.answer(finish="SAFETY"), fake_openai.answer(None, "content_filter")),
        "the teacher's safety filter blocked the reply",
    ),
    "blocked prompt": (
        Fault(BLOCKED_PROMPT, fake_openai.answer(content=None, refusal="I cannot help with that.")),
        "the teacher's safety filter blocked the reply",
    ),
    "MAX_TOKENS": (
        Fault(fake_gemini.answer(UNFINISHED, "MAX_TOKENS"), fake_openai.answer(UNFINISHED, "length")),
        "cut off at the token limit",
    ),
    "unfinished JSON": (
        Fault(fake_gemini.answer(UNFINISHED), fake_openai.answer(UNFINISHED)),
        "does not fit its schema",
    ),
}


@pytest.fixture(params=KINDS)
def kind(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Kind:
    monkeypatch.setenv("SOME_KEY", "the-key")
    return "gemini" if request.param == "gemini" else "server"


def fake_of(kind: Kind, *script: Answer) -> Loopback:
    return fake_gemini.FakeGemini(*script) if kind == "gemini" else fake_openai.FakeServer(*script)


def settings_of(kind: Kind, fake: Loopback, **settings: Any) -> GeminiTeacher | ServerTeacher:
    chosen = {"first_wait": 0.01, "key_variable": "SOME_KEY"} | settings
    if kind == "gemini":
        return GeminiTeacher(base_url=fake.url, **chosen)
    return ServerTeacher(model="qwen", base_url=f"{fake.url}/v1", **chosen)


def ask(kind: Kind, *script: Answer, **settings: Any) -> tuple[Reply, Loopback]:
    """One call, with what the provider was sent."""

    async def run() -> tuple[Reply, Loopback]:
        async with fake_of(kind, *script) as fake:
            teacher = settings_of(kind, fake, **settings).connect()
            try:
                return await teacher.ask(make_request()), fake
            finally:
                await teacher.close()

    return anyio.run(run)


@pytest.mark.parametrize("fault", PASSING)
def test_passing_faults_are_sent_again(kind: Kind, fault: str) -> None:
    said = PASSING[fault].of(kind)
    # The provider sees a call that takes too long end, and is asked anew.
    slow = {"timeout": 1.0} if fault in ("late", "slow drip") else {}
    reply, fake = ask(kind, said, **slow) if slow else ask(kind, said, said)
    assert reply.finish == "stop"
    assert len(fake.bodies) == (2 if slow else 3)


@pytest.mark.parametrize("fault", STOPPING)
def test_what_no_repeat_can_mend_stops_the_run_at_once(kind: Kind, fault: str) -> None:
    said, words = STOPPING[fault]

    async def run() -> None:
        async with fake_of(kind, said.of(kind)) as fake:
            teacher = settings_of(kind, fake).connect()
            with pytest.raises(TeacherUnavailable, match=words) as caught:
                await teacher.ask(make_request())
            await teacher.close()
            assert len(fake.bodies) == 1
            assert "\n" not in str(caught.value)

    anyio.run(run)


@pytest.mark.parametrize("fault", TOO_LONG)
def test_a_request_that_is_too_long_fails_alone(kind: Kind, fault: str) -> None:
    with pytest.raises(RequestFailed, match="does not take a request of this length"):
        ask(kind, TOO_LONG[fault].of(kind))


CONTEXTS = {
    "vLLM": "This model's maximum context length is {c} tokens. However, you requested {t} tokens ({p} in "
    "the messages, {m} in the completion). Please reduce the length of the messages or completion.",
    "vLLM, later": "'max_tokens' or 'max_completion_tokens' is too large: {m}. This model's maximum context "
    "length is {c} tokens and your request has {p} input tokens ({m} > {c} - {p}). None",
    "vLLM 0.20": "This model's maximum context length is {c} tokens. However, you requested {m} output "
    "tokens and your prompt contains at least {p} input tokens, for a total of at least {t} tokens.",
    "SGLang": "Requested token count exceeds the model's maximum context length of {c} tokens. You requested "
    "a total of {t} tokens: {p} tokens from the input messages and {m} tokens for the completion.",
}


@pytest.mark.parametrize("server", CONTEXTS)
@pytest.mark.parametrize(("context", "stops"), [(1024, True), (2048, True), (2049, False), (8192, False)])
@pytest.mark.parametrize("plain", [False, True], ids=["OpenAI's form", "vLLM's form"])
def test_a_context_without_room_for_any_prompt_stops_the_run(
    server: str, context: int, stops: bool, plain: bool
) -> None:
    """Beside a reply of 2,048 tokens; where there is room for shorter prompts, this one's slot is refused."""
    prompt = context - 2048 + 1 if context > 2048 else 300
    said = CONTEXTS[server].format(c=context, m=2048, p=prompt, t=prompt + 2048)
    answer = fake_openai.error(400, said, "BadRequestError")
    if plain:
        answer = (400, {"object": "error", "message": said, "type": "BadRequestError", "code": 400}, {})

    async def run() -> None:
        async with fake_of("server", answer) as fake:
            teacher = ServerTeacher(model="qwen", base_url=f"{fake.url}/v1", max_tokens=2048).connect()
            words = f"context of qwen, {context:,} tokens, fits no prompt .* 2,048 .* teacher.max_tokens"
            kind, match = (TeacherUnavailable, words) if stops else (RequestFailed, "of this length: 400: ")
            with pytest.raises(kind, match=match):
                await teacher.ask(make_request(max_tokens=2048))
            await teacher.close()
            assert len(fake.bodies) == 1

    anyio.run(run)


@pytest.mark.parametrize("fault", REFUSED)
def test_what_a_slot_is_refused_for(kind: Kind, fault: str) -> None:
    """Through the mechanism's own way of asking, which puts an unreadable reply's question three times."""
    said, words = REFUSED[fault]
    request = make_request()

    async def run() -> None:
        async with fake_of(kind, *[said.of(kind)] * 3) as fake:
            teacher = settings_of(kind, fake).connect()
            asker = Asker(teacher=teacher, system="", temperature=1.0, max_tokens=99, attempts=3)
            with pytest.raises((RequestFailed, UnreadableReply), match=words):
                await asker.ask("plan_level", request.schema, PLAN, seed=1, tally=Tally())
            await teacher.close()
            assert len(fake.bodies) == (1 if "blocked" in fault else 3)

    anyio.run(run)


def test_an_answer_that_does_not_say_whose_it_is_is_recorded_so(kind: Kind) -> None:
    nameless = Fault(fake_gemini.answer(model=""), fake_openai.answer(model="")).of(kind)
    assert isinstance(nameless, dict)
    del nameless["modelVersion" if kind == "gemini" else "model"]
    reply, _ = ask(kind, nameless)
    assert (reply.model, reply.finish) == ("unknown", "stop")


PAID = {
    "empty": Fault(fake_gemini.answer(text=""), fake_openai.answer(content="")),
    "other reason": PASSING["other reason"],
    "no candidates": Fault(
        {**fake_gemini.answer(), "candidates": []}, {**fake_openai.answer(), "choices": []}
    ),
}


@pytest.mark.parametrize("fault", PAID)
def test_what_an_answer_took_that_cannot_be_used_is_told(kind: Kind, fault: str) -> None:
    said = PAID[fault].of(kind)
    reply, _ = ask(kind, said, PASSING["503"].of(kind), said)
    assert (reply.usage.total, reply.unusable.total) == (55, 110)
    reply, _ = ask(kind, PASSING["503"].of(kind))
    assert reply.unusable.total == 0


def test_what_another_models_answer_took_is_told(kind: Kind) -> None:
    with pytest.raises(TeacherUnavailable) as caught:
        ask(kind, PAID["empty"].of(kind), STOPPING["another model"][0].of(kind))
    assert caught.value.used.total == 110


def test_a_call_that_is_sent_again_is_one_of_the_budget(kind: Kind) -> None:
    busy = PASSING["503"].of(kind)

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

    async def run() -> None:
        async with fake_of(kind) as fake:
            fake.good = lambda body: PAID["empty"].of(kind)
            teacher = settings_of(kind, fake, attempts=2).connect()
            with pytest.raises(
                RequestFailed, match="no answer in 2 attempts, at last: an empty answer"
            ) as caught:
                await teacher.ask(make_request())
            assert not isinstance(caught.value, RequestLost)
            await teacher.close()

    anyio.run(run)
