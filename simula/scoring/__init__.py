"""Calibrated scores: items in batches of varied company, scored by a teacher; Elo, Bradley–Terry."""

from simula.scoring.asking import ScoredBatch, score_batches
from simula.scoring.bradley_terry import Estimates, estimate
from simula.scoring.comparisons import Comparisons, compared
from simula.scoring.elo import Rating, online_elo, rate
from simula.scoring.schedule import Schedule, count_parts, schedule
from simula.scoring.settings import EloSettings, ScoringSettings

__all__ = [
    "Comparisons",
    "EloSettings",
    "Estimates",
    "Rating",
    "Schedule",
    "ScoredBatch",
    "ScoringSettings",
    "compared",
    "count_parts",
    "estimate",
    "online_elo",
    "rate",
    "schedule",
    "score_batches",
]
