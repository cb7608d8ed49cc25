"""Draw mixes: a strategy by weight, then one node from each of its taxonomies (Section 2.2)."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from simula.draws import generator
from simula.mix.distribution import MixDistribution
from simula.mix.nodes import draw_node
from simula.settings import OfObject
from simula.taxonomy.settings import TaxonomySettings
from simula.taxonomy.tree import Node, Path, Strategy, Taxonomies

DRAWS = 100
"""Times that a slot's nodes are drawn at most before a permitted mix is drawn directly."""


class Choice(BaseModel):
    """One node of a mix."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: str
    path: Path
    description: str = ""


class Mix(BaseModel):
    """One node from each taxonomy of a strategy."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    strategy: int
    """Index of the strategy it was drawn by."""
    choices: tuple[Choice, ...]


def draw_mix(taxonomies: Taxonomies, settings: TaxonomySettings, seed: int, slot: int) -> Mix:
    """The mix of a slot: the same for every system that shares taxonomies, axis and seed.

    Nodes that a strategy excludes together are all drawn again, for the same strategy, so that strategies
    come exactly by their weights and mixes exactly by the distribution of those permitted. A slot whose
    first draw is permitted has the mix that it would have without exclusions.

    Raises:
        ConfigurationError: the exclusions leave no mix; `contradictions` says so beforehand, and why.
    """
    index = _strategy(taxonomies, seed, slot)
    strategy = taxonomies.strategies[index]
    for attempt in range(DRAWS):
        again = (attempt,) if attempt else ()
        nodes = [
            draw_node(taxonomies.of(factor), settings, generator(seed, slot, "node", factor, *again))
            for factor in strategy.factors
        ]
        if not (strategy.excluded and _excluded(strategy, nodes)):
            break
    else:
        # Drawn from the same distribution as by drawing on, which might take for ever.
        nodes = MixDistribution(taxonomies, strategy, settings).draw(generator(seed, slot, "permitted"))
    choices = (
        Choice(factor=factor, path=path, description=node.description)
        for factor, (path, node) in zip(strategy.factors, nodes, strict=True)
    )
    return Mix(strategy=index, choices=tuple(choices))


def _strategy(taxonomies: Taxonomies, seed: int, slot: int) -> int:
    """The index of a strategy, drawn by weight: as `Generator.choice` does it, which sums up each time."""
    shares = _cumulated(taxonomies)
    if len(shares) == 1:
        return 0
    return int(shares.searchsorted(generator(seed, slot, "strategy").random(), side="right"))


def _shares(taxonomies: Taxonomies) -> NDArray[np.float64]:
    """The strategies' weights, added up from the first to the last, as shares of the whole."""
    weights = np.array([strategy.weight for strategy in taxonomies.strategies], dtype=float)
    cumulated: NDArray[np.float64] = (weights / weights.sum()).cumsum()
    return np.asarray(cumulated / cumulated[-1])


_cumulated = OfObject(_shares)


def _excluded(strategy: Strategy, nodes: Sequence[tuple[Path, Node]]) -> bool:
    mix = {factor: path for factor, (path, _) in zip(strategy.factors, nodes, strict=True)}
    return any(exclusion.holds(mix) for exclusion in strategy.excluded)
