"""Sampling strategies: which factors are drawn together, how often, and what never occurs (Section 2.2)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, RootModel, model_validator

from simula.errors import unknown
from simula.settings import Settings

_HEAVIEST = 1_000_000
"""So that sums of weights stay exact enough to draw by."""

Path = tuple[str, ...]
"""Names from the top level of a factor's tree down to a node."""


def _listed(path: Any) -> Any:
    if isinstance(path, list | tuple) and path:
        return path
    raise ValueError("expected a list of names from the top level down, such as [war, civil war]")


class Exclusion(RootModel[dict[str, Annotated[Path, BeforeValidator(_listed)]]]):
    """A combination that never occurs: one node in each of two or more factors.

    A mix is excluded when for every named factor its node is the named one or lies below it. A mix whose
    node lies above the named one is not: to draw "war" says nothing of "war > civil war".

    Example:
        In YAML `{audience: [children], topic: [war, civil war]}`: factor to the names from the top level
        down to the node.
    """

    model_config = ConfigDict(frozen=True)

    @model_validator(mode="after")
    def _of_several_factors(self) -> Exclusion:
        if len(self.root) < 2:
            raise ValueError("an exclusion names a node in each of two or more factors")
        return self

    def holds(self, nodes: Mapping[str, Path]) -> bool:
        """Whether a mix, given as factor to node, is excluded by this."""
        return all(self.covers(factor, nodes[factor]) for factor in self.root)

    def covers(self, factor: str, node: Path) -> bool:
        """Whether a node is the named one or lies below it; any node of a factor that is not named does."""
        named = self.root.get(factor, ())
        return node[: len(named)] == named

    def __str__(self) -> str:
        return " + ".join(f"{factor}: {' > '.join(path)}" for factor, path in self.root.items())


class Strategy(Settings):
    """Which taxonomies are sampled together, how often, and which combinations never occur."""

    factors: tuple[str, ...]
    """Names of the factors; a mix holds one node of each."""
    weight: float
    """How often it is drawn, relative to the weights of the others."""
    excluded: tuple[Exclusion, ...] = ()
    """Combinations that none of its mixes holds."""


Kinds = Mapping[str, Collection[Path] | None]
"""Factor to the paths of all its nodes; None where the teacher is still to write them."""


def strategy_problems(strategies: Sequence[Strategy], kinds: Kinds, always: Collection[str]) -> list[str]:
    """One sentence for everything in a person's strategies that cannot be meant as it is written.

    Args:
        strategies: as a person wrote them.
        kinds: factor to the paths of its nodes.
        always: factors that every strategy includes.
    """
    return [
        f"strategy {number} ({', '.join(strategy.factors)}): {problem}"
        for number, strategy in enumerate(strategies, start=1)
        for problem in (*_problems(strategy, kinds, always), *_exclusion_problems(strategy, kinds))
    ]


def _problems(strategy: Strategy, kinds: Kinds, always: Collection[str]) -> Iterator[str]:
    if not strategy.factors:
        yield "it names no factors"
    for factor in dict.fromkeys(strategy.factors):
        if factor not in kinds:
            yield unknown(factor, list(kinds), "factor")
        if strategy.factors.count(factor) > 1:
            yield f"it names the factor '{factor}' twice"
    for factor in always:
        if factor not in strategy.factors:
            yield f"the factor '{factor}' is marked always and is missing here"
    if not 0 < strategy.weight <= _HEAVIEST:
        yield f"its weight is {strategy.weight:g}; a number above 0 and up to {_HEAVIEST:,} is expected"


def _exclusion_problems(strategy: Strategy, kinds: Kinds) -> Iterator[str]:
    """One sentence for every factor or node that an exclusion names and that there is not."""
    for exclusion in strategy.excluded:
        for factor, path in exclusion.root.items():
            if problem := _misnamed(factor, path, strategy, kinds):
                yield f"excluded {exclusion}: {problem}"


def _misnamed(factor: str, path: Path, strategy: Strategy, kinds: Kinds) -> str:
    """What is wrong with a factor or a path, at the first name that is not there; empty where nothing is."""
    if factor not in strategy.factors:
        return unknown(factor, list(strategy.factors), "factor of the strategy")
    nodes = kinds.get(factor, ())
    if nodes is None:
        return (
            f"the kinds of '{factor}' are still to be written by the teacher; state them as children of the "
            "factor, or exclude them in an edited copy of the taxonomy"
        )
    for depth, name in enumerate(path if factor in kinds else ()):
        level = [node[-1] for node in nodes if node[:-1] == path[:depth]]
        above = " > ".join((factor, *path[:depth]))
        if not level:
            return f"'{above}' is not divided, so there is no '{name}' below it"
        if name not in level:
            return f"below '{above}' {unknown(name, level, 'kind')}"
    return ""
