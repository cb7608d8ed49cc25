"""Self-Instruct-like and Evol-Instruct-like: parents come from earlier rounds only, in any order."""

import pytest
from orderly import Orderly, filled, mechanism

from simula.critique import CriticSettings
from simula.generation import Candidate, Complexity, EvolInstruct, Recipe, Scenarios, SelfInstruct
from simula.generation.recipes import OPERATIONS, settled_before

NO_CRITIC = CriticSettings(requirements=False, double=False)
SELF = SelfInstruct(seeds=8, shown=4, shown_seeds=3, round=4)
EVOL = EvolInstruct(seeds=8, round=4)


def made(
    recipe: Recipe, *, disorder: int = 0, concurrency: int = 8, size: int = 40
) -> tuple[list[Candidate], Orderly]:
    teacher = Orderly(disorder=disorder)
    axes = {"scenarios": Scenarios(count=0), "complexity": Complexity(fraction=0), "critic": NO_CRITIC}
    filling = filled(mechanism(teacher, recipe=recipe, **axes), size=size, concurrency=concurrency)
    return filling.candidates, teacher


@pytest.mark.parametrize("recipe", [SELF, EVOL])
def test_the_first_are_seeds_and_parents_come_from_rounds_before(recipe: SelfInstruct | EvolInstruct) -> None:
    candidates, teacher = made(recipe)
    assert [request.template for request in teacher.asked].count("write_sample") == recipe.seeds
    for candidate in candidates:
        assert bool(candidate.parents) == (candidate.slot >= recipe.seeds)
        assert all(parent < settled_before(recipe, candidate.slot) for parent in candidate.parents)
        assert settled_before(recipe, candidate.slot) <= candidate.slot


def test_self_instruct_shows_seeds_and_later_ones_in_its_proportion() -> None:
    candidates, _ = made(SELF)
    for candidate in candidates[12:]:
        seeds = [parent for parent in candidate.parents if parent < SELF.seeds]
        assert (len(seeds), len(candidate.parents), len(set(candidate.parents))) == (3, 4, 4)
    # While there are only seeds, all that are shown are seeds.
    assert all(len(candidate.parents) == 4 for candidate in candidates[8:12])


def test_evol_instruct_uses_each_operation_on_one_parent() -> None:
    candidates, teacher = made(EVOL, size=120)
    assert {candidate.operation for candidate in candidates[8:]} == set(OPERATIONS)
    assert all(len(candidate.parents) == 1 for candidate in candidates[8:])
    prompts = {
        request.values["operation"]: request.prompt
        for request in teacher.asked
        if request.template == "evolve"
    }
    assert len({prompt.splitlines()[-1] for prompt in prompts.values()}) == len(OPERATIONS)


@pytest.mark.parametrize("recipe", [SELF, EVOL])
@pytest.mark.parametrize("disorder", [1, 2, 3])
def test_the_order_of_completion_changes_nothing(recipe: Recipe, disorder: int) -> None:
    calm, _ = made(recipe, concurrency=1)
    wild, _ = made(recipe, concurrency=16, disorder=disorder)
    assert wild == calm


def test_where_nothing_was_accepted_yet_the_description_alone_is_asked() -> None:
    refusing = Orderly(lambda request: "no")
    filling = filled(mechanism(refusing, recipe=EVOL, critic=CriticSettings(requirements=False)), size=5)
    assert not filling.accepted
    assert {request.template for request in refusing.asked} == {
        "write_sample",
        "judge_correct",
        "judge_incorrect",
    }
