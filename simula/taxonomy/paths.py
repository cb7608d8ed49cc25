"""A tree put together from the paths of its nodes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from simula.domain.names import folded
from simula.taxonomy.tree import Node, Path


class PathTree:
    """Nodes as they are listed, each by its path.

    Names are compared without case and white space, and the first wording stands. Siblings keep the order in
    which they are first named; a node that others stand below comes with the first of them.
    """

    def __init__(self) -> None:
        """Begin with no node."""
        self._named: dict[Path, Path] = {}
        self._listed: set[Path] = set()

    def add(self, names: Iterable[str]) -> tuple[Path, bool]:
        """Add the node that `names` lead to; its path, and whether it was listed before."""
        path: Path = ()
        for name in names:
            wording = " ".join(name.split())
            path = self._named.setdefault((*map(folded, path), folded(name)), (*path, wording))
        before = path in self._listed
        self._listed.add(path)
        return path, before

    @property
    def unlisted(self) -> int:
        """Nodes that came with others and have not been listed themselves."""
        return len(self._named) - len(self._listed)

    def nodes(self, descriptions: Mapping[Path, str]) -> tuple[Node, ...]:
        """The tree; a node without a description has an empty one."""
        below: dict[Path, list[Path]] = {}
        for path in self._named.values():
            below.setdefault(path[:-1], []).append(path)

        def nested(above: Path) -> tuple[Node, ...]:
            return tuple(
                Node(name=path[-1], description=descriptions.get(path, ""), children=nested(path))
                for path in below.get(above, ())
            )

        return nested(())
