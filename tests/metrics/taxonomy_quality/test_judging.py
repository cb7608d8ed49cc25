"""Nodes to labels: a judge that knows the truth, votes that differ, trees too large, lost replies."""

from __future__ import annotations

from collections import Counter
from typing import Any

import anyio
import pytest
from quality_oracle import judge, meaning, node, oracle, tree

from simula.errors import RequestLost
from simula.metrics.taxonomy_quality import Judge, LabelledNode, TaxonomyQualitySettings, batches, matches
from simula.prompts import Asker, Tally
from simula.taxonomy import Taxonomy
from simula.teacher.fake import ScriptedTeacher
from simula.teacher.port import Reply, Request, Usage

METALS = tree(
    node("metals", "iron", "copper", "gold"), node("gases", node("noble", "neon", "argon"), "oxygen")
)
OTHER = tree(
    node("gases", "also oxygen", "neon", "hydrogen"),
    node("also metals", "iron", "bad heavy stuff", "also iron"),
)


def label(
    own: Taxonomy, other: Taxonomy, teacher: ScriptedTeacher | None = None, **settings: Any
) -> tuple[list[LabelledNode], Judge]:
    asker = Asker(teacher or judge(), "s", 1.0, 1000)
    made = Judge(own, other, TaxonomyQualitySettings(**settings), asker, 0, Tally())
    return anyio.run(made.label), made


def test_each_node_is_labelled_as_it_is() -> None:
    found, made = label(OTHER, METALS)
    assert {node.path[-1]: node.label for node in found} == {
        "gases": "good_overlapping",
        "also oxygen": "good_overlapping",
        "neon": "good_overlapping",
        "hydrogen": "good_exclusive",
        "also metals": "good_overlapping",
        "iron": "good_overlapping",
        "bad heavy stuff": "bad",
        "also iron": "redundant",
    }
    assert {node.path[-1]: node.match for node in found if node.match} == {
        "gases": ("gases",),
        "also oxygen": ("gases", "oxygen"),
        "neon": ("gases", "noble", "neon"),
        "also metals": ("metals",),
        "iron": ("metals", "iron"),
    }
    assert found[3].reason == "hydrogen is good_exclusive"
    assert [one.path for one in found] == [path for path, _ in OTHER.nodes]
    assert made.counts["calls that showed a tree in part"] == made.counts["nodes undecided"] == 0


def test_batches_hold_nodes_of_one_branch() -> None:
    paths = [path for path, _ in METALS.nodes]
    made = batches(paths, 3)
    assert [[path[-1] for path in batch.nodes] for batch in made] == [
        ["metals", "iron", "copper"],
        ["gold"],
        ["gases", "noble", "neon"],
        ["argon", "oxygen"],
    ]
    teacher = judge()
    label(METALS, OTHER, teacher, nodes_a_call=3, votes=2)
    assert [request.template for request in teacher.requests] == ["judge_node"] * 8
    assert len({request.seed for request in teacher.requests}) == 8


def test_nothing_hangs_on_the_order_in_which_replies_come() -> None:
    class Slow(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            await anyio.sleep(0.002 * (len(request.values["nodes"]) % 3))
            return await super().ask(request)

    plain, _ = label(OTHER, METALS, nodes_a_call=2, votes=3)
    slow, _ = label(OTHER, METALS, Slow(oracle), nodes_a_call=2, votes=3, concurrency=1)
    many, _ = label(OTHER, METALS, Slow(oracle), nodes_a_call=2, votes=3)
    assert plain == slow == many


def test_the_majority_counts_and_the_most_named_match() -> None:
    one, two = tree(node("iron")), tree(node("iron"), node("ferrum"))
    said = iter(
        [
            {"reason": "b", "label": "bad", "match": 0},
            {"reason": "2", "label": "good_overlapping", "match": 2},
            {"reason": "1", "label": "good_overlapping", "match": 1},
            {"reason": "2", "label": "good_overlapping", "match": 2},
        ]
    )
    teacher = ScriptedTeacher(lambda request: {"labels": [next(said)]})
    (found,), _ = label(one, two, teacher, votes=4, concurrency=1)
    assert (found.label, found.match, found.reason) == ("good_overlapping", ("ferrum",), "2")
    assert [vote.label for vote in found.votes] == ["bad", *["good_overlapping"] * 3]


def test_an_overlapping_node_that_names_no_other_is_undecided_and_counted() -> None:
    teacher = ScriptedTeacher(
        lambda request: {"labels": [{"reason": "r", "label": "good_overlapping", "match": 0}]}
    )
    (found,), made = label(tree(node("iron")), tree(node("gold")), teacher)
    assert (found.label, found.match, found.votes, found.reason) == (None, None, (), "")
    assert made.counts["overlapping with no node named"] == made.counts["nodes undecided"] == 1


def test_a_match_that_is_none_of_the_shown_nodes_is_asked_again() -> None:
    said = iter([7, 2, 1])
    teacher = ScriptedTeacher(
        lambda request: {"labels": [{"reason": "r", "label": "good_overlapping", "match": next(said)}]}
    )
    (found,), made = label(tree(node("iron")), tree(node("iron")), teacher)
    assert found.match == ("iron",)
    assert made.tally.asked_again == 2


def test_lost_replies_leave_nodes_undecided() -> None:
    def broken(request: Request) -> Any:
        if request.values["nodes"][0] == ["metals"]:
            return "noise"
        if request.values["nodes"][0] == ["gases"]:
            return Reply("{}", "m", "blocked", Usage())
        return oracle(request)

    own = tree(*METALS.children, node("iron ore"))
    found, made = label(own, OTHER, ScriptedTeacher(broken))
    assert Counter(one.label for one in found) == {None: 9, "good_exclusive": 1}
    assert made.counts["unreadable replies of judge_node"] == 1
    assert made.counts["refused replies of judge_node"] == 1
    assert made.counts["nodes undecided"] == 9


def test_a_call_that_was_never_answered_ends_the_judging() -> None:
    busy = ScriptedTeacher([RequestLost("busy for an hour")] * 9)
    with pytest.raises(RequestLost, match="busy for an hour"):
        label(tree(node("iron")), tree(node("gold")), busy)


def large(prefix: str = "") -> Taxonomy:
    """Three branches of three kinds of four each: 3 + 9 + 36 = 48 nodes."""
    return tree(
        *(
            node(
                f"{prefix}{a}",
                *(node(f"{prefix}{a}{b}", *(f"{prefix}{a}{b}{c}" for c in "1234")) for b in "xyz"),
            )
            for a in "abc"
        )
    )


@pytest.mark.parametrize("shown", [48, 20, 16, 8])
def test_a_large_tree_is_descended_to_where_a_node_stands(shown: int) -> None:
    teacher = judge()
    found, made = label(large("also "), large(), teacher, nodes_shown=shown, nodes_a_call=5)
    assert all(one.label == "good_overlapping" for one in found)
    assert all(one.match == tuple(meaning(name) for name in one.path) for one in found)
    judged = [request for request in teacher.requests if request.template == "judge_node"]
    assert all(len(request.values[tree]) <= shown for request in judged for tree in ("own", "other"))
    assert made.counts["calls that looked for a place"] == len(teacher.requests) - len(judged)
    assert made.counts["calls that showed a tree in part"] == (0 if shown == 48 else len(judged))
    if shown == 48:
        assert len(judged) == len(teacher.requests) == 12
    deepest = {48: 0, 20: 1, 16: 1, 8: 2}[shown]
    places = [request.values["place"] for request in teacher.requests if request.template == "place_node"]
    assert {len(place) for place in places} == set(range(deepest))


def test_a_node_without_a_place_is_judged_beside_the_top_levels() -> None:
    teacher = judge()
    found, _ = label(tree(node("quartz")), large(), teacher, nodes_shown=10)
    assert found[0].label == "good_exclusive"
    place, judged = teacher.requests
    assert place.values["children"] == ["a", "b", "c"]
    assert [item["name"] for item in judged.values["other"] if item["depth"] == 0] == ["a", "b", "c"]
    assert (len(judged.values["other"]), judged.values["other_hidden"]) == (10, 38)


def test_of_a_large_own_tree_namesakes_are_shown_wherever_they_stand() -> None:
    own = tree(*large().children, node("d", "ax1"))
    found, made = label(own, large(), nodes_shown=12, nodes_a_call=2)
    assert {one.path: one.label for one in found if one.path[-1] == "ax1"} == {
        ("a", "ax", "ax1"): "good_overlapping",
        ("d", "ax1"): "redundant",
    }
    assert made.counts["calls that showed a tree in part"] > 0


def test_matches_are_compared_with_those_of_the_other_side() -> None:
    ours, theirs = tree(node("x"), node("y"), node("z")), tree(node("p"), node("q"))

    def said(own: dict[str, int]) -> ScriptedTeacher:
        return ScriptedTeacher(
            lambda request: {
                "labels": [
                    {"reason": "r", "label": "good_overlapping" if own[name] else "bad", "match": own[name]}
                    for (name,) in request.values["nodes"]
                ]
            }
        )

    # x and y both name p, p names x; z names q, which is called bad.
    mine, _ = label(ours, theirs, said({"x": 1, "y": 1, "z": 2}))
    other, _ = label(theirs, ours, said({"p": 1, "q": 0}))
    there = matches(mine, other)
    assert (there.overlapping, there.mutual, there.names_another, there.not_overlapping) == (3, 1, 1, 1)
    back = matches(other, mine)
    assert (back.overlapping, back.mutual, back.names_another, back.not_overlapping) == (1, 1, 0, 0)
