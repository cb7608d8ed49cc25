"""Bodies of any shape end as a fault of the port or as an answer, never as a raw error of Python."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import anyio
import fake_gemini
import fake_openai
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from loopback import Answer, Loopback
from teacher_requests import make_request

from simula.errors import TeacherError, TeacherUnavailable
from simula.teacher import Reply
from simula.teacher.batch_lines import Outcome, outcomes
from simula.teacher.bodies import count
from simula.teacher.faults import PassingFault
from simula.teacher.gemini import Gemini
from simula.teacher.retry_after import seconds_of
from simula.teacher.server import Server
from simula.teacher.settings import GeminiTeacher, ServerTeacher

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

GEMINI_ERROR = {
    "error": {
        "code": 429,
        "message": "Slow down.",
        "status": "RESOURCE_EXHAUSTED",
        "details": [
            {"@type": "RetryInfo", "retryDelay": "2.5s"},
            {"@type": "QuotaFailure", "violations": [{"quotaId": "GenerateRequestsPerMinute"}]},
            {"@type": "ErrorInfo", "reason": "RATE_LIMIT"},
        ],
    }
}
SERVER_ERROR = {"error": {"message": "Slow down.", "type": "requests", "code": "rate_limit_exceeded"}}
PLAIN_ERRORS = ({"error": "slow down"}, {"message": "slow down"}, {"detail": [{"msg": "slow down"}]})


def places(body: Any) -> list[tuple[Any, ...]]:
    """Where something stands in a body, as the keys and indices that lead there."""
    if isinstance(body, dict):
        inner = list(body.items())
    else:
        inner = list(enumerate(body)) if isinstance(body, list) else []
    return [(at, *rest) for at, value in inner for rest in [(), *places(value)]]


def changed(body: Any, place: tuple[Any, ...], value: Any) -> Any:
    """A body with something else in one place."""
    if not place:
        return value
    copy = dict(body) if isinstance(body, dict) else list(body)
    copy[place[0]] = changed(body[place[0]], place[1:], value)
    return copy


BODIES = (fake_gemini.answer(), fake_openai.answer(), GEMINI_ERROR, SERVER_ERROR)
WORDS = sorted({at for body in BODIES for place in places(body) for at in place if isinstance(at, str)})
SAID = ["n/a", "1m30s", "2.5s", "slow down", "STOP", "stop", "length", "SAFETY", "qwen", "gemini-2.5-flash"]
leaves = st.none() | st.booleans() | st.integers(-5, 900) | st.floats() | st.text(max_size=3)
anything = st.recursive(
    leaves | st.sampled_from(SAID),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(WORDS), inner, max_size=5),
    max_leaves=20,
)


@st.composite
def near(draw: st.DrawFn, *bodies: dict[str, Any]) -> Any:
    """A body that a provider sends, with anything at all in one place."""
    body = draw(st.sampled_from(bodies))
    return changed(body, draw(st.sampled_from([(), *places(body)])), draw(anything))


STATUSES = st.sampled_from([200, 200, 400, 401, 404, 418, 429, 500, 503])
gemini_bodies = near(fake_gemini.answer(), GEMINI_ERROR, *PLAIN_ERRORS) | anything
server_bodies = near(fake_openai.answer(), SERVER_ERROR, *PLAIN_ERRORS) | anything
lines = near(
    {"key": "k1", "response": fake_gemini.answer()},
    {"key": "k1", **GEMINI_ERROR},
    {"key": "k1", "status": {"code": 13, "message": "broken"}},
)


def scripts(bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Answer]]:
    """Several answers, since opening a client takes longer than many answers."""
    return st.lists(st.tuples(STATUSES, bodies.map(json.dumps), st.just({})), min_size=10, max_size=20)


fuzz = settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "the-key")


def outcomes_of(fake: Loopback, connect: Callable[[str], Gemini | Server], *script: Answer) -> list[Outcome]:
    """What the adapter makes of each answer; anything else than the port's words is raised."""

    async def run() -> list[Outcome]:
        fake.script[:] = script
        async with fake:
            teacher = connect(fake.url)
            found: list[Outcome] = []
            for _ in script:
                try:
                    found.append(await teacher.ask(make_request()))
                except (PassingFault, TeacherError) as fault:
                    found.append(fault)
            await teacher.close()
            return found

    return anyio.run(run)


def gemini(url: str) -> Gemini:
    return Gemini(GeminiTeacher(base_url=url, key_variable="SOME_KEY"))


def server(url: str) -> Server:
    return Server(ServerTeacher(model="qwen", base_url=url))


@pytest.fixture
def reader(key: None) -> Gemini:
    """A client that sends nothing."""
    return gemini("http://127.0.0.1:9")


def checked(found: Outcome) -> None:
    if isinstance(found, Reply):
        assert isinstance(found.text, str)
        assert all(isinstance(n, int) and n >= 0 for n in (found.usage.prompt, found.usage.completion))
        return
    assert "\n" not in str(found)
    if isinstance(found, PassingFault):
        assert 0 <= found.wait <= 600


def test_a_count_that_no_call_has_is_none() -> None:
    assert [count(said) for said in (7, "7", 10**12, 1e30, -1, "many", None)] == [7, 7, 0, 0, 0, 0, 0]


@fuzz
@given(said=scripts(gemini_bodies))
def test_gemini_makes_sense_of_any_body(said: list[Answer]) -> None:
    for found in outcomes_of(fake_gemini.FakeGemini(), gemini, *said):
        checked(found)


@fuzz
@given(said=scripts(server_bodies))
def test_a_server_makes_sense_of_any_body(said: list[Answer]) -> None:
    for found in outcomes_of(fake_openai.FakeServer(), server, *said):
        checked(found)


@fuzz
@given(said=st.lists(lines, min_size=5, max_size=20))
def test_a_batch_is_read_whatever_stands_in_one_line(reader: Gemini, said: list[Any], tmp_path: Path) -> None:
    good = {"key": "good", "response": fake_gemini.answer()}
    path = tmp_path / "results.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in [*said, good]))
    found = list(outcomes(path, reader))
    assert all(isinstance(one, Reply | PassingFault | TeacherError) for _, one in found)
    assert isinstance(dict(found)["good"], Reply)


@pytest.mark.parametrize(
    ("body", "wait"),
    [
        ({"error": {"message": "Slow down.", "details": [{"retryDelay": "1m30s"}]}}, 7),
        ({"error": {"message": "Slow down.", "details": None}}, 7),
        ({"error": {"message": "Slow down.", "details": [{"violations": None}]}}, 7),
        ({"error": {"message": "Slow down.", "details": [{"retryDelay": "9.5s"}, {"violations": [3]}]}}, 9.5),
        ({"error": "Slow down."}, 7),
    ],
)
def test_what_cannot_be_read_is_absent(body: dict[str, Any], wait: float) -> None:
    (fault,) = outcomes_of(fake_gemini.FakeGemini(), gemini, (429, body, {"Retry-After": "7"}))
    assert isinstance(fault, PassingFault)
    assert (str(fault), fault.wait) == ("429: Slow down.", wait)


@pytest.mark.parametrize("usage", [[1], {"prompt_tokens": "n/a", "completion_tokens_details": 3}, "none"])
def test_usage_that_cannot_be_read_costs_no_answer(usage: Any) -> None:
    (reply,) = outcomes_of(fake_openai.FakeServer(), server, {**fake_openai.answer(), "usage": usage})
    assert isinstance(reply, Reply)
    assert (reply.finish, reply.usage.total) == ("stop", 0)


@given(st.text() | st.datetimes().map(format_datetime) | st.floats().map(str))
def test_any_retry_after_is_seconds(header: str) -> None:
    assert seconds_of(header) >= 0


LATIN_1 = '{"error": {"message": "Schlüssel ungültig"}}'.encode("latin-1")


@pytest.mark.parametrize(
    ("status", "raised", "words"),
    [
        (401, TeacherUnavailable, r"refuses the credentials of .*\(401: .*Schl\ufffdssel ung\ufffdltig"),
        (503, PassingFault, "^503: Schl\ufffdssel ung\ufffdltig$"),
        (200, PassingFault, "UnicodeDecodeError"),
    ],
)
def test_a_body_that_is_no_utf_8_is_told_by_its_status(
    status: int, raised: type[Exception], words: str
) -> None:
    (found,) = outcomes_of(fake_openai.FakeServer(), server, (status, LATIN_1, {}))
    assert isinstance(found, raised)
    assert re.search(words, str(found))
