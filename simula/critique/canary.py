"""Canaries: a few answers of which the truth is known, judged at the start of every run.

Ledgers remember; a teacher behind a network may change under its name. Where the same critic says otherwise
of the same answers than it first did, rows made before and after were not judged alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from simula.concurrency import each
from simula.critique.corruption import as_shown, same_answer
from simula.critique.double import Judged, judge_doubly
from simula.domain import Domain, Example, Number
from simula.draws import entropy
from simula.errors import RequestLost
from simula.prompts import Asker, Tally


@dataclass(frozen=True, slots=True)
class Canary:
    """One answer to judge."""

    name: str
    """The item's id, and whether the answer is right."""
    example: Example
    right: bool


@dataclass(frozen=True, slots=True)
class Flips:
    """Two judgements of the same canaries compared, question by question."""

    compared: int
    """Verdicts that are there in both; an undecided one is in neither."""
    flipped: int
    """Those that are not the same."""

    @property
    def rate(self) -> float | None:
        """Flipped by compared; None where nothing compares."""
        return self.flipped / self.compared if self.compared else None


def canaries(domain: Domain, items: Sequence[tuple[str, Example]], count: int) -> list[Canary]:
    """The canaries of a benchmark: `count` of its items, each with its right answer and with a wrong one.

    The same items give the same canaries, and fewer are a part of more. The wrong answer is another one of
    the closed list, one more than the right number, else another item's answer; it needs no call. Reasoning
    is left out, since none leads to it. An item without a wrong answer is passed over.

    Args:
        domain: how answers are read.
        items: id and example of each.
        count: items at most.
    """
    found: list[Canary] = []
    order = sorted(items, key=lambda item: entropy("canary", item[0]))
    for at, (name, example) in enumerate(order):
        if len(found) == 2 * count:
            break
        right = as_shown(domain, example).model_copy(update={"reasoning": ""})
        others = [other.answer for _, other in (*order[at + 1 :], *order[:at])]
        if (wrong := _wrong(domain, name, right, others)) is not None:
            found.append(Canary(f"{name}, right", right, True))
            found.append(Canary(f"{name}, wrong", right.model_copy(update={"answer": wrong}), False))
    return found


async def judge_canaries(found: Sequence[Canary], asker: Asker, tally: Tally) -> dict[str, Judged]:
    """What the double critic says of each, by name; greedy, so that sampling changes as little as can be."""
    greedy = replace(asker, temperature=0.0)

    async def said(canary: Canary) -> Judged:
        seed = entropy("canary", canary.name)
        try:
            return await judge_doubly(canary.example.model_dump(mode="json"), greedy, seed, tally)
        except RequestLost as lost:
            return Judged("undecided", "undecided", str(lost))

    verdicts = await each(said, found, len(found))
    return {canary.name: judged for canary, judged in zip(found, verdicts, strict=True)}


def flips(first: Mapping[str, Judged], now: Mapping[str, Judged]) -> Flips:
    """How many verdicts on the same canaries changed."""
    pairs = [
        pair
        for name in first.keys() & now.keys()
        for pair in (
            (first[name].correct, now[name].correct),
            (first[name].incorrect, now[name].incorrect),
        )
        if "undecided" not in pair
    ]
    return Flips(len(pairs), sum(one != other for one, other in pairs))


def _wrong(domain: Domain, name: str, right: Example, others: Sequence[str]) -> str | None:
    task = domain.task
    if isinstance(task, Number):
        return task.bare(str(Decimal(right.answer) + 1))
    # Of a closed list any other one, in an order of the item's own.
    listed = sorted(task.answers(right), key=lambda answer: entropy("canary", name, answer))
    bare = (task.bare(answer) for answer in listed or others)
    return next((answer for answer in bare if not same_answer(domain, answer, right)), None)
