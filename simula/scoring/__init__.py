"""Calibrated scores: items in batches of varied company, scored by a teacher, rated by Elo."""

from simula.scoring.asking import ScoredBatch, score_batches
from simula.scoring.elo import Rating, rate
from simula.scoring.schedule import Schedule, count_parts, schedule
from simula.scoring.settings import EloSettings, ScoringSettings

__all__ = [
    "EloSettings",
    "Rating",
    "Schedule",
    "ScoredBatch",
    "ScoringSettings",
    "count_parts",
    "rate",
    "schedule",
    "score_batches",
]
