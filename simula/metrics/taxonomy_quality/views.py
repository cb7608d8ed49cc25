"""What a judge is shown of trees that are too large for one call: the parts around the nodes in question."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simula.taxonomy import Taxonomy
from simula.taxonomy.tree import Path


@dataclass(frozen=True, slots=True)
class View:
    """Some nodes of a tree, in the tree's order."""

    paths: tuple[Path, ...]
    hidden: int
    """Nodes of the tree that are not shown."""

    @property
    def outline(self) -> list[dict[str, Any]]:
        """The nodes as a prompt lists them, each indented by its level.

        Names alone: descriptions would tell who wrote a tree.
        """
        return [{"name": path[-1], "depth": len(path) - 1} for path in self.paths]


@dataclass(frozen=True)
class Viewed:
    """A tree, of which a call shows `most` nodes at most."""

    tree: Taxonomy
    most: int

    @cached_property
    def paths(self) -> list[Path]:
        """All nodes, in the tree's order."""
        return [path for path, _ in self.tree.nodes]

    @cached_property
    def children(self) -> dict[Path, list[Path]]:
        """Node to the nodes that it divides into; the root is the empty path."""
        found: dict[Path, list[Path]] = {}
        for path in self.paths:
            found.setdefault(path[:-1], []).append(path)
        return found

    @property
    def large(self) -> bool:
        """Whether the whole is too much for one call."""
        return len(self.paths) > self.most

    def ways_on(self, place: Path) -> list[Path]:
        """Where to look further below a node; empty where all of it can be shown."""
        ways = self.children.get(place, [])
        return ways if len(self._within(place)) > self.most else []

    def around(self, nodes: Sequence[Path]) -> View:
        """The whole tree; of a large one `nodes`, what stands above and beside them, and their namesakes.

        A node that means the same under another name in a branch far away is not shown then.
        """
        if not self.large:
            return View(tuple(self.paths), 0)
        names = {path[-1].casefold() for path in nodes}
        above = dict.fromkeys(path[:length] for path in nodes for length in range(1, len(path)))
        beside = [path for node in (*nodes, *above) for path in self.children[node[:-1]]]
        namesakes = [path for path in self.paths if path[-1].casefold() in names]
        return self._view([*nodes, *above, *namesakes, *beside])

    def at(self, place: Path) -> View:
        """The whole tree; of a large one what stands below a node, level by level, and above it."""
        if not self.large:
            return View(tuple(self.paths), 0)
        above = [place[:length] for length in range(1, len(place))]
        return self._view([*above, *sorted(self._within(place), key=len)])

    def _within(self, place: Path) -> list[Path]:
        """The node and all below it."""
        return [path for path in self.paths if path[: len(place)] == place]

    def _view(self, wanted: Sequence[Path]) -> View:
        """The first of the wanted nodes, as many as a call shows."""
        chosen = set(list(dict.fromkeys(wanted))[: self.most])
        return View(tuple(path for path in self.paths if path in chosen), len(self.paths) - len(chosen))
