"""Whether strategies can be drawn from at all, before anything is spent on them."""

from __future__ import annotations

from simula.domain import Domain, Exclusion
from simula.mix.distribution import permitted_share
from simula.taxonomy.expansion import given
from simula.taxonomy.settings import TaxonomySettings
from simula.taxonomy.tree import Strategy, Taxonomies, Taxonomy

_TOP = TaxonomySettings(levels="top")
"""The cheapest of the settings, which all agree on whether anything is permitted."""


def contradictions(taxonomies: Taxonomies) -> list[str]:
    """One sentence for every strategy that permits no mix, under any setting of levels and distribution."""
    return [
        f"strategy {number} ({', '.join(strategy.factors)}): no mix is left, since together these exclude "
        f"everything: {'; '.join(map(str, clashing))}; remove one of them or add other kinds"
        for number, strategy in enumerate(taxonomies.strategies, start=1)
        if (clashing := contradiction(taxonomies, strategy))
    ]


def contradiction(taxonomies: Taxonomies, strategy: Strategy) -> tuple[Exclusion, ...]:
    """Exclusions that leave nothing to draw, none of which could be spared; empty where something is left."""

    def leave_nothing(excluded: tuple[Exclusion, ...]) -> bool:
        fewer = strategy.model_copy(update={"excluded": excluded})
        return permitted_share(taxonomies, fewer, _TOP) == 0

    needed = strategy.excluded
    if not leave_nothing(needed):
        return ()
    for exclusion in strategy.excluded:
        fewer = tuple(other for other in needed if other is not exclusion)
        needed = fewer if leave_nothing(fewer) else needed
    return needed


def stated(domain: Domain) -> Taxonomies:
    """What a domain itself states of trees and strategies, so that both can be checked before any call.

    Factors whose kinds the teacher is to write are left out, of the strategies too: no exclusion of the
    domain can name them, so that they decide nothing.
    """
    trees = tuple(
        Taxonomy(factor=factor.name, children=tuple(given(child) for child in factor.children))
        for factor in domain.factors
        if factor.children
    )
    known = {tree.factor for tree in trees}
    strategies = tuple(
        strategy.model_copy(update={"factors": tuple(name for name in strategy.factors if name in known)})
        for strategy in domain.strategies
    )
    return Taxonomies(taxonomies=trees, strategies=strategies)
