"""The OpenAI-compatible adapter against the protocol's bodies on loopback."""

from __future__ import annotations

import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import anyio
import pytest
from fake_openai import FakeServer, answer
from loopback import Answer
from teacher_requests import asked, make_request

from simula.errors import TeacherUnavailable
from simula.teacher import Reply, Usage
from simula.teacher.retry_after import seconds_of
from simula.teacher.settings import ServerTeacher


def ask(*script: Answer, **settings: Any) -> tuple[Reply, FakeServer]:
    """One call, with what the server was sent."""
    fake, chosen = FakeServer(*script), {"model": "qwen", "first_wait": 0.01} | settings
    return asked(fake, lambda: ServerTeacher(base_url=f"{fake.url}/v1", **chosen), make_request()), fake


def test_what_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOME_KEY", "sk-secret")
    _, fake = ask(key_variable="SOME_KEY")
    request = make_request()
    assert fake.paths == ["/v1/chat/completions"]
    assert fake.headers[0]["Authorization"] == "Bearer sk-secret"
    assert fake.bodies == [
        {
            "model": "qwen",
            "messages": [
                {"role": "system", "content": request.system},
                {"role": "user", "content": request.prompt},
            ],
            "temperature": 0.7,
            "max_tokens": 160,
            "seed": 1,
            "response_format": {
                "type": "json_schema",
                "json_schema": {"name": "write_sample", "strict": True, "schema": request.schema},
            },
        }
    ]


def test_thinking_is_told_from_the_reply() -> None:
    reply, fake = ask()
    assert reply.usage == Usage(prompt=40, cached=30, completion=12, thinking=3)
    assert "Authorization" not in fake.headers[0]


def test_a_text_in_parts_is_one_text() -> None:
    """Thoughts, which some servers send among them, are left out."""
    parts = [
        {"type": "thinking", "thinking": "counting"},
        {"type": "text", "text": '{"question":"How many?",'},
        {"text": '"answer":"5"}'},
    ]
    reply, fake = ask(answer(parts))
    assert reply.text == '{"question":"How many?","answer":"5"}'
    assert len(fake.bodies) == 1


@pytest.mark.parametrize("content", [7, {"text": "x"}, [{"type": "text", "text": None}], [3]])
def test_what_is_no_text_is_sent_again(content: Any) -> None:
    reply, fake = ask(answer(content))
    assert reply.text == '{"question":"How many?","answer":"5"}'
    assert len(fake.bodies) == 2


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [
        ("2", 2, 2),
        ("0.25", 0.25, 0.25),
        ("", 0, 0),
        ("soon", 0, 0),
        ("-3", 0, 0),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0, 0),
    ],
)
def test_both_forms_of_retry_after(header: str, least: float, most: float) -> None:
    assert least <= seconds_of(header) <= most


def test_retry_after_may_be_a_date() -> None:
    # Made here and not in a parameter, which is computed minutes before the test runs.
    date = format_datetime(datetime.now(UTC) + timedelta(seconds=300), usegmt=True)
    assert 200 <= seconds_of(date) <= 300


def test_a_server_that_is_not_there_is_named() -> None:
    with socket.socket() as taken:
        # Bound and not listening: nobody else gets the port, and nobody answers.
        taken.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{taken.getsockname()[1]}"
        settings = ServerTeacher(
            base_url=f"http://{where}/v1", model="m", first_wait=0.01, outage_seconds=0.1
        )

        async def run() -> None:
            teacher = settings.connect()
            try:
                await teacher.ask(make_request())
            finally:
                await teacher.close()

        with pytest.raises(TeacherUnavailable, match=f"nobody answers at {where}: "):
            anyio.run(run)


def test_a_server_that_is_there_without_a_certificate_is_not_called_absent() -> None:
    fake = FakeServer()
    with pytest.raises(TeacherUnavailable, match="SSL") as caught:
        asked(
            fake,
            lambda: ServerTeacher(
                base_url=fake.url.replace("http:", "https:"), model="m", first_wait=0.01, outage_seconds=0.1
            ),
            make_request(),
        )
    assert "nobody answers" not in str(caught.value)
