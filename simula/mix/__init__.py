"""Strategies, and the mixes drawn by them."""

from simula.mix.check import contradictions, stated
from simula.mix.distribution import MixDistribution, permitted_share, planned
from simula.mix.sampling import Choice, Mix, draw_mix
from simula.mix.strategies import write_strategies

__all__ = [
    "Choice",
    "Mix",
    "MixDistribution",
    "contradictions",
    "draw_mix",
    "permitted_share",
    "planned",
    "stated",
    "write_strategies",
]
