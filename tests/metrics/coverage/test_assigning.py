"""Asking where points belong: one call a factor, several where that is too long, nothing lost unseen."""

import json
from collections.abc import Callable
from functools import partial

import anyio
import pytest

from simula.errors import ConfigurationError, RequestLost, TeacherUnavailable
from simula.metrics.coverage import Assignment, Outline, assign, counted
from simula.prompts import Asker, Tally
from simula.taxonomy import Node, Taxonomy
from simula.teacher.fake import ScriptedTeacher
from simula.teacher.port import Reply, Request, Usage

ANIMAL = Taxonomy(
    factor="animal",
    description="who it is about",
    children=(
        Node(name="cat", description="purrs", children=(Node(name="lion"), Node(name="lynx"))),
        Node(name="dog"),
    ),
)
PLACE = Taxonomy(factor="place", children=(Node(name="house"), Node(name="wood")))
POINTS = [
    (f"p{at}", {"question": f"point {at}", "options": [], "reasoning": "", "answer": "7"}) for at in range(4)
]
Answer = Callable[[Request], object]


class Reader:
    """Answers in an order of its own: it sleeps the longer the smaller the request's seed."""

    model = "reader"

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.requests: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        self.requests.append(request)
        for _ in range(request.seed % 5):
            await anyio.sleep(0)
        said = self.answer(request)
        if isinstance(said, Reply):
            return said
        return Reply(json.dumps({"node": said}), "reader-1", "stop", Usage(prompt=9, completion=2))

    async def close(self) -> None: ...


def assigned(
    answer: Answer, tokens: int = 1000, concurrency: int = 64, trees: tuple[Taxonomy, ...] = (ANIMAL, PLACE)
) -> tuple[dict[str, list[Assignment]], Reader, Tally, list[Outline]]:
    reader, tally = Reader(answer), Tally()
    outlines = [Outline(tree, tokens, descriptions=False) for tree in trees]
    asker = Asker(reader, "system", 1.0, 100)
    found = anyio.run(partial(assign, POINTS, outlines, asker, 0, tally, concurrency))
    return found, reader, tally, outlines


def by_number(request: Request) -> int:
    """Point 0 to node 0, point 1 to node 1, ..., as far as there are nodes."""
    number = int(request.values["example"]["question"].split()[1])
    return min(number, len(request.values["paths"]))


@pytest.mark.parametrize("concurrency", [1, 3, 64])
def test_one_call_for_a_point_and_a_factor_whatever_the_order(concurrency: int) -> None:
    found, reader, tally, outlines = assigned(by_number, concurrency=concurrency)
    assert found == {
        "animal": [
            Assignment("nowhere"),
            Assignment("assigned", ("cat",)),
            Assignment("assigned", ("cat", "lion")),
            Assignment("assigned", ("cat", "lynx")),
        ],
        "place": [Assignment("nowhere")]
        + [Assignment("assigned", (name,)) for name in ("house", "wood", "wood")],
    }
    assert [one.place for one in found["animal"][:2]] == [(), ("cat",)]
    assert tally.calls == 8
    assert len({request.seed for request in reader.requests}) == 8
    assert counted(found, outlines) == {
        "assignments": 8,
        "ended": {"assigned": 6, "nowhere": 2},
        "level_by_level": 0,
        "by_factor": {"animal": {"assigned": 3, "nowhere": 1}, "place": {"assigned": 3, "nowhere": 1}},
    }


def test_a_point_s_draws_are_its_own() -> None:
    _, all_together, _, _ = assigned(by_number)
    seeds = {request.prompt: request.seed for request in all_together.requests}
    reader = Reader(by_number)
    alone = partial(
        assign, POINTS[2:3], [Outline(PLACE, 1000, descriptions=False)], Asker(reader, "", 1.0, 9)
    )
    anyio.run(partial(alone, 0, Tally(), 1))
    assert [seeds[request.prompt] for request in reader.requests] == [reader.requests[0].seed]


def test_the_taxonomy_stands_first_and_is_the_same_in_all_calls_of_a_factor() -> None:
    _, reader, _, _ = assigned(by_number)
    own = [request.prompt for request in reader.requests if request.values["factor"] == "animal"]
    beginnings = {prompt.partition("Question: ")[0] for prompt in own}
    assert len(own) == 4
    assert len(beginnings) == 1
    assert "1. cat\n  2. lion\n  3. lynx\n4. dog\n" in beginnings.pop()
    assert reader.requests[0].schema["properties"]["node"] == {"type": "integer", "minimum": 0, "maximum": 4}
    # All points of one factor come before the next, so that a provider's cache of the beginning pays.
    factors = [request.values["factor"] for request in reader.requests]
    assert factors == ["animal"] * 4 + ["place"] * 4


def test_too_long_a_taxonomy_is_descended() -> None:
    asked: list[tuple[str, ...]] = []

    def answer(request: Request) -> int:
        number = int(request.values["example"]["question"].split()[1])
        asked.append(request.values["within"])
        if request.values["within"]:
            return {1: 0, 2: 2}[number]
        return {0: 0, 1: 1, 2: 1, 3: 2}[number]

    found, reader, tally, outlines = assigned(answer, tokens=5, trees=(ANIMAL,))
    assert found["animal"] == [
        Assignment("nowhere", (), 1),
        Assignment("assigned", ("cat",), 2),
        Assignment("assigned", ("cat", "lynx"), 2),
        Assignment("assigned", ("dog",), 1),
    ]
    assert sorted(asked) == [(), (), (), (), ("cat",), ("cat",)]
    assert tally.calls == 6
    assert counted(found, outlines)["level_by_level"] == 4
    below = next(request.prompt for request in reader.requests if request.values["within"])
    assert "Here are those within cat, by number" in below
    assert len({request.seed for request in reader.requests}) == 6


def test_unreadable_and_refused_ones_are_counted_with_their_reason() -> None:
    def answer(request: Request) -> object:
        number = by_number(request)
        if number == 1:
            return 99
        return Reply("", "reader-1", "blocked", Usage()) if number == 2 else number

    found, _, tally, outlines = assigned(answer, trees=(ANIMAL,))
    assert [one.status for one in found["animal"]] == ["nowhere", "unreadable", "failed", "assigned"]
    assert [one.place for one in found["animal"]] == [(), None, None, ("cat", "lynx")]
    assert "99 is greater than the maximum of 4" in found["animal"][1].reason
    assert "blocked" in found["animal"][2].reason
    assert (tally.calls, tally.asked_again) == (6, 2)
    assert counted(found, outlines)["ended"] == {"assigned": 1, "failed": 1, "nowhere": 1, "unreadable": 1}


def test_a_call_that_was_never_answered_is_no_answer() -> None:
    busy = ScriptedTeacher([RequestLost("busy for an hour")])
    outline = Outline(PLACE, 1000, descriptions=False)
    with pytest.raises(RequestLost, match="busy for an hour"):
        anyio.run(partial(assign, POINTS, [outline], Asker(busy, "", 1.0, 9), 0, Tally(), 1))


def test_a_teacher_that_is_gone_stops_the_run_and_what_cannot_be_shown_costs_nothing() -> None:
    gone = ScriptedTeacher([TeacherUnavailable("the key is wrong")])
    outline = Outline(PLACE, 1000, descriptions=False)
    with pytest.raises(TeacherUnavailable, match="the key is wrong"):
        anyio.run(partial(assign, POINTS, [outline], Asker(gone, "", 1.0, 9), 0, Tally(), 1))
    unasked = ScriptedTeacher([])
    outlines = [outline, Outline(ANIMAL, 3, descriptions=False)]
    with pytest.raises(ConfigurationError, match="the 2 kinds of 'animal'"):
        anyio.run(partial(assign, POINTS, outlines, Asker(unasked, "", 1.0, 9), 0, Tally(), 1))
    assert not unasked.requests
