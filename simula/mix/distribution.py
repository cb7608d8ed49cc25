"""The exact distribution of the mixes that a strategy permits."""

from __future__ import annotations

import numpy as np

from simula.errors import ConfigurationError
from simula.mix.nodes import node_probabilities
from simula.taxonomy.settings import TaxonomySettings
from simula.taxonomy.tree import Node, Path, Strategy, Taxonomies


class MixDistribution:
    """One strategy's mixes, given that none of its exclusions holds; by dynamic programming, exactly.

    The factors are taken one by one. All that matters of the nodes chosen so far is which exclusions still
    threaten: those that every chosen node covers. They are the bits of an integer. A mix is permitted when
    none threatens after the last factor.
    """

    def __init__(self, taxonomies: Taxonomies, strategy: Strategy, settings: TaxonomySettings) -> None:
        """Weigh the nodes of each factor; the cost grows with the sets of exclusions that can threaten."""
        excluded = strategy.excluded
        self._all = (1 << len(excluded)) - 1
        self._nodes: list[list[tuple[Path, Node, float, int]]] = []
        """By factor: path, node, probability, and the exclusions that go on threatening."""
        for factor in strategy.factors:
            found = node_probabilities(taxonomies.of(factor), settings)
            self._nodes.append(
                [
                    (path, node, chance, sum(e.covers(factor, path) << bit for bit, e in enumerate(excluded)))
                    for path, node, chance in found
                ]
            )
        self._groups: list[dict[int, float]] = []
        """By factor: the same, with the probabilities of nodes of like effect added up."""
        for nodes in self._nodes:
            group: dict[int, float] = {}
            for _, _, chance, covered in nodes:
                group[covered] = group.get(covered, 0.0) + chance
            self._groups.append(group)
        self._known: dict[tuple[int, int], float] = {}

    @property
    def permitted(self) -> float:
        """The probability that a draw is permitted; 0 only where no mix is."""
        return self._permitted(0, self._all)

    def _permitted(self, at: int, threats: int) -> float:
        """The probability that the factors from `at` on end all of the `threats`."""
        if not threats:
            return 1.0
        if at == len(self._groups):
            return 0.0
        if (at, threats) not in self._known:
            self._known[at, threats] = sum(
                chance * self._permitted(at + 1, threats & covered)
                for covered, chance in self._groups[at].items()
            )
        return self._known[at, threats]

    def shares(self) -> list[dict[Path, float]]:
        """By factor of the strategy: node to the probability that a permitted mix holds it."""
        found: list[dict[Path, float]] = []
        before = {self._all: 1.0}
        for at, nodes in enumerate(self._nodes):
            open_ways = {
                covered: sum(
                    chance * self._permitted(at + 1, threats & covered) for threats, chance in before.items()
                )
                for covered in self._groups[at]
            }
            shares: dict[Path, float] = {}
            for path, _, chance, covered in nodes:
                shares[path] = shares.get(path, 0.0) + chance * open_ways[covered] / self.permitted
            found.append(shares)
            after: dict[int, float] = {}
            for threats, chance in before.items():
                for covered, share in self._groups[at].items():
                    left = threats & covered
                    after[left] = after.get(left, 0.0) + chance * share
            before = after
        return found

    def draw(self, draw: np.random.Generator) -> list[tuple[Path, Node]]:
        """One permitted mix, at once: each node given those before it and what is still possible after it.

        Raises:
            ConfigurationError: no mix is permitted.
        """
        if not self.permitted:
            raise ConfigurationError("the exclusions of a strategy leave no mix that could be drawn")
        chosen: list[tuple[Path, Node]] = []
        threats = self._all
        for at, nodes in enumerate(self._nodes):
            weights = np.array(
                [chance * self._permitted(at + 1, threats & covered) for _, _, chance, covered in nodes]
            )
            path, node, _, covered = nodes[int(draw.choice(len(nodes), p=weights / weights.sum()))]
            threats &= covered
            chosen.append((path, node))
        return chosen


def permitted_share(taxonomies: Taxonomies, strategy: Strategy, settings: TaxonomySettings) -> float:
    """The exact probability that nodes drawn for this strategy, each by itself, are not an excluded mix.

    It is 0 under all settings or under none: every node lies at or below one of the top level, which every
    setting can draw, and an exclusion that holds for a mix holds for all mixes below it.
    """
    return MixDistribution(taxonomies, strategy, settings).permitted


def planned(taxonomies: Taxonomies, settings: TaxonomySettings) -> dict[str, dict[Path, float]]:
    """The exact probability that a mix holds a node, over all strategies and given what they exclude.

    Returns:
        Factor to node (in the tree's order) to probability. The sum over a factor's nodes is the
        probability that a mix holds the factor at all; nodes that the settings never draw have 0.
    """
    total = sum(strategy.weight for strategy in taxonomies.strategies)
    found = {
        tree.factor: dict.fromkeys((path for path, _ in tree.nodes), 0.0) for tree in taxonomies.taxonomies
    }
    for strategy in taxonomies.strategies:
        shares = MixDistribution(taxonomies, strategy, settings).shares()
        for factor, nodes in zip(strategy.factors, shares, strict=True):
            for path, share in nodes.items():
                found[factor][path] += share * strategy.weight / total
    return found
