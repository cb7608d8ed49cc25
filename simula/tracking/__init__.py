"""Weights & Biases runs of the stages: one run a stage, grouped by experiment."""

from simula.tracking.artifacts import Stored
from simula.tracking.settings import Tracking
from simula.tracking.tracker import Run, open_run

__all__ = ["Run", "Stored", "Tracking", "open_run"]
