"""Measures of a data set: coverage, diversity, complexity, its validity."""

from simula.metrics.assessment import assess
from simula.metrics.points import Point, points_of
from simula.metrics.settings import AssessmentSettings, Columns, Measure

__all__ = ["AssessmentSettings", "Columns", "Measure", "Point", "assess", "points_of"]
