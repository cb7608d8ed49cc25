"""A taxonomy beside an expert's: every node of both is labelled (Section 3, Tables 2 and 3)."""

from simula.metrics.taxonomy_quality.judging import JUDGE, PLACE, Judge, batches
from simula.metrics.taxonomy_quality.labels import (
    LABELS,
    Agreement,
    Label,
    LabelledNode,
    Matches,
    Noise,
    Vote,
    agreement,
    matches,
    noise,
)
from simula.metrics.taxonomy_quality.settings import TaxonomyQualitySettings

__all__ = [
    "JUDGE",
    "LABELS",
    "PLACE",
    "Agreement",
    "Judge",
    "Label",
    "LabelledNode",
    "Matches",
    "Noise",
    "TaxonomyQualitySettings",
    "Vote",
    "agreement",
    "batches",
    "matches",
    "noise",
]
