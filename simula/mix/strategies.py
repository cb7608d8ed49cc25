"""Ask the teacher for sampling strategies (Section 2.2)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simula.domain import Exclusion
from simula.domain.names import folded
from simula.errors import RequestFailed, UnreadableReply
from simula.mix.check import contradiction
from simula.prompts import Asker, Tally, replies
from simula.taxonomy.tree import Strategy, Taxonomies, Taxonomy

SHOWN = 12
"""Kinds of a factor that the prompt names at most; `Expansion.max_children` is 12, too."""


async def write_strategies(
    taxonomies: Sequence[Taxonomy], asker: Asker, seed: int, tally: Tally, counts: Counter[str]
) -> tuple[Strategy, ...]:
    """Weighted strategies over the factors, with what they exclude; `always` factors are in each of them.

    Where there is one factor only, where the reply cannot be read or is refused, or where every strategy
    contradicts itself (each of which is counted), one strategy samples all factors together.
    """
    everything = Strategy(factors=tuple(taxonomy.factor for taxonomy in taxonomies), weight=1)
    if len(taxonomies) < 2:
        return (everything,)
    names = [(taxonomy.factor, child.name) for taxonomy in taxonomies for child in taxonomy.children]
    labels = {f"{factor}: {name}": (factor, name) for factor, name in names}
    schema = replies.strategies(everything.factors, max(map(len, labels)))
    values = {"factors": [_described(taxonomy) for taxonomy in taxonomies], "most": replies.EXCLUSIONS}
    try:
        reply = await asker.ask("write_strategies", schema, values, seed=seed, tally=tally)
    except (UnreadableReply, RequestFailed) as error:
        counts[f"{'refused' if isinstance(error, RequestFailed) else 'unreadable'} strategies"] += 1
        return (everything,)
    kinds = {folded(label): named for label, named in labels.items()}
    strategies = _Reading(taxonomies, kinds, counts).strategies(reply["strategies"])
    if not strategies:
        counts["all strategies replaced by one of all factors"] += 1
        return (everything,)
    used = {factor for strategy in strategies for factor in strategy.factors}
    if unused := len(everything.factors) - len(used):
        counts["factors in no strategy"] += unused
    return strategies


def _described(taxonomy: Taxonomy) -> dict[str, Any]:
    names = [child.name for child in taxonomy.children]
    return {
        "name": taxonomy.factor,
        "description": taxonomy.description,
        "top": names[:SHOWN],
        "more": max(0, len(names) - SHOWN),
    }


@dataclass(frozen=True, slots=True)
class _Reading:
    """The teacher's strategies as far as they can be meant; everything dropped is counted."""

    taxonomies: Sequence[Taxonomy]
    kinds: Mapping[str, tuple[str, str]]
    """ "factor: kind" of every top-level kind, folded, to the two names."""
    counts: Counter[str]

    def strategies(self, items: Sequence[Mapping[str, Any]]) -> tuple[Strategy, ...]:
        """Equal strategies are one, with their weights added up; those that permit no mix are left out."""
        found: dict[tuple[object, ...], Strategy] = {}
        for item in items:
            strategy = self._strategy(item)
            key = (strategy.factors, *map(str, strategy.excluded))
            weight = strategy.weight + (found[key].weight if key in found else 0)
            found[key] = strategy.model_copy(update={"weight": weight})
        whole = Taxonomies(taxonomies=tuple(self.taxonomies), strategies=tuple(found.values()))
        usable = tuple(strategy for strategy in whole.strategies if not contradiction(whole, strategy))
        if dropped := len(whole.strategies) - len(usable):
            self.counts["strategies that exclude everything"] += dropped
        return usable

    def _strategy(self, item: Mapping[str, Any]) -> Strategy:
        chosen = {taxonomy.factor for taxonomy in self.taxonomies if taxonomy.always} | set(item["factors"])
        factors = tuple(taxonomy.factor for taxonomy in self.taxonomies if taxonomy.factor in chosen)
        excluded: dict[str, Exclusion] = {}
        for pair in item["excluded"]:
            exclusion = self._exclusion(pair, factors)
            if exclusion is None:
                continue
            if str(exclusion) in excluded:
                self.counts["exclusions written twice"] += 1
            excluded[str(exclusion)] = exclusion
        return Strategy(
            factors=factors,
            weight=item["weight"],
            excluded=tuple(excluded[text] for text in sorted(excluded)),
        )

    def _exclusion(self, pair: Mapping[str, str], factors: Sequence[str]) -> Exclusion | None:
        found = [self.kinds.get(folded(text)) for text in (pair["first"], pair["second"])]
        named = dict(kind for kind in found if kind)
        if None in found:
            self.counts["exclusions that name no kind"] += 1
        elif len(named) < 2:
            self.counts["exclusions within one factor"] += 1
        elif not named.keys() <= set(factors):
            self.counts["exclusions of factors outside of their strategy"] += 1
        else:
            return Exclusion({factor: (named[factor],) for factor in factors if factor in named})
        return None
