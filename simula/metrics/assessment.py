"""All measures of one data set."""

from __future__ import annotations

from collections.abc import Sequence

from simula.generation import Candidate
from simula.metrics.coverage import level_ratios
from simula.metrics.diversity import distinct_bigrams, global_distance, local_distance, tfidf
from simula.metrics.settings import AssessmentSettings
from simula.taxonomy import Taxonomies


def assess(
    rows: Sequence[Candidate], taxonomies: Taxonomies | None, settings: AssessmentSettings
) -> dict[str, float]:
    """Measures by name; those that need more rows than there are, are left out.

    Args:
        rows: accepted candidates.
        taxonomies: what their mixes were drawn from; None where the recipe draws none, then there is no
            coverage by lineage.
        settings: how many rows are measured, and the neighbourhood.
    """
    rows = rows[: settings.points]
    texts = [row.example.text for row in rows if row.example is not None]
    measures = {"rows measured": float(len(rows))}
    if taxonomies is not None:
        ratios = level_ratios(taxonomies, [row.mix for row in rows])
        measures |= {f"coverage {level}": ratio for level, ratio in ratios.items()}
    measures["distinct bigrams"] = distinct_bigrams(texts)
    measures["words a row"] = sum(len(text.split()) for text in texts) / max(1, len(texts))
    if len(texts) > 2:
        vectors = tfidf(texts)
        measures["global distance"] = global_distance(vectors)
        measures["local distance"] = local_distance(vectors, settings.neighbours)
    return measures
