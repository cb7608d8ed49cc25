"""Excluded combinations: what they say, that none is ever drawn, that contradictions are named."""

import json

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st
from mix_trees import SETTINGS, TREES, excluding, strategies, taxonomies
from pydantic import ValidationError

from simula.domain import Domain, strategy_problems
from simula.errors import ConfigurationError
from simula.mix import contradictions, draw_mix, permitted_share, stated
from simula.mix.check import contradiction
from simula.taxonomy import Exclusion, Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings

WAR = Exclusion({"audience": ("children",), "topic": ("war", "civil war")})
ALL_POEMS = {"topic": ("war",), "form": ("poem",)}


@pytest.mark.parametrize(
    ("topic", "excluded"),
    [
        (("war", "civil war"), True),
        (("war", "civil war", "a siege"), True),
        (("war",), False),
        (("war", "siege"), False),
    ],
)
def test_a_node_or_below_it_but_not_above(topic: tuple[str, ...], excluded: bool) -> None:
    assert WAR.holds({"audience": ("children",), "topic": topic, "form": ("poem",)}) is excluded
    assert not WAR.holds({"audience": ("adults",), "topic": topic})


def test_an_exclusion_reads_well_as_json_and_yaml() -> None:
    strategy = Strategy(factors=("audience", "topic"), weight=2, excluded=(WAR,))
    plain = strategy.model_dump(mode="json")
    text = '{"audience": ["children"], "topic": ["war", "civil war"]}'
    assert json.dumps(plain["excluded"][0]) == text
    assert str(WAR) == "audience: children + topic: war > civil war"
    for back in (strategy.model_dump_json(), yaml.safe_dump(plain)):
        assert Strategy.model_validate(yaml.safe_load(back)) == strategy


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ({"topic": ["war"]}, "in each of two or more factors"),
        ({"topic": ["war"], "audience": []}, "expected a list of names"),
        ({"topic": ["war"], "audience": "children"}, "expected a list of names"),
    ],
)
def test_an_exclusion_of_another_form_is_an_error(written, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        Exclusion.model_validate(written)


@given(strategies(), st.sampled_from(SETTINGS), st.integers(0, 2**32), st.integers(0, 10**6))
def test_no_exclusion_is_violated_and_a_permitted_first_draw_is_kept(strategy, settings, seed, slot) -> None:
    found = taxonomies(strategy)
    if contradiction(found, strategy):
        with pytest.raises(ConfigurationError, match="leave no mix"):
            draw_mix(found, settings, seed, slot)
        return
    mix = draw_mix(found, settings, seed, slot)
    drawn = {choice.factor: choice.path for choice in mix.choices}
    assert tuple(drawn) == strategy.factors
    assert not any(exclusion.holds(drawn) for exclusion in strategy.excluded)
    free = taxonomies(strategy.model_copy(update={"excluded": ()}))
    first = draw_mix(free, settings, seed, slot)
    if not any(e.holds({choice.factor: choice.path for choice in first.choices}) for e in strategy.excluded):
        assert mix == first


@given(st.lists(strategies(most=2), min_size=2, max_size=4), st.integers(0, 10**6))
def test_exclusions_change_no_strategy(chosen, slot) -> None:
    """Its weight holds exactly: the draw of the strategy does not know of exclusions."""
    found = taxonomies(*chosen)
    free = taxonomies(*(strategy.model_copy(update={"excluded": ()}) for strategy in chosen))
    mix = draw_mix(free, TaxonomySettings(), 0, slot)
    if not contradiction(found, chosen[mix.strategy]):
        assert draw_mix(found, TaxonomySettings(), 0, slot).strategy == mix.strategy


def test_a_hair_of_what_could_be_drawn_is_found() -> None:
    """One mix in 90,000: drawing again and again would take minutes a slot."""
    rest = Node(name="the rest", children=tuple(Node(name=f"kind {number}") for number in range(298)))
    trees = tuple(
        Taxonomy(factor=factor, children=(rest, Node(name="alone"))) for factor in ("left", "right")
    )
    excluded = [
        {"left": ("the rest",), "right": ("the rest",)},
        {"left": ("the rest",), "right": ("alone",)},
        {"left": ("alone",), "right": ("the rest",)},
    ]
    strategy = Strategy(factors=("left", "right"), weight=1, excluded=tuple(map(Exclusion, excluded)))
    found = Taxonomies(taxonomies=trees, strategies=(strategy,))
    settings = TaxonomySettings(node_distribution="uniform_node")
    assert permitted_share(found, strategy, settings) == pytest.approx(1 / 300**2)
    mix = draw_mix(found, settings, 0, 0)
    assert [choice.path for choice in mix.choices] == [("alone",), ("alone",)]


def test_a_contradiction_is_told_with_the_exclusions_that_make_it() -> None:
    clashing = [{"audience": ("children",), "form": (name,)} for name in ("poem", "letter")] + [
        {"audience": ("adults",), "topic": (name,)} for name in ("war", "pets", "food")
    ]
    strategy = excluding(ALL_POEMS, *clashing, {"topic": ("pets", "cats"), "form": ("poem",)})
    found = taxonomies(excluding(ALL_POEMS), strategy)
    assert contradiction(found, strategy) == tuple(map(Exclusion, clashing))
    (sentence,) = contradictions(found)
    assert sentence.startswith("strategy 2 (audience, topic, form): no mix is left")
    assert "audience: adults + topic: food" in sentence
    assert "cats" not in sentence
    assert contradictions(taxonomies(excluding(*clashing[1:]))) == []


@given(strategies(most=20))
def test_none_of_the_exclusions_that_are_named_could_be_spared(strategy) -> None:
    clashing = contradiction(taxonomies(strategy), strategy)
    share = permitted_share(taxonomies(strategy), strategy, SETTINGS[0])
    assert (share == 0) == bool(clashing)
    for exclusion in clashing:
        fewer = tuple(other for other in clashing if other is not exclusion)
        spared = strategy.model_copy(update={"excluded": fewer})
        assert permitted_share(taxonomies(spared), spared, SETTINGS[0]) > 0


def test_every_wrong_name_is_told_with_the_nearest() -> None:
    wrong = Strategy(
        factors=("audience", "topik"),
        weight=0,
        excluded=(
            Exclusion({"audience": ("childen",), "form": ("poem",)}),
            Exclusion({"audience": ("adults", "children"), "topik": ("war",)}),
        ),
    )
    always = (*TREES[:2], TREES[2].model_copy(update={"always": True}))
    kinds = {tree.factor: [path for path, _ in tree.nodes] for tree in always}
    problems = strategy_problems((wrong,), kinds, ["form"])
    text = "\n".join(problems)
    for problem in (
        "there is no factor 'topik'; did you mean topic?",
        "the factor 'form' is marked always and is missing here",
        "its weight is 0; a number above 0 and up to 1,000,000 is expected",
        "below 'audience' there is no kind 'childen'; did you mean children?",
        "there is no factor of the strategy 'form'",
        "below 'audience > adults' there is no kind 'children'; known: students, parents",
    ):
        assert problem in text
    assert len(problems) == 6


def domain(**stated_parts) -> Domain:
    return Domain.model_validate(
        {"name": "d", "description": "y", "instructions": "i", "task": {"type": "free_text"}} | stated_parts
    )


FACTORS = [
    {"name": "audience", "children": [{"name": "children"}, {"name": "adults"}]},
    {"name": "topic", "children": [{"name": "war"}, {"name": "pets", "children": [{"name": "cats"}]}]},
    {"name": "form"},
]


def of_all(*excluded) -> list[dict]:
    return [{"factors": ["audience", "topic", "form"], "weight": 1, "excluded": list(excluded)}]


def test_a_domain_states_its_strategies() -> None:
    found = domain(factors=FACTORS, strategies=of_all({"audience": ["children"], "topic": ["war"]}))
    (strategy,) = found.strategies
    assert strategy.excluded[0].root == {"audience": ("children",), "topic": ("war",)}
    assert found.identity()["strategies"] == [
        {
            "kind": "Strategy",
            "factors": ["audience", "topic", "form"],
            "weight": 1.0,
            "excluded": [{"audience": ["children"], "topic": ["war"]}],
        }
    ]
    assert contradictions(stated(found)) == []


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ({"strategies": of_all()}, "the domain states, and it states none"),
        ({"factors": FACTORS[:2], "strategies": of_all()}, "there is no factor 'form'"),
        (
            {"factors": [*FACTORS, {"name": "tone", "always": True}], "strategies": of_all()},
            "the factor 'tone' is marked always",
        ),
        (
            {"factors": FACTORS, "strategies": of_all({"audience": ["children"], "topic": ["pets", "dogs"]})},
            "below 'topic > pets' there is no kind 'dogs'; known: cats",
        ),
        (
            {"factors": FACTORS, "strategies": of_all({"audience": ["children", "girls"], "topic": ["war"]})},
            "'audience > children' is not divided, so there is no 'girls' below it",
        ),
        (
            {"factors": FACTORS, "strategies": of_all({"audience": ["children"], "form": ["poem"]})},
            "the kinds of 'form' are still to be written by the teacher",
        ),
    ],
)
def test_what_a_domain_cannot_mean_is_told(parts, problem: str) -> None:
    with pytest.raises(ValidationError, match=problem):
        domain(**parts)


def test_a_contradiction_is_found_before_the_teacher_writes_the_other_trees() -> None:
    pairs = [{"audience": [a], "topic": [t]} for a in ("children", "adults") for t in ("war", "pets")]
    (sentence,) = contradictions(stated(domain(factors=FACTORS, strategies=of_all(*pairs))))
    assert sentence.count(" + ") == 4
    assert contradictions(stated(domain(factors=FACTORS, strategies=of_all(*pairs[:3])))) == []
