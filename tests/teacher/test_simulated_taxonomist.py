"""Proposals are partial; their union and the review come nearer to the whole."""

import pytest

from simula.teacher.port import Request
from simula.teacher.simulated import SimulatedTeacher, taxonomist
from simula.teacher.simulated.ontology import world

SETTINGS = world().factors["setting"]
PLACES = {child.name for child in SETTINGS.children}


def request(template: str, seed: int = 0, **values) -> Request:
    values = {"factor": "setting", "path": [], "max_children": 12, "leaf": True} | values
    return Request(template, "", "", {}, values, seed, 1.0, 1024)


def proposed(seed: int, traits: SimulatedTeacher, **values) -> list[dict[str, str]]:
    return taxonomist.propose_children(request("propose_children", seed, **values), traits)["children"]


def reviewed(candidates, seed: int, traits: SimulatedTeacher, **values) -> list[str]:
    asked = request("review_children", seed, candidates=candidates, **values)
    return [item["name"] for item in taxonomist.review_children(asked, traits)["children"]]


def found(names) -> int:
    return len({node.path for name in names if (node := SETTINGS.child(name))})


def test_union_and_review_come_nearer_to_the_whole():
    traits, rounds = SimulatedTeacher(recall=0.5), range(60)
    one, three, after = [], [], []
    for n in rounds:
        proposals = [proposed(3 * n + k, traits) for k in range(3)]
        union = [item for proposal in proposals for item in proposal]
        one.append(found(item["name"] for item in proposals[0]))
        three.append(found(item["name"] for item in union))
        after.append(found(reviewed(union, n, traits)))
    assert sum(one) / 60 == pytest.approx(0.5 * len(PLACES), abs=0.6)
    assert sum(one) < sum(three) < sum(after)


def test_common_children_are_named_more_often():
    named = [item["name"] for seed in range(400) for item in proposed(seed, SimulatedTeacher(recall=0.4))]
    common, rare = SETTINGS.children[0], SETTINGS.children[-1]
    assert sum(SETTINGS.child(name) is common for name in named) > 1.5 * sum(
        SETTINGS.child(name) is rare for name in named
    )


def test_misfits_come_at_their_rate_and_the_review_removes_most():
    traits = SimulatedTeacher(misfit_rate=0.5, specificity=0.9)
    misfits = [
        item for seed in range(400) for item in proposed(seed, traits) if not SETTINGS.child(item["name"])
    ]
    assert len(misfits) == pytest.approx(200, abs=40)
    kept = sum(misfits[0]["name"] in reviewed([misfits[0]], seed, traits) for seed in range(400))
    assert kept == pytest.approx(40, abs=25)


def test_the_review_merges_second_names():
    candidates = [{"name": name, "description": ""} for name in ("store", "shop", "house")]
    traits = SimulatedTeacher(sensitivity=1, specificity=1, recall=0.01)
    names = reviewed(candidates, 0, traits)
    assert names[:2] == ["shop", "home"]
    assert "store" not in names
    assert "house" not in names


def test_no_more_than_asked_for():
    assert len(proposed(0, SimulatedTeacher(recall=1), max_children=3)) == 3
    assert len(reviewed([], 0, SimulatedTeacher(recall=1), max_children=3)) == 3


def test_a_true_leaf_is_not_divided():
    muffins = ["shop", "bakery", "muffins"]
    assert proposed(0, SimulatedTeacher(), path=muffins) == []
    forced = proposed(0, SimulatedTeacher(), path=muffins, leaf=False)
    assert [item["name"] for item in forced] == ["usual muffins", "unusual muffins"]


def test_what_the_world_does_not_know_is_divided_all_the_same():
    names = [item["name"] for item in proposed(0, SimulatedTeacher(), path=["outer space"])]
    assert names == ["usual outer space", "unusual outer space"]


def test_factors_are_proposed_and_reviewed():
    traits = SimulatedTeacher(recall=1, misfit_rate=1, specificity=1, sensitivity=1)
    asked = request("propose_factors", seeds=[], max_factors=6)
    proposals = taxonomist.propose_factors(asked, traits)["factors"]
    assert {item["name"] for item in proposals} == set(world().factors)
    asked = request("review_factors", factors=proposals, max_factors=6)
    names = [item["name"] for item in taxonomist.review_factors(asked, traits)["factors"]]
    assert names == [item["name"] for item in proposals if item["name"] in world().varying]
    assert set(names) == {"calculation", "setting", "amounts", "form"}


def test_strategies_combine_all_factors_or_leave_one_open():
    factors = [{"name": name, "description": "", "top": []} for name in ("calculation", "setting", "form")]
    asked = request("write_strategies", factors=factors)
    strategies = taxonomist.write_strategies(asked, SimulatedTeacher())["strategies"]
    assert [strategy["factors"] for strategy in strategies] == [
        ["calculation", "setting", "form"],
        ["calculation", "form"],
        ["calculation", "setting"],
    ]
    assert strategies[0]["weight"] > strategies[1]["weight"]
    assert not any(strategy["excluded"] for strategy in strategies)
