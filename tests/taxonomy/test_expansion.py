"""Breadth-first expansion: N proposals united, one edit a node, one plan between levels, caps counted."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.domain import Domain
from simula.errors import RequestLost, UnreadableReply
from simula.prompts import Asker
from simula.taxonomy import Builder, Expansion, Taxonomy
from simula.taxonomy.expansion import spread
from simula.teacher.port import Reply, Request, Usage

Named = list[dict[str, str]]


def named(*names: str) -> Named:
    return [{"name": name, "description": f"about {name}"} for name in names]


class Scholar:
    """Proposes two children a call, which overlap; keeps or changes them when it reviews."""

    model = "scholar"
    factors = ("animal", "place", "Animal")

    def __init__(
        self, review: Callable[[Named], Named] = lambda candidates: candidates, lost: str = ""
    ) -> None:
        self.review = review
        self.lost = lost
        self.refuses = self.never_answers = ""
        self.undivided: set[str] = set()
        self.review_factors: Callable[[Named], Named] = lambda factors: factors
        self.requests: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        self.requests.append(request)
        if request.template == self.never_answers:
            raise RequestLost("busy for an hour")
        text = "noise" if request.template == self.lost else json.dumps(self.answer(request))
        return Reply(text, self.model, "blocked" if request.template == self.refuses else "stop", Usage())

    def asked(self, template: str, path: list[str] | None = None) -> list[Request]:
        """The requests of a template, or those of them about one node."""
        mine = [request for request in self.requests if request.template == template]
        return [request for request in mine if path is None or request.values["path"] == path]

    def answer(self, request: Request) -> dict[str, Any]:
        values = request.values
        if request.template == "review_factors":
            return {"factors": self.review_factors(values["factors"])}
        if request.template == "propose_factors":
            return {"factors": named(*self.factors)}
        if request.template == "plan_level":
            return {"plan": f"plan after level {values['level']}"}
        if request.template == "review_children":
            return {"children": self.review(values["candidates"])}
        last = values["path"][-1] if values["path"] else values["factor"]
        return {"children": [] if last in self.undivided else self.divide(last, request.seed)}

    def divide(self, name: str, seed: int) -> Named:
        return named(f"{name} 1", f"{name} {2 + seed % 2}")

    async def close(self) -> None: ...


def build(
    scholar: Scholar, factors: Sequence[dict[str, Any]] = (), **settings: int
) -> tuple[tuple[Taxonomy, ...], Builder]:
    domain = Domain.model_validate(
        {"name": "d", "description": "y", "instructions": "i", "task": {"type": "free_text"}}
        | {"factors": factors}
    )
    builder = Builder(
        domain, Expansion(**{"depth": 2, "proposals": 4} | settings), Asker(scholar, "s", 1.0, 100)
    )
    return anyio.run(builder.taxonomies), builder


def test_the_union_of_the_proposals_is_edited_in_one_call_a_node() -> None:
    scholar = Scholar()
    trees, _ = build(scholar)
    assert [tree.factor for tree in trees] == ["animal", "place"]
    assert [child.name for child in trees[0].children] in (
        ["animal 1", "animal 2", "animal 3"],
        ["animal 1", "animal 3", "animal 2"],
    )
    calls = Counter(request.template for request in scholar.requests)
    nodes = 2 + sum(len(tree.children) for tree in trees)
    assert calls["propose_children"] == 4 * nodes
    assert calls["review_children"] == nodes
    assert calls["plan_level"] == 2
    assert (calls["propose_factors"], calls["review_factors"]) == (1, 1)


def test_a_plan_is_written_from_all_new_nodes_and_given_to_the_next_level() -> None:
    scholar = Scholar()
    trees, _ = build(scholar)
    plan = next(r for r in scholar.requests if r.template == "plan_level" and r.values["factor"] == "animal")
    assert [path[0] for path in plan.values["nodes"]] == [child.name for child in trees[0].children]
    deep = [r for r in scholar.requests if r.template == "propose_children" and r.values["path"]]
    assert {r.values["plan"] for r in deep} == {"plan after level 1"}
    first = deep[0].values
    assert first["description"] == f"about {first['path'][-1]}"
    assert first["path"][-1] not in first["siblings"]
    assert first["siblings"]


def test_the_critic_adds_and_removes() -> None:
    trees, _ = build(Scholar(review=lambda found: [*named("added"), *found[1:]]), depth=1)
    assert trees[0].children[0].name == "added"
    assert "animal 1" not in [child.name for child in trees[0].children]


def test_caps_bite_loudly() -> None:
    scholar = Scholar()
    scholar.factors = ("animal", "place", "time")
    trees, builder = build(scholar, max_children=2, max_factors=2, max_frontier=1)
    assert [tree.factor for tree in trees] == ["animal", "place"]
    assert len(trees[0].children) == 2
    assert builder.counts == {
        "factors over the cap of 2": 1,
        "children over the cap of 2": 4,
        "frontier over the cap of 1": 2,
    }


def test_an_unreadable_review_leaves_the_union_and_is_counted() -> None:
    trees, builder = build(Scholar(lost="review_children"), depth=1)
    assert len(trees[0].children) == 3
    assert builder.counts["unreadable reviews"] == 2


def test_a_factor_without_any_children_is_an_error_that_says_what_to_do() -> None:
    with pytest.raises(UnreadableReply, match="no readable division of the factor 'animal'") as caught:
        build(Scholar(lost="propose_children"))
    for words in ("3 attempts", "stronger teacher", "dataset.attempts", "children in the domain's file"):
        assert words in str(caught.value)
    with pytest.raises(UnreadableReply, match=r"no factors of variation .* them in the domain's file"):
        build(Scholar(lost="propose_factors"))


def test_a_true_leaf_is_left_undivided_without_a_review() -> None:
    scholar = Scholar()
    scholar.undivided = {"animal 1"}
    trees, builder = build(scholar, factors=[{"name": "animal"}], depth=3)
    leaf = trees[0].children[0]
    assert (leaf.name, leaf.children) == ("animal 1", ())
    assert len(scholar.asked("propose_children", ["animal 1"])) == 4
    assert not scholar.asked("review_children", ["animal 1"])
    assert builder.leaves == {1: 1}
    assert not builder.counts


def test_only_below_the_first_level_may_a_reply_be_empty() -> None:
    scholar = Scholar()
    build(scholar, factors=[{"name": "animal"}])
    for template in ("propose_children", "review_children"):
        least = {
            bool(request.values["path"]): request.schema["properties"]["children"]["minItems"]
            for request in scholar.asked(template)
        }
        assert least == {False: 1, True: 0}
        assert {"empty list" in r.prompt for r in scholar.asked(template) if not r.values["path"]} == {False}
        assert {"empty list" in r.prompt for r in scholar.asked(template) if r.values["path"]} == {True}


def test_where_there_are_no_leaves_every_node_is_divided() -> None:
    scholar = Scholar()
    build(scholar, factors=[{"name": "animal"}], leaves=False)
    asked = [*scholar.asked("propose_children"), *scholar.asked("review_children")]
    assert {request.schema["properties"]["children"]["minItems"] for request in asked} == {1}
    assert not [request for request in asked if "empty list" in request.prompt]


def test_an_unreadable_proposal_is_not_an_empty_one() -> None:
    class Mumbling(Scholar):
        async def ask(self, request: Request) -> Reply:
            reply = await super().ask(request)
            mumbled = request.template == "propose_children" and request.values["path"] == ["animal 1"]
            return Reply("noise", self.model, "stop", Usage()) if mumbled else reply

    trees, builder = build(Mumbling(), factors=[{"name": "animal"}])
    assert trees[0].children[0].children == ()
    assert not builder.leaves
    assert builder.counts == {
        "unreadable proposals": 4,
        "nodes left undivided for want of a readable proposal": 1,
    }


def test_a_refused_call_costs_its_own_part_only() -> None:
    scholar = Scholar()
    scholar.refuses = "review_children"
    trees, builder = build(scholar, factors=[{"name": "animal"}], depth=1)
    assert len(trees[0].children) == 3
    assert builder.counts == {"refused reviews": 1}
    assert builder.child_review == {"proposed": 3}


def test_what_the_reviews_did_is_counted_by_name() -> None:
    scholar = Scholar(review=lambda found: [*named("added", "ADDED"), *found[1:]])
    scholar.review_factors = lambda factors: [
        {"name": "Animal", "description": "which"},
        *named("sound"),
    ]
    trees, builder = build(scholar, depth=1, proposals=8)
    assert [tree.factor for tree in trees] == ["Animal", "sound"]
    assert builder.factor_review == {
        "kept": (),
        "edited": ("Animal",),
        "added": ("sound",),
        "rejected": ("place",),
    }
    assert builder.child_review == {"proposed": 6, "kept": 4, "edited": 0, "added": 2, "rejected": 2}
    assert [child.name for child in trees[0].children].count("added") == 1


def test_a_whole_tree_that_is_given_is_never_expanded() -> None:
    given = {
        "name": "weakness",
        "always": True,
        "children": [{"name": "memory", "children": [{"name": "overflow"}]}, {"name": "logic"}],
    }
    scholar = Scholar()
    trees, builder = build(scholar, factors=[given, {"name": "animal"}], depth=4, max_children=1)
    assert [tree.factor for tree in trees] == ["weakness", "animal"]
    assert [path for path, _ in trees[0].nodes] == [("memory",), ("memory", "overflow"), ("logic",)]
    assert trees[0].always
    assert {request.values["factor"] for request in scholar.requests} == {"animal"}
    assert [len(level) for level in trees[1].levels] == [1, 1, 1, 1]
    assert "children over the cap of 1" in builder.counts


def test_the_plan_sees_all_nodes_and_siblings_are_all_siblings_though_the_frontier_is_capped() -> None:
    scholar = Scholar()
    build(scholar, factors=[{"name": "animal"}], max_frontier=1)
    (plan,) = scholar.asked("plan_level")
    assert len(plan.values["nodes"]) == 3
    deep = [request for request in scholar.asked("propose_children") if request.values["path"]]
    assert {len(request.values["siblings"]) for request in deep} == {2}


def test_a_capped_frontier_is_spread_over_all_parents() -> None:
    scholar = Scholar()
    trees, _ = build(scholar, factors=[{"name": "animal"}], depth=3, max_frontier=3)
    divided = {path for path, node in trees[0].levels[1] if node.children}
    assert {path[0] for path in divided} == {child.name for child in trees[0].children}
    assert len(divided) == 3


TREES = st.lists(
    st.tuples(*[st.integers(0, 4)] * 3).map(lambda p: tuple(map(str, p))), unique=True, max_size=40
)


@given(TREES, st.integers(1, 40))
def test_no_parent_gets_two_more_than_one_that_waits(paths: list[tuple[str, ...]], most: int) -> None:
    chosen = spread(paths)[:most]
    assert sorted(spread(paths)) == sorted(paths)
    taken = Counter(path[:-1] for path in chosen)
    waiting = {path[:-1] for path in set(paths) - set(chosen)}
    for parent in waiting:
        assert max(taken.values()) <= taken[parent] + 1
    if len(chosen) <= len({path[0] for path in paths}):
        assert len({path[0] for path in chosen}) == len(chosen)


def test_two_runs_build_the_same_tree() -> None:
    assert build(Scholar())[0] == build(Scholar())[0]


@pytest.mark.parametrize(
    "template", ["propose_factors", "review_factors", "propose_children", "review_children", "plan_level"]
)
def test_a_call_that_was_never_answered_leaves_no_hole(template: str) -> None:
    """Nothing is refused: the same command asks again, and the tree is whole then."""
    scholar = Scholar()
    scholar.never_answers = template
    with pytest.raises(RequestLost, match="busy for an hour"):
        build(scholar)
