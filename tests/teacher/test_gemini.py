"""The real google-genai client against Gemini's bodies on loopback."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import anyio
import pytest
from fake_gemini import KEY, FakeGemini, answer
from google.oauth2.credentials import Credentials
from loopback import Answer
from teacher_requests import asked, make_request

from simula.errors import TeacherUnavailable
from simula.teacher import Reply, Usage
from simula.teacher.settings import GeminiTeacher

# google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")


@pytest.fixture(autouse=True)
def key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


def ask(*script: Answer, **settings: Any) -> tuple[Reply, FakeGemini]:
    """One call, with what the server was sent."""
    fake, chosen = FakeGemini(*script), {"first_wait": 0.01} | settings
    request = make_request(seed=2**40 + 7)
    return asked(fake, lambda: GeminiTeacher(base_url=fake.url, **chosen), request), fake


def test_what_is_sent() -> None:
    _, fake = ask()
    request = make_request()
    assert fake.paths == ["/v1beta/models/gemini-2.5-flash:generateContent"]
    assert fake.headers[0]["x-goog-api-key"] == KEY
    sent = fake.bodies[0]
    assert sent["contents"] == [{"parts": [{"text": request.prompt}], "role": "user"}]
    assert sent["systemInstruction"]["parts"] == [{"text": request.system}]
    said = sent["generationConfig"]
    assert said["responseJsonSchema"] == request.schema
    assert said["responseMimeType"] == "application/json"
    assert (said["temperature"], said["maxOutputTokens"], said["seed"]) == (0.7, 160, 7)
    assert said["thinkingConfig"] == {"thinking_budget": 0}


def test_the_successor_gets_a_level_and_no_temperature() -> None:
    model = "gemini-3.5-flash-lite"
    _, fake = ask(
        answer(model=model),
        model=model,
        thinking_budget=None,
        thinking_level="MINIMAL",
        fixed_sampling=True,
    )
    said = fake.bodies[0]["generationConfig"]
    assert said["thinkingConfig"] == {"thinking_level": "MINIMAL"}
    assert "temperature" not in said


def test_a_good_reply_leaves_thoughts_out() -> None:
    reply, _ = ask()
    assert reply == Reply(
        text='{"question":"How many?","answer":"5"}',
        model="gemini-2.5-flash",
        finish="stop",
        usage=Usage(prompt=40, cached=30, completion=12, thinking=3),
    )


def test_a_disabled_account_stops_the_run() -> None:
    with pytest.raises(TeacherUnavailable, match=r"GEMINI_API_KEY .*limited or disabled"):
        ask(answer(finish="PUP_LIMITED_DISABLED"))


@pytest.mark.parametrize(
    "finish",
    [
        "SAFETY",
        "RECITATION",
        "PROHIBITED_CONTENT",
        "SPII",
        "IMAGE_SAFETY",
        "IMAGE_PROHIBITED_CONTENT",
        "VIDEO_SAFETY",
    ],
)
def test_blocked_answers(finish: str) -> None:
    reply, fake = ask(answer(finish=finish))
    assert (reply.finish, reply.text, len(fake.bodies)) == ("blocked", "", 1)


def test_blocked_prompts() -> None:
    body = {
        "promptFeedback": {"blockReason": "PROHIBITED_CONTENT"},
        "usageMetadata": {"promptTokenCount": 40, "totalTokenCount": 40},
        "modelVersion": "gemini-2.5-flash",
    }
    reply, _ = ask(body)
    assert (reply.finish, reply.usage) == ("blocked", Usage(prompt=40))


@pytest.mark.parametrize(
    "version", ["gemini-2.5-flash-001", "gemini-2.5-flash-09-2025", "models/gemini-2.5-flash"]
)
def test_numbered_versions_are_the_same_model(version: str) -> None:
    reply, _ = ask(answer(model=version))
    assert reply.model == version.removeprefix("models/")


@pytest.mark.parametrize(
    "version",
    [
        "gemini-3.5-flash-lite",
        "gemini-2.5-flash-lite",
        "gemini-2.5-flash-preview",
        "gemini-2.5-flash-preview-09-2025",
    ],
)
def test_another_model_is_refused_unless_allowed(version: str) -> None:
    with pytest.raises(TeacherUnavailable, match=f"{version} answered where gemini-2.5-flash was asked"):
        ask(answer(model=version))
    reply, _ = ask(answer(model=version), allow_model=(version,))
    assert reply.model == version


@pytest.mark.parametrize(
    ("answered", "override"),
    [
        ("gemini-3.5-flash-lite", r"teacher=gemini_flash_lite or gemini_flash_lite_batch$"),
        ("gemini-3.8-flash", r"teacher\.model=gemini-3\.8-flash$"),
    ],
)
def test_the_way_to_the_model_that_answered_is_named(answered: str, override: str) -> None:
    with pytest.raises(
        TeacherUnavailable, match=rf"allow_model=\[{answered}\] or ask for it with {override}"
    ):
        ask(answer(model=answered))


def test_a_missing_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    with pytest.raises(TeacherUnavailable, match="export GEMINI_API_KEY="):
        ask()


def test_vertex_is_asked_with_the_machines_credentials(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth.default", lambda **_: (Credentials("ya29.token"), None))
    _, fake = ask(vertex=True, project="lab", location="europe-west4", api_version=None)
    where = "/v1beta1/projects/lab/locations/europe-west4/publishers/google"
    assert fake.paths == [f"{where}/models/gemini-2.5-flash:generateContent"]
    assert fake.headers[0]["Authorization"] == "Bearer ya29.token"
    assert "x-goog-api-key" not in fake.headers[0]


def test_vertex_needs_credentials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "none.json"))
    teacher = GeminiTeacher(vertex=True, api_version=None).connect()

    async def run() -> None:
        with pytest.raises(TeacherUnavailable, match=r"Vertex AI cannot be asked: .*none\.json"):
            await teacher.ask(make_request())

    anyio.run(run)
