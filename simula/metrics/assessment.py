"""What of a data set is known without vectors and without a teacher."""

from __future__ import annotations

from collections.abc import Sequence

from simula.metrics.coverage import level_ratios
from simula.metrics.points import Point
from simula.taxonomy import Taxonomies


def assess(points: Sequence[Point], taxonomies: Taxonomies | None) -> dict[str, float]:
    """Measures by name.

    Args:
        points: what is measured.
        taxonomies: what the points' mixes were drawn from; None where they have none, then there is no
            coverage by lineage.
    """
    measures = {"rows measured": float(len(points))}
    if taxonomies is not None:
        ratios = level_ratios(taxonomies, [point.mix for point in points if point.mix is not None])
        measures |= {f"coverage {level}": ratio for level, ratio in ratios.items()}
    return measures
