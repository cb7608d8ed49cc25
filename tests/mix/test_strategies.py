"""What the teacher says of strategies, read: all that is dropped is counted."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import anyio
import jsonschema
import pytest
from mix_trees import AUDIENCE, TOPIC, TREES, tree

from simula.errors import RequestFailed, RequestLost
from simula.mix import write_strategies
from simula.prompts import Asker, Tally, replies
from simula.prompts.rendering import render
from simula.taxonomy import Strategy, Taxonomy
from simula.teacher import ScriptedTeacher

ALL = ["audience", "topic", "form"]


def pair(first: str, second: str) -> dict[str, str]:
    return {"first": first, "second": second}


def said(factors: Sequence[str], weight: int, *excluded: dict[str, str]) -> dict[str, Any]:
    return {"factors": list(factors), "weight": weight, "excluded": list(excluded)}


def written(
    *items: dict[str, Any], trees: Sequence[Taxonomy] = TREES, line: Any = None
) -> tuple[tuple[Strategy, ...], Counter[str], ScriptedTeacher]:
    teacher = ScriptedTeacher(lambda request: line or {"strategies": list(items)})
    counts: Counter[str] = Counter()
    asker = Asker(teacher, "s", 1.0, 1000)
    return anyio.run(write_strategies, trees, asker, 0, Tally(), counts), counts, teacher


def test_an_exclusion_is_read_whatever_its_case() -> None:
    (strategy,), counts, teacher = written(said(ALL, 3, pair("topic: War", "AUDIENCE: children")))
    assert strategy.weight == 3
    assert strategy.excluded[0].root == {"audience": ("children",), "topic": ("war",)}
    assert not counts
    assert "Kinds: war; pets; food" in teacher.requests[0].prompt


def test_a_name_with_a_colon_is_a_name() -> None:
    weakness = tree("weakness", {"CWE-59: link following": (), "CWE-88": ()})
    (strategy,), counts, _ = written(
        said(["weakness", "audience"], 1, pair("weakness: CWE-59: link following", "audience: children")),
        trees=(weakness, AUDIENCE),
    )
    assert strategy.excluded[0].root["weakness"] == ("CWE-59: link following",)
    assert not counts


def test_what_excludes_nothing_is_counted_and_dropped() -> None:
    (strategy,), counts, _ = written(
        said(
            ["audience", "topic"],
            1,
            pair("children", "topic: war"),
            pair("topic: war > siege", "audience: children"),
            pair("topic: war", "topic: pets"),
            pair("topic: war", "form: poem"),
            pair("topic: war", "audience: children"),
            pair("audience: children", "topic: war"),
        )
    )
    assert [str(exclusion) for exclusion in strategy.excluded] == ["audience: children + topic: war"]
    assert counts == {
        "exclusions that name no kind": 2,
        "exclusions within one factor": 1,
        "exclusions of factors outside of their strategy": 1,
        "exclusions written twice": 1,
        "factors in no strategy": 1,
    }


def test_equal_strategies_are_one_and_others_are_not() -> None:
    war, cats = pair("topic: war", "audience: children"), pair("topic: pets", "form: letter")
    strategies, counts, _ = written(
        said(ALL, 1, war, cats), said(reversed(ALL), 2, cats, war), said(ALL, 4), said(ALL, 1, war)
    )
    assert [(strategy.weight, len(strategy.excluded)) for strategy in strategies] == [(3, 2), (4, 0), (1, 1)]
    assert not counts


EVERYTHING = [
    pair(f"audience: {name}", f"form: {other}")
    for name in ("children", "adults")
    for other in ("poem", "letter")
]


def test_a_strategy_that_contradicts_itself_is_dropped() -> None:
    strategies, counts, _ = written(said(ALL, 9, *EVERYTHING), said(ALL, 1))
    assert strategies == (Strategy(factors=tuple(ALL), weight=1),)
    assert counts == {"strategies that exclude everything": 1}


def test_where_all_contradict_themselves_all_factors_are_sampled_together() -> None:
    strategies, counts, _ = written(said(ALL, 9, *EVERYTHING))
    assert strategies == (Strategy(factors=tuple(ALL), weight=1),)
    assert counts == {
        "strategies that exclude everything": 1,
        "all strategies replaced by one of all factors": 1,
    }


@pytest.mark.parametrize(
    ("line", "count"),
    [("noise", "unreadable strategies"), (RequestFailed("blocked"), "refused strategies")],
)
def test_without_an_answer_all_factors_are_sampled_together(line: Any, count: str) -> None:
    strategies, counts, _ = written(line=line)
    assert strategies == (Strategy(factors=tuple(ALL), weight=1),)
    assert counts == {count: 1}


def test_a_call_that_was_never_answered_is_no_refusal() -> None:
    with pytest.raises(RequestLost, match="busy for an hour"):
        written(line=RequestLost("busy for an hour"))


def test_one_factor_needs_no_teacher() -> None:
    strategies, _, teacher = written(trees=(TOPIC,))
    assert strategies == (Strategy(factors=("topic",), weight=1),)
    assert not teacher.requests


def test_a_factor_marked_always_is_in_every_strategy() -> None:
    trees = (AUDIENCE.model_copy(update={"always": True}), *TREES[1:])
    strategies, _, _ = written(said(["topic"], 1), said(["form"], 1), trees=trees)
    assert [strategy.factors for strategy in strategies] == [("audience", "topic"), ("audience", "form")]


def test_many_kinds_are_not_all_shown() -> None:
    wide = tree("wide", {f"kind {number}": () for number in range(20)})
    (strategy,), _, teacher = written(
        said(["wide", "topic"], 1, pair("wide: kind 19", "topic: war")), trees=(wide, TOPIC)
    )
    prompt = teacher.requests[0].prompt
    assert "kind 11; and 8 more\n" in prompt
    assert "kind 12" not in prompt
    assert strategy.excluded[0].root["wide"] == ("kind 19",)


def test_the_schema_bounds_every_length_and_count() -> None:
    schema = replies.strategies(ALL, 20)
    labels = [pair("topic: war", "form: poem")] * 6
    jsonschema.validate({"strategies": [said(ALL, 10, *labels)] * 6}, schema)
    for wrong in (
        [said(ALL, 10, *labels, labels[0])],
        [said(ALL, 10, pair("x" * 21, "form: poem"))],
        [said(ALL, 1)] * 7,
        [said([*ALL, "form"], 1)],
    ):
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate({"strategies": wrong}, schema)


def test_the_prompt_says_how_many() -> None:
    assert "at most 6 pairs" in render("write_strategies", {"factors": [], "most": replies.EXCLUSIONS})
