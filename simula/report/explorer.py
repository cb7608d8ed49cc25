"""What the page's explorer knows: taxonomies, each data set's rows by node, and some rows' stories."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from simula.generation import Candidate
from simula.report.story import sections
from simula.taxonomy import Node, Taxonomies
from simula.visible import visible

LONGEST = 4_000
"""Characters of one text that are shown; of a longer one the page says how many it left out."""
_FIRST = 160
"""Characters of a row's question that stand in the list of rows."""
_LEFT_OUT = "prompt files, with the hash of their text"
"""A section that `simula show` tells and that would be the same in thousands of rows."""
_ESCAPED = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}
"""Signs with which a text could end the page's script element, or a line of it."""


@dataclass(frozen=True, slots=True)
class Assigned:
    """Where a teacher says that the points of a data set stand (the measure `coverage`)."""

    points: int
    below: Mapping[tuple[str, ...], int]
    """Factor and path of a node in one, to the points at it or below it."""


@dataclass(frozen=True, slots=True)
class ShownSet:
    """One data set."""

    name: str
    key: str
    """By which `simula show` finds it."""
    tree: str | None
    """Its taxonomies, by their name in the explorer; None where no row was drawn from any."""
    rows: int
    refused: int
    """Candidates that were not accepted."""
    shown: tuple[Candidate, ...]
    """Some of both."""
    drawn: Mapping[tuple[str, ...], int] = field(default_factory=dict)
    """Factor and path of a node in one, to the number of all rows that were drawn from just this node."""
    assigned: Assigned | None = None
    ratings: Mapping[int, Mapping[str, float]] = field(default_factory=dict)
    """Slot to its ratings by name, of those shown rows that were rated."""


@dataclass(frozen=True, slots=True)
class Explorer:
    """All that there is to look into."""

    trees: Mapping[str, Taxonomies] = field(default_factory=dict)
    sets: tuple[ShownSet, ...] = ()
    rated: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)
    """Name of a data set to the Elo ratings of all its rows, where a selection needed them."""
    notes: tuple[str, ...] = ()
    """What was left out, in sentences."""

    def to_json(self) -> str:
        """For the page's script: JSON that can stand in a script element whatever its texts hold."""
        numbers = {name: node_numbers(tree) for name, tree in self.trees.items()}
        found = {
            "trees": [{"name": name, "factors": _factors(tree)} for name, tree in self.trees.items()],
            "sets": [_set(one, list(self.trees), numbers) for one in self.sets],
            "rows": [
                _row(candidate, one, at, numbers.get(one.tree or "", {}))
                for at, one in enumerate(self.sets)
                for candidate in one.shown
            ],
        }
        return json.dumps(found, ensure_ascii=False, separators=(",", ":")).translate(_ESCAPED)


def node_numbers(trees: Taxonomies) -> dict[tuple[str, ...], int]:
    """Factor and path in one, to the node's number: depth first, one factor after the other, from 0.

    A factor has a number as well, with its name as the whole path. So the numbers of what stands below a
    node follow its own without a gap.
    """
    places = (
        place
        for tree in trees.taxonomies
        for place in ((tree.factor,), *((tree.factor, *path) for path, _ in tree.nodes))
    )
    return {place: number for number, place in enumerate(places)}


def _factors(trees: Taxonomies) -> list[list[Any]]:
    return [[tree.factor, tree.description, [*map(_node, tree.children)]] for tree in trees.taxonomies]


def _node(node: Node) -> list[Any]:
    return [node.name, node.description, [*map(_node, node.children)]]


def _set(one: ShownSet, trees: list[str], numbers: Mapping[str, Mapping[tuple[str, ...], int]]) -> Any:
    said: dict[str, Any] = {
        "name": one.name,
        "key": one.key,
        "rows": one.rows,
        "refused": one.refused,
        "shown": sum(candidate.status == "accepted" for candidate in one.shown),
    }
    said["shownRefused"] = len(one.shown) - said["shown"]
    if one.tree is not None:
        said["tree"] = trees.index(one.tree)
        said["drawn"] = [one.drawn.get(place, 0) for place in numbers[one.tree]]
    if one.tree is not None and one.assigned is not None:
        said["assigned"] = {"points": one.assigned.points, "below": _below(one.assigned, numbers[one.tree])}
    return said


def _below(assigned: Assigned, numbers: Mapping[tuple[str, ...], int]) -> list[int]:
    """By number; a factor has what its upper nodes have together."""
    factors = Counter[str]()
    for place, points in assigned.below.items():
        if len(place) == 2:
            factors[place[0]] += points
    return [assigned.below.get(p, 0) if len(p) > 1 else factors[p[0]] for p in numbers]


def _row(candidate: Candidate, one: ShownSet, at: int, numbers: Mapping[tuple[str, ...], int]) -> Any:
    places = ((choice.factor, *choice.path) for choice in candidate.mix.choices)
    text = candidate.example.question if candidate.example else candidate.reason
    return {
        "set": at,
        "slot": candidate.slot,
        "status": candidate.status,
        "reason": _cut(candidate.reason),
        "text": _cut(" ".join(text.split()), _FIRST),
        "nodes": [numbers[place] for place in places if place in numbers],
        "story": [[title, lines] for title, lines in _told(candidate, one)],
    }


def _told(candidate: Candidate, one: ShownSet) -> Iterator[tuple[str, list[list[str]]]]:
    for title, lines in sections(candidate):
        if title != _LEFT_OUT:
            yield title, [[_cut(label), _cut(text)] for label, text in lines]
    if ratings := one.ratings.get(candidate.slot):
        yield "how it was rated", [[name, f"{value:,.1f}"] for name, value in ratings.items()]
    yield "to see all of it", [["on a terminal", f"simula show {one.key} slot:{candidate.slot}"]]


def _cut(text: str, longest: int = LONGEST) -> str:
    """With every control character as a sign that can be seen, and no longer than that."""
    seen = visible(text[:longest])
    return seen if len(text) <= longest else f"{seen}… ({len(text) - longest:,} more characters)"
