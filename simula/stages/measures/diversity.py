"""The measure `diversity`: distances between points, lineage, words; no teacher is asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.embedding import Embeddings, connect
from simula.metrics import Diversity, assess, diversity
from simula.stages.bench import Bench
from simula.stages.keys import MEASURES
from simula.stages.measures.points import inputs, read_set
from simula.stages.taxonomy import read_taxonomies
from simula.teacher.port import Usage

TEXT = "question and options, without the answer and how it is reached"
"""What of a point is embedded and whose words are counted (`Example.text`)."""


def measure_diversity(bench: Bench) -> dict[str, Any]:
    """The manifest of the measures, which are in it under `measures`."""
    config = bench.config

    def make(_: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        measured = read_set(bench)
        points = measured.points
        lineage = any(point.mix is not None for point in points) and config.assessment.dataset is None
        taxonomies = read_taxonomies(bench) if lineage else None
        texts = [point.example.text for point in points]
        embedded = run(_embedded, bench, texts)
        settings, label = config.assessment.diversity, config.embedding.label
        found = diversity(texts, embedded.vectors, settings, label, config.scalars.data_seed)
        measures = assess(points, taxonomies) | found.measures
        if cut := int(embedded.truncated.sum()):
            measures[f"rows read in part ({label})"] = float(cut)
        log(measures)
        return {
            **measured.said,
            "measures": measures,
            "intervals": found.intervals,
            "text": TEXT,
            "piece": settings.piece,
            "left_out": list(found.left_out),
            "neighbours": _search(found, settings.neighbours),
            "embedding": _account(bench, embedded),
        }

    stage, key = MEASURES["diversity"]
    return bench.build(stage, key(config), inputs(config), make)


def _search(found: Diversity, k: int) -> dict[str, Any] | None:
    """How the neighbours of the local distance were found; None where there is no such distance."""
    if (neighbours := found.neighbours) is None:
        return None
    return {
        "k": neighbours.places.shape[1],
        "asked": k,
        "exact": neighbours.check is None,
        "searched_anew": neighbours.searched_anew,
        "check": None if neighbours.check is None else asdict(neighbours.check),
    }


async def _embedded(bench: Bench, texts: Sequence[str]) -> Embeddings:
    config = bench.config
    with bench.progress.bar(f"embedding by {config.embedding.label}") as meter:
        embedder = connect(
            config.embedding, config.paths.cache, meter, config.budget, bench.spending, bench.progress.line
        )
        try:
            return await embedder.embed(texts)
        finally:
            await embedder.close()


def _account(bench: Bench, embedded: Embeddings) -> dict[str, Any]:
    """What the vectors took now; those that were recorded cost nothing again."""
    return {
        "by": bench.config.embedding.label,
        "texts": len(embedded.vectors),
        "dimensions": embedded.vectors.shape[1],
        "read_in_part": int(embedded.truncated.sum()),
        "sent": embedded.sent,
        "tokens": embedded.tokens,
        "uncounted": embedded.uncounted,
        "estimated_tokens": embedded.estimated,
        "answered": sorted(embedded.answered),
        "paid_now_usd": bench.config.embedding.price.of(Usage(prompt=embedded.billed)),
    }
