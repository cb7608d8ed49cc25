"""Build the taxonomies of a domain, breadth first (Section 2.1, Algorithm 1)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from simula.concurrency import in_order
from simula.domain import Domain, Factor, GivenNode
from simula.draws import entropy
from simula.errors import RequestFailed, UnreadableReply
from simula.prompts import Asker, Tally, replies
from simula.taxonomy.review import Named, compare, unite
from simula.taxonomy.settings import Expansion
from simula.taxonomy.tree import Node, Path, Taxonomy

_REMEDY = "choose a stronger teacher, raise teacher.max_tokens or dataset.attempts, or state"


@dataclass(frozen=True, slots=True)
class Builder:
    """Expands factors into trees; counts every cap that bites, every reply that was lost, every edit."""

    domain: Domain
    settings: Expansion
    asker: Asker
    tally: Tally = field(default_factory=Tally)
    counts: Counter[str] = field(default_factory=Counter)
    """Warnings: what was capped or lost."""
    factor_review: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Names of the factors kept, edited, added and rejected by the second call; empty where none was read."""
    child_review: Counter[str] = field(default_factory=Counter)
    """Children proposed (in the unions), kept, edited, added and rejected by the reviews, over all nodes."""
    leaves: Counter[int] = field(default_factory=Counter)
    """Level to the nodes of it that the teacher, when asked to, did not divide."""
    on_node: Callable[[], None] = lambda: None

    async def taxonomies(self) -> tuple[Taxonomy, ...]:
        """One taxonomy a factor, in the order of the factors.

        Raises:
            UnreadableReply: no factor could be had, or a factor has no children at all.
            RequestLost: faults that pass took every attempt of a call; what was answered is recorded.
        """
        factors = self.domain.factors or await self._factors()
        return tuple(await in_order([partial(self._tree, factor) for factor in factors]))

    async def _factors(self) -> tuple[Factor, ...]:
        """Propose, then accept, edit or reject each in a second call."""
        most = self.settings.max_factors
        values = {"max_factors": most}
        try:
            reply = await self._ask("propose_factors", replies.factors(2 * most), values)
        except (UnreadableReply, RequestFailed) as error:
            raise UnreadableReply(
                f"the teacher named no factors of variation ({error}); {_REMEDY} them in the domain's file"
            ) from error
        proposed = unite(reply["factors"])
        schema = replies.factors(max(len(proposed), most))
        reviewed = await self._review("review_factors", schema, values | {"factors": proposed})
        if reviewed is None:
            reviewed = proposed
        else:
            self.factor_review.update(asdict(compare(proposed, reviewed)))
        factors = self._capped(reviewed, most, "factors")
        return tuple(Factor(name=item["name"], description=item["description"]) for item in factors)

    async def _tree(self, factor: Factor) -> Taxonomy:
        if factor.children:
            children = tuple(given(child) for child in factor.children)
        else:
            children = await self._expand(factor)
        return Taxonomy(
            factor=factor.name, description=factor.description, always=factor.always, children=children
        )

    async def _expand(self, factor: Factor) -> tuple[Node, ...]:
        """Level by level; all nodes of a level at once, one plan from all new nodes between levels."""
        found: dict[Path, Named] = {}
        frontier: list[Path] = [()]
        described: dict[Path, str] = {(): factor.description}
        plan = ""
        for level in range(1, self.settings.depth + 1):
            tasks = [
                partial(self._children, factor, path, described[path], _siblings(path, found), plan)
                for path in frontier
            ]
            found.update(zip(frontier, await in_order(tasks), strict=True))
            described = {
                (*path, child["name"]): child["description"] for path in frontier for child in found[path]
            }
            if level == self.settings.depth or not described:
                break
            plan = await self._plan(factor, level, list(described))
            frontier = self._frontier(list(described))
        return _nest(found, ())

    async def _children(
        self, factor: Factor, path: Path, description: str, siblings: list[str], plan: str
    ) -> Named:
        """N proposals, their union, one edit. Only the root must have children."""
        most = self.settings.max_children
        leaf = bool(path) and self.settings.leaves
        place = {"factor": factor.name, "path": list(path), "max_children": most, "leaf": leaf}
        values = place | {"description": description, "siblings": siblings, "plan": plan}
        # Room for more than is asked for: what is over the cap is counted, not an unreadable reply.
        schema = replies.children(2 * most, least=0 if leaf else 1)
        answers = await in_order(
            [partial(self._propose, schema, values, number) for number in range(self.settings.proposals)]
        )
        proposals = [answer for answer in answers if not isinstance(answer, str)]
        children = unite([child for proposal in proposals for child in proposal])
        self.child_review["proposed"] += len(children)
        if children:
            schema = replies.children(max(len(children), most), least=0 if leaf else 1)
            reviewed = await self._review("review_children", schema, place | {"candidates": children})
            if reviewed is not None:
                edit = asdict(compare(children, reviewed))
                self.child_review.update({what: len(names) for what, names in edit.items()})
                children = reviewed
        self._note_childless(factor, path, answers, childless=not children)
        self.on_node()
        return self._capped(children, most, "children")

    def _note_childless(
        self, factor: Factor, path: Path, answers: Sequence[Named | str], *, childless: bool
    ) -> None:
        """A true leaf is one thing, a node whose proposals were all lost another."""
        lost = [answer for answer in answers if isinstance(answer, str)]
        if childless and not path:
            why = f" ({lost[-1]})" if lost else ""
            raise UnreadableReply(
                f"the teacher gave no readable division of the factor {factor.name!r}{why}; "
                f"{_REMEDY} the factor's children in the domain's file"
            )
        if childless and len(lost) == len(answers):
            self.counts["nodes left undivided for want of a readable proposal"] += 1
        elif childless:
            self.leaves[len(path)] += 1

    async def _propose(self, schema: dict[str, Any], values: dict[str, Any], number: int) -> Named | str:
        """One proposal, or why there is none."""
        try:
            return list((await self._ask("propose_children", schema, values, number))["children"])
        except (UnreadableReply, RequestFailed) as error:
            self._lost(error, "proposals")
            return str(error)

    async def _review(self, template: str, schema: dict[str, Any], values: dict[str, Any]) -> Named | None:
        """The critic's edit; None where it cannot be had, so that the proposals stand."""
        try:
            reply = await self._ask(template, schema, values)
        except (UnreadableReply, RequestFailed) as error:
            self._lost(error, "reviews")
            return None
        return unite(reply["factors" if template == "review_factors" else "children"])

    async def _plan(self, factor: Factor, level: int, nodes: list[Path]) -> str:
        values = {"factor": factor.name, "level": level, "nodes": [list(path) for path in nodes]}
        try:
            return str((await self._ask("plan_level", replies.plan(), values))["plan"])
        except (UnreadableReply, RequestFailed) as error:
            self._lost(error, "plans")
            return ""

    async def _ask(
        self, template: str, schema: dict[str, Any], values: dict[str, Any], number: int = 0
    ) -> dict[str, Any]:
        seed = entropy(self.settings.seed, values.get("factor", ""), *values.get("path", []), number)
        return await self.asker.ask(template, schema, values, seed=seed, tally=self.tally)

    def _lost(self, error: UnreadableReply | RequestFailed, what: str) -> None:
        self.counts[f"{'refused' if isinstance(error, RequestFailed) else 'unreadable'} {what}"] += 1

    def _frontier(self, paths: list[Path]) -> list[Path]:
        """The nodes that are divided further; where there are too many, spread over all branches."""
        chosen = set(self._capped(spread(paths), self.settings.max_frontier, "frontier"))
        return [path for path in paths if path in chosen]

    def _capped(self, items: list[Any], most: int, what: str) -> list[Any]:
        if len(items) > most:
            self.counts[f"{what} over the cap of {most}"] += len(items) - most
        return items[:most]


def spread(paths: Sequence[Path]) -> list[Path]:
    """The paths of one level, round-robin: every parent's first child comes before any parent's second.

    Children of equal rank go round their grandparents in the same way, and so on up to the root, so
    that the first few of the list are spread as widely as they can be.
    """
    seen: dict[Path, dict[Path, int]] = {}
    ranks: dict[Path, tuple[int, ...]] = {}
    for path in paths:
        rank: tuple[int, ...] = ()
        for length in range(1, len(path) + 1):
            among = seen.setdefault(path[: length - 1], {})
            rank = (among.setdefault(path[:length], len(among)), *rank)
        ranks[path] = rank
    return sorted(paths, key=ranks.__getitem__)


def _siblings(path: Path, found: dict[Path, Named]) -> list[str]:
    """All children of the same parent, divided further or not."""
    return [child["name"] for child in found[path[:-1]] if child["name"] != path[-1]] if path else []


def _nest(found: dict[Path, Named], above: Path) -> tuple[Node, ...]:
    return tuple(
        Node(
            name=child["name"],
            description=child["description"],
            children=_nest(found, (*above, child["name"])),
        )
        for child in found.get(above, [])
    )


def given(node: GivenNode) -> Node:
    """A node that a domain states, with all below it."""
    children = tuple(given(child) for child in node.children)
    return Node(name=node.name, description=node.description, children=children)
