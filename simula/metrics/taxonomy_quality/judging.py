"""Put the nodes of a tree to a judge, who sees the other tree as well (Section 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from simula.concurrency import each
from simula.draws import entropy
from simula.errors import RequestFailed, UnreadableReply
from simula.metrics.taxonomy_quality.labels import LabelledNode, Vote
from simula.metrics.taxonomy_quality.settings import TaxonomyQualitySettings
from simula.metrics.taxonomy_quality.views import Viewed
from simula.prompts import Asker, Tally, replies
from simula.taxonomy import Taxonomy
from simula.taxonomy.tree import Path

JUDGE, PLACE = "judge_node", "place_node"
"""The prompt files."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Nodes of one branch that one call asks about."""

    nodes: tuple[Path, ...]
    place: Path = ()
    """Where in the other tree they stand, or would; empty: nowhere, or all of it is shown."""


def batches(
    nodes: Iterable[Path], size: int, places: Mapping[Path, Path] = MappingProxyType({})
) -> list[Batch]:
    """The nodes in batches of at most `size`, each of one top-level branch and of one place."""
    groups: dict[tuple[str, Path], list[Path]] = {}
    for path in nodes:
        groups.setdefault((path[0], places.get(path, ())), []).append(path)
    return [
        Batch(tuple(group[at : at + size]), place)
        for (_, place), group in groups.items()
        for at in range(0, len(group), size)
    ]


@dataclass(slots=True)
class Judge:
    """Labels the nodes of one tree beside another; counts what was shown in part, and what was lost."""

    own: Taxonomy
    """Whose nodes are labelled."""
    other: Taxonomy
    settings: TaxonomyQualitySettings
    asker: Asker
    seed: int
    """Of the judge's sampling; another one for each pair of trees."""
    tally: Tally
    on_call: Callable[[], None] = lambda: None
    counts: Counter[str] = field(default_factory=Counter)
    _own: Viewed = field(init=False)
    _other: Viewed = field(init=False)

    def __post_init__(self) -> None:
        """See what of the trees fits into a call."""
        self._own = Viewed(self.own, self.settings.nodes_shown)
        self._other = Viewed(self.other, self.settings.nodes_shown)

    async def label(self) -> list[LabelledNode]:
        """Every node of `own` with its votes, in the tree's order; nothing hangs on the order of replies.

        Raises:
            TeacherUnavailable: no further call can succeed.
        """
        settings = self.settings
        beside = batches(self._own.paths, settings.nodes_a_call, await self._places())
        asked = [(batch, vote) for vote in range(settings.votes) for batch in beside]
        found: dict[Path, list[Vote]] = {path: [] for path in self._own.paths}
        for votes in await each(self._votes, asked, settings.concurrency):
            for path, vote in votes.items():
                found[path].append(vote)
        self.counts["nodes undecided"] += sum(not votes for votes in found.values())
        return [LabelledNode(path, tuple(votes)) for path, votes in found.items()]

    async def _votes(self, asked: tuple[Batch, int]) -> dict[Path, Vote]:
        """One vote on each node of a batch; none on those of which the reply says nothing usable."""
        batch, number = asked
        own, other = self._own.around(batch.nodes), self._other.at(batch.place)
        self.counts["calls that showed a tree in part"] += bool(own.hidden or other.hidden)
        values = {
            "factor": self.own.factor,
            "own": own.outline,
            "own_hidden": own.hidden,
            "other": other.outline,
            "other_hidden": other.hidden,
            "nodes": [list(path) for path in batch.nodes],
        }
        schema = replies.node_labels(len(batch.nodes), len(other.paths))
        reply = await self._ask(JUDGE, schema, values, entropy(self.seed, JUDGE, number, *batch.nodes[0]))
        votes: dict[Path, Vote] = {}
        for path, said in zip(batch.nodes, reply["labels"] if reply else (), strict=reply is not None):
            label, match = said["label"], said["match"]
            if label != "good_overlapping":
                votes[path] = Vote(label, None, said["reason"])
            elif match:
                votes[path] = Vote(label, other.paths[match - 1], said["reason"])
            else:
                # Nobody could hold such a label against the other tree.
                self.counts["overlapping with no node named"] += 1
        return votes

    async def _places(self) -> dict[Path, Path]:
        """Where the nodes stand in an other tree that is too large to be shown, found level by level."""
        places: dict[Path, Path] = dict.fromkeys(self._own.paths, ())
        waiting: list[Path] = self._own.paths
        while waiting:
            found = batches(waiting, self.settings.nodes_a_call, places)
            asked = [batch for batch in found if self._other.ways_on(batch.place)]
            waiting = []
            for further in await each(self._further, asked, self.settings.concurrency):
                places.update(further)
                waiting += further
        return places

    async def _further(self, batch: Batch) -> dict[Path, Path]:
        """Those of the nodes that stand further down, and where."""
        ways = self._other.ways_on(batch.place)
        self.counts["calls that looked for a place"] += 1
        values = {
            "factor": self.own.factor,
            "place": list(batch.place),
            "children": [path[-1] for path in ways],
            "nodes": [list(path) for path in batch.nodes],
        }
        schema = replies.places(len(batch.nodes), len(ways))
        seed = entropy(self.seed, PLACE, len(batch.place), *batch.nodes[0])
        reply = await self._ask(PLACE, schema, values, seed)
        numbers = reply["places"] if reply else [0] * len(batch.nodes)
        return {path: ways[number - 1] for path, number in zip(batch.nodes, numbers, strict=True) if number}

    async def _ask(
        self, template: str, schema: dict[str, Any], values: dict[str, Any], seed: int
    ) -> dict[str, Any] | None:
        """A reply; None, counted, where there is none. Raises RequestLost: another day there may be one."""
        try:
            return await self.asker.ask(template, schema, values, seed=seed, tally=self.tally)
        except (UnreadableReply, RequestFailed) as error:
            lost = "refused" if isinstance(error, RequestFailed) else "unreadable"
            self.counts[f"{lost} replies of {template}"] += 1
            return None
        finally:
            self.on_call()
