"""Taxonomies: the tree of one factor of variation."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from itertools import zip_longest
from typing import Any

from pydantic import BaseModel, ConfigDict

from simula.domain.strategy import Path as Path
from simula.domain.strategy import Strategy as Strategy


class Node(BaseModel):
    """One kind within a factor, with the kinds it divides into."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    description: str = ""
    children: tuple[Node, ...] = ()

    def walk(self, above: Path = ()) -> Iterator[tuple[Path, Node]]:
        """This node and all below it, each with its path from the root's child down."""
        path = (*above, self.name)
        yield path, self
        for child in self.children:
            yield from child.walk(path)


class Taxonomy(BaseModel):
    """The tree of one factor; the root is the factor itself and is never drawn."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    factor: str
    description: str = ""
    always: bool = False
    """Every strategy includes this factor."""
    children: tuple[Node, ...] = ()

    @cached_property
    def nodes(self) -> list[tuple[Path, Node]]:
        """All nodes below the root, depth first."""
        return [found for child in self.children for found in child.walk()]

    @cached_property
    def levels(self) -> list[list[tuple[Path, Node]]]:
        """The nodes by level; level 1 (the root's children) comes first."""
        depth = max((len(path) for path, _ in self.nodes), default=0)
        return [[found for found in self.nodes if len(found[0]) == level] for level in range(1, depth + 1)]

    @cached_property
    def repeated(self) -> list[list[Path]]:
        """The paths of nodes that share a name, folding case: one list a name, in the tree's order."""
        named: dict[str, list[Path]] = {}
        for path, _ in self.nodes:
            named.setdefault(path[-1].casefold(), []).append(path)
        return [paths for paths in named.values() if len(paths) > 1]


class Taxonomies(BaseModel):
    """Everything that the mixes of a domain are drawn from; shared by all its systems."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    taxonomies: tuple[Taxonomy, ...]
    strategies: tuple[Strategy, ...]

    def of(self, factor: str) -> Taxonomy:
        """The taxonomy of a factor."""
        return next(taxonomy for taxonomy in self.taxonomies if taxonomy.factor == factor)

    @cached_property
    def nodes_by_level(self) -> list[int]:
        """Nodes of all taxonomies together; level 1 comes first."""
        sizes = [[len(level) for level in taxonomy.levels] for taxonomy in self.taxonomies]
        return [sum(level) for level in zip_longest(*sizes, fillvalue=0)]

    def content(self) -> dict[str, Any]:
        """What the taxonomies say, in canonical form: equal content gives equal values."""
        return self.model_dump(mode="json", exclude_defaults=True)
