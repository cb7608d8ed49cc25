"""All measures of one data set that need no teacher."""

from __future__ import annotations

from collections.abc import Sequence

from simula.metrics.coverage import level_ratios
from simula.metrics.diversity import Vectors, distinct_bigrams, global_distance, local_distance
from simula.metrics.points import Point
from simula.metrics.settings import AssessmentSettings
from simula.taxonomy import Taxonomies


def assess(
    points: Sequence[Point],
    taxonomies: Taxonomies | None,
    settings: AssessmentSettings,
    vectors: Vectors,
    embedding: str,
) -> dict[str, float]:
    """Measures by name; those that need more points than there are, are left out.

    Args:
        points: what is measured.
        taxonomies: what the points' mixes were drawn from; None where they have none, then there is no
            coverage by lineage.
        settings: the neighbourhood.
        vectors: unit vectors (n, d) of the points' texts.
        embedding: what made the vectors: a part of the distances' names, so that those by different
            embeddings are never taken for one measure.
    """
    texts = [point.example.text for point in points]
    measures = {"rows measured": float(len(points))}
    if taxonomies is not None:
        ratios = level_ratios(taxonomies, [point.mix for point in points if point.mix is not None])
        measures |= {f"coverage {level}": ratio for level, ratio in ratios.items()}
    measures["distinct bigrams"] = distinct_bigrams(texts)
    measures["words a row"] = sum(len(text.split()) for text in texts) / max(1, len(texts))
    if len(texts) > 2:
        measures[f"global distance ({embedding})"] = global_distance(vectors)
        measures[f"local distance ({embedding})"] = local_distance(vectors, settings.neighbours)
    return measures
