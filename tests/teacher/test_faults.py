"""The defined outcome of every fault (the table in `simula/teacher/faults.py`), on both real adapters."""

from __future__ import annotations

import anyio
import fake_gemini
import fake_openai
import pytest
from both_adapters import EMPTY, OVERLOADED, Fault, Kind, ask, both, fake_of, settings_of, status
from teacher_requests import asked, make_request

from simula.errors import RequestFailed, TeacherUnavailable, UnreadableReply
from simula.prompts import Asker, Tally
from simula.teacher.settings import ServerTeacher

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

UNFINISHED = '{"question":"How ma'
SPENT_DAY = {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel"}]}


PASSING = {
    "429": status(429, "Slow down.", "RESOURCE_EXHAUSTED"),
    "500": status(500, "An internal error has occurred.", "INTERNAL"),
    "502 page": both((502, "<html>bad gateway</html>", {})),
    "503": OVERLOADED,
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
    fake = fake_of(kind, said.of(kind))
    with pytest.raises(TeacherUnavailable, match=words) as caught:
        asked(fake, lambda: settings_of(kind, fake), make_request())
    assert len(fake.bodies) == 1
    assert "\n" not in str(caught.value)


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
    fake = fake_of("server", answer)
    words = f"context of qwen, {context:,} tokens, fits no prompt .* 2,048 .* teacher.max_tokens"
    kind, match = (TeacherUnavailable, words) if stops else (RequestFailed, "of this length: 400: ")
    with pytest.raises(kind, match=match):
        asked(
            fake,
            lambda: ServerTeacher(model="qwen", base_url=f"{fake.url}/v1", max_tokens=2048),
            make_request(max_tokens=2048),
        )
    assert len(fake.bodies) == 1


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
    "empty": EMPTY,
    "other reason": PASSING["other reason"],
    "no candidates": Fault(
        {**fake_gemini.answer(), "candidates": []}, {**fake_openai.answer(), "choices": []}
    ),
}


@pytest.mark.parametrize("fault", PAID)
def test_what_an_answer_took_that_cannot_be_used_is_told(kind: Kind, fault: str) -> None:
    said = PAID[fault].of(kind)
    reply, _ = ask(kind, said, OVERLOADED.of(kind), said)
    assert (reply.usage.total, reply.unusable.total) == (55, 110)
    reply, _ = ask(kind, OVERLOADED.of(kind))
    assert reply.unusable.total == 0


def test_what_another_models_answer_took_is_told(kind: Kind) -> None:
    with pytest.raises(TeacherUnavailable) as caught:
        ask(kind, EMPTY.of(kind), STOPPING["another model"][0].of(kind))
    assert caught.value.used.total == 110
