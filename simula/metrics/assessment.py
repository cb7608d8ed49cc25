"""All measures of one data set."""

from __future__ import annotations

from collections.abc import Sequence

from simula.generation import Candidate
from simula.metrics.coverage import level_ratios
from simula.metrics.diversity import Vectors, distinct_bigrams, global_distance, local_distance
from simula.metrics.settings import AssessmentSettings
from simula.taxonomy import Taxonomies


def measured_texts(rows: Sequence[Candidate], settings: AssessmentSettings) -> list[str]:
    """The texts of the rows that are measured, in their order: what `assess` takes vectors of."""
    return [row.example.text for row in rows[: settings.points] if row.example is not None]


def assess(
    rows: Sequence[Candidate],
    taxonomies: Taxonomies | None,
    settings: AssessmentSettings,
    vectors: Vectors,
    embedding: str,
) -> dict[str, float]:
    """Measures by name; those that need more rows than there are, are left out.

    Args:
        rows: accepted candidates.
        taxonomies: what their mixes were drawn from; None where the recipe draws none, then there is no
            coverage by lineage.
        settings: how many rows are measured, and the neighbourhood.
        vectors: unit vectors (n, d) of `measured_texts`.
        embedding: what made the vectors: a part of the distances' names, so that those by different
            embeddings are never taken for one measure.
    """
    texts = measured_texts(rows, settings)
    rows = rows[: settings.points]
    measures = {"rows measured": float(len(rows))}
    if taxonomies is not None:
        ratios = level_ratios(taxonomies, [row.mix for row in rows])
        measures |= {f"coverage {level}": ratio for level, ratio in ratios.items()}
    measures["distinct bigrams"] = distinct_bigrams(texts)
    measures["words a row"] = sum(len(text.split()) for text in texts) / max(1, len(texts))
    if len(texts) > 2:
        measures[f"global distance ({embedding})"] = global_distance(vectors)
        measures[f"local distance ({embedding})"] = local_distance(vectors, settings.neighbours)
    return measures
