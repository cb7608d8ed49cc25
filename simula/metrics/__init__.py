"""Measures of a data set: coverage, diversity, complexity, its validity."""

from simula.metrics.assessment import assess
from simula.metrics.diversity import Diversity, diversity
from simula.metrics.points import Point, points_of
from simula.metrics.settings import AssessmentSettings, Columns, DiversitySettings, Measure

__all__ = [
    "AssessmentSettings",
    "Columns",
    "Diversity",
    "DiversitySettings",
    "Measure",
    "Point",
    "assess",
    "diversity",
    "points_of",
]
