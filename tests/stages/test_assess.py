"""Measures are taken on the embedding that the configuration names, and named by it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simula.composition import cells
from simula.embedding import Embedder, Embeddings, unit
from simula.embedding.settings import Progress, Recorded
from simula.errors import TeacherUnavailable
from simula.metrics.distances import global_shares
from simula.progress import Progress as Terminal
from simula.report.grid import panels
from simula.report.loading import load_result
from simula.settings import incidental
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.measures.diversity import measure_diversity
from simula.stages.measures.points import read_set
from simula.stages.record import record_of
from simula.store.artifacts import Store
from simula.teacher.price import Price

BASE = ["domain=arithmetic", "teacher=simulated", "system=local_global", "size=12", "tracking=none"]


def vectors_of(texts: Sequence[str]) -> np.ndarray:
    return unit([[len(text), text.count("a") + 1.0, text.count("1")] for text in texts])


class CountingModel:
    model = "counts"

    def __init__(self, sent: list[str]) -> None:
        self._sent = sent

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        self._sent.extend(texts)
        cut = np.array([index == 0 for index in range(len(texts))])
        return Embeddings(vectors_of(texts), cut, sent=len(texts), tokens=1000 * len(texts))

    async def close(self) -> None:
        pass


class CountingEmbedding(Recorded):
    """A model that notes what it is sent; without a list it cannot be opened."""

    model: str = "counts"
    sent: Any = incidental(None)

    def connect(self, cache: Path, progress: Progress | None = None) -> Embedder:
        return self.connected(self._opened, cache, progress)

    def _opened(self) -> CountingModel:
        if self.sent is None:
            raise TeacherUnavailable("nothing is to be sent")
        return CountingModel(self.sent)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """A store with a data set of 12 rows, measured lexically."""
    root = f"paths.root={tmp_path_factory.mktemp('assessed')}"
    config = cells([*BASE, root, "taxonomy.expansion.depth=2"], sweep=False)[0].config
    assert run_cell(config, "assess") is None
    return Bench(config, Store(config.paths.store), Terminal("test"))


def with_embedding(bench: Bench, embedding: Recorded, **diversity: int) -> Bench:
    settings = bench.config.assessment.diversity.model_copy(update=diversity)
    measured = bench.config.assessment.model_copy(update={"diversity": settings})
    return replace(bench, config=replace(bench.config, embedding=embedding, assessment=measured))


def test_the_stand_in_is_named_in_the_measures(bench: Bench) -> None:
    made = measure_diversity(bench)
    assert 0 < made["measures"]["local distance (tfidf)"] < made["measures"]["global distance (tfidf)"] < 1
    assert (made["embedding"]["by"], made["embedding"]["texts"], made["embedding"]["tokens"]) == (
        "tfidf",
        12,
        0,
    )


def test_distances_are_those_of_the_vectors_and_what_they_took_is_told(bench: Bench) -> None:
    sent: list[str] = []
    price = Price(input=2.0)
    made = measure_diversity(
        with_embedding(bench, CountingEmbedding(model="fresh", sent=sent, batch=5, price=price))
    )
    measures = made["measures"]
    assert measures["global distance (fresh)"] == pytest.approx(
        global_shares(vectors_of(sent)).mean(), abs=1e-6
    )
    assert measures["rows read in part (fresh)"] == 3  # the first of each batch
    assert len(sent) == 12
    assert made["embedding"] == {
        "by": "fresh",
        "texts": 12,
        "dimensions": 3,
        "read_in_part": 3,
        "sent": 12,
        "tokens": 12_000,
        "uncounted": 0,
        "estimated_tokens": 0,
        "answered": [],
        "paid_now_usd": pytest.approx(0.024),
    }
    assert not [name for name in measures if "tfidf" in name]
    # Another assessment of the same rows sends nothing, and still knows which rows were read in part.
    again = measure_diversity(with_embedding(bench, CountingEmbedding(model="fresh"), neighbours=3))
    assert again["key"] != made["key"]
    assert (again["embedding"]["sent"], again["embedding"]["paid_now_usd"]) == (0, 0)
    assert again["measures"]["rows read in part (fresh)"] == 3


def test_distances_have_intervals_and_say_how_they_were_taken(bench: Bench) -> None:
    made = measure_diversity(bench)
    assert set(made["intervals"]) == {"global distance (tfidf)", "local distance (tfidf)"}
    for name, (low, high) in made["intervals"].items():
        assert low <= made["measures"][name] <= high
        assert low < high
    assert made["text"] == "question and options, without the answer and how it is reached"
    assert made["neighbours"] == {"k": 10, "asked": 10, "exact": True, "searched_anew": 0, "check": None}
    assert {"distinct unigrams", "distinct bigrams", "distinct trigrams"} <= set(made["measures"])
    assert 1 < made["measures"]["Vendi score (tfidf)"] < 12


def test_what_is_embedded_is_question_and_options(bench: Bench) -> None:
    sent: list[str] = []
    measure_diversity(with_embedding(bench, CountingEmbedding(model="seen", sent=sent)))
    examples = [point.example for point in read_set(bench).points]
    assert set(sent) == {"\n".join((one.question, *one.options)) for one in examples}


def test_approximate_neighbours_come_with_their_recall(bench: Bench) -> None:
    made = measure_diversity(
        with_embedding(bench, CountingEmbedding(sent=[]), exact_up_to=5, probes=100, neighbours=3)
    )
    assert made["measures"]["recall of neighbours (counts)"] == 1
    assert made["neighbours"]["check"]["points"] == 12
    exact = measure_diversity(with_embedding(bench, CountingEmbedding(sent=[]), neighbours=3))
    name = "local distance (counts)"
    assert made["measures"][name] == pytest.approx(exact["measures"][name], abs=1e-9)
    assert "recall of neighbours (counts)" not in exact["measures"]


def test_what_only_says_how_fast_changes_no_key(bench: Bench) -> None:
    made = measure_diversity(with_embedding(bench, CountingEmbedding(sent=[])))
    other = measure_diversity(with_embedding(bench, CountingEmbedding(batch=1, concurrency=9)))
    assert other["key"] == made["key"]


def test_cells_measured_by_different_embeddings_stand_in_different_panels(bench: Bench) -> None:
    counted = with_embedding(bench, CountingEmbedding(sent=[])).config
    named = replace(counted, choices={**counted.choices, "embedding": "counts"})
    assert run_cell(named, "assess") is None
    results = [load_result(bench.store, record_of(bench.store, one)) for one in (bench.config, named)]
    assert [panel.title.split(", ")[-2] for panel in panels(results)] == ["tfidf", "counts"]
    for result, name in zip(results, ("tfidf", "counts"), strict=True):
        assert [measure for measure in result.assessment if "global" in measure] == [
            f"global distance ({name})"
        ]
