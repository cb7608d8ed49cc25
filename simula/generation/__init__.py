"""From a slot to a candidate: scenario, complexity, sample, critics, refinement; and other recipes."""

from simula.generation.candidate import Candidate, Mechanism
from simula.generation.history import History, SeenMixes, Texts, looks_back
from simula.generation.recipes import NO_MIX
from simula.generation.settings import (
    Complexity,
    DatasetSettings,
    EvolInstruct,
    Recipe,
    Scenarios,
    SelfInstruct,
    Simula,
)
from simula.generation.slot import Slot, fill

__all__ = [
    "NO_MIX",
    "Candidate",
    "Complexity",
    "DatasetSettings",
    "EvolInstruct",
    "History",
    "Mechanism",
    "Recipe",
    "Scenarios",
    "SeenMixes",
    "SelfInstruct",
    "Simula",
    "Slot",
    "Texts",
    "fill",
    "looks_back",
]
