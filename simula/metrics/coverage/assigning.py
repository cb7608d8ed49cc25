"""Re-assignment (Section 3.1): a teacher sees a factor's taxonomy and says where each point belongs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simula.concurrency import in_order
from simula.draws import entropy
from simula.errors import RequestFailed, UnreadableReply
from simula.metrics.coverage.outline import Outline
from simula.prompts import Asker, Tally, replies
from simula.taxonomy.tree import Path

Status = Literal["assigned", "nowhere", "unreadable", "failed"]

ASSIGN = "assign_node"
"""The prompt file."""


@dataclass(frozen=True, slots=True)
class Assignment:
    """Where the teacher puts one point in one factor."""

    status: Status
    """Nowhere: it belongs to no node of the factor. The last two are without an answer."""
    path: Path = ()
    """Its most specific node; empty but where it is assigned."""
    views: int = 1
    """Parts of the taxonomy that were shown, one after the other: 1 where it was shown whole."""
    reason: str = ""
    """Why there is no answer."""

    @property
    def place(self) -> Path | None:
        """The node; empty where it belongs to none, None without an answer."""
        return None if self.status in ("unreadable", "failed") else self.path


async def assign(
    points: Sequence[tuple[str, Mapping[str, Any]]],
    outlines: Sequence[Outline],
    asker: Asker,
    seed: int,
    tally: Tally,
    concurrency: int,
    on_assigned: Callable[[Assignment], None] = lambda assignment: None,
) -> dict[str, list[Assignment]]:
    """Factor to one assignment a point, in their order, whatever the order in which calls return.

    All points are asked about for one factor before the next, so that the prompts of neighbouring calls
    begin alike.

    Args:
        points: each with its id, which names its draws, and as prompt files read it.
        outlines: one a factor.
        asker: the teacher that assigns.
        seed: of the teacher's sampling.
        tally: counts the calls.
        concurrency: points asked about at once.
        on_assigned: told of each assignment when it is back.

    Raises:
        ConfigurationError: a taxonomy has a level too long for one call; before any call.
        TeacherUnavailable: no further call can succeed.
        RequestLost: faults that pass took every attempt of a call; what was answered is recorded.
    """
    for outline in outlines:
        outline.views  # noqa: B018 - what cannot be shown is told before anything is paid
    found: dict[int, Assignment] = {}
    many = len(points)
    waiting = iter(range(many * len(outlines)))

    async def work() -> None:
        # All workers take from one iterator: a million points need no task each.
        for number in waiting:
            name, example = points[number % many]
            outline = outlines[number // many]
            own = entropy(seed, "assign", name, outline.taxonomy.factor)
            found[number] = await _assign(outline, example, asker, own, tally)
            on_assigned(found[number])

    await in_order([work] * min(concurrency, many * len(outlines)))
    return {
        outline.taxonomy.factor: [found[factor * many + at] for at in range(many)]
        for factor, outline in enumerate(outlines)
    }


async def _assign(
    outline: Outline, example: Mapping[str, Any], asker: Asker, seed: int, tally: Tally
) -> Assignment:
    """Down from the root, until a view is whole or the point belongs to none of its nodes."""
    path: Path = ()
    views = 0
    while view := outline.views.get(path):
        views += 1
        values = {
            "factor": outline.taxonomy.factor,
            "description": outline.taxonomy.description,
            "within": path,
            "kinds": view.text,
            "paths": view.paths,
            "example": example,
        }
        schema = replies.node(len(view.paths))
        try:
            reply = await asker.ask(ASSIGN, schema, values, seed=entropy(seed, views), tally=tally)
        except UnreadableReply as error:
            return Assignment("unreadable", (), views, str(error))
        except RequestFailed as error:
            return Assignment("failed", (), views, str(error))
        if reply["node"]:
            path = view.paths[reply["node"] - 1]
        if view.whole or not reply["node"]:
            break
    return Assignment("assigned" if path else "nowhere", path, views)


def counted(assignments: Mapping[str, Sequence[Assignment]], outlines: Sequence[Outline]) -> dict[str, Any]:
    """How the assignments ended, by factor and together, and how many were made level by level."""
    by_factor = {
        factor: dict(sorted(Counter(one.status for one in found).items()))
        for factor, found in assignments.items()
    }
    together = Counter(one.status for found in assignments.values() for one in found)
    return {
        "assignments": together.total(),
        "ended": dict(sorted(together.items())),
        "level_by_level": sum(
            len(assignments[outline.taxonomy.factor]) for outline in outlines if outline.divided
        ),
        "by_factor": by_factor,
    }
