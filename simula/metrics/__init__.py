"""Measures of a data set: coverage, diversity."""

from simula.metrics.assessment import assess, measured_texts
from simula.metrics.settings import AssessmentSettings

__all__ = ["AssessmentSettings", "assess", "measured_texts"]
