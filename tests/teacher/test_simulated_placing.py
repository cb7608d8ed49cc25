"""The simulated teacher places a problem by its text, and errs as often as it is set to."""

import numpy as np
import pytest

from simula.teacher.port import Request
from simula.teacher.simulated import SimulatedTeacher
from simula.teacher.simulated.imagination import imagine
from simula.teacher.simulated.ontology import world
from simula.teacher.simulated.placing import assign_node
from simula.teacher.simulated.text import render
from simula.teacher.simulated.wishes import wishes

MUFFINS = "Sarah has 24 muffins and buys 18 more. How many muffins does Sarah have now?"
SURE = SimulatedTeacher(misplacement=0)


def placed(question: str, factor: str, paths: list[tuple[str, ...]], traits=SURE, seed: int = 0) -> int:
    values = {"factor": factor, "paths": paths, "example": {"question": question}}
    return assign_node(Request("assign_node", "", "", {}, values, seed, 1.0, 99), traits)["node"]


def test_the_deepest_node_that_holds_it() -> None:
    shop, school, bakery = ("shop",), ("school",), ("shop", "bakery")
    assert placed(MUFFINS, "setting", [school, shop, ("shop", "market"), bakery]) == 4
    assert placed(MUFFINS, "setting", [school, shop, ("shop", "market")]) == 2
    assert placed(MUFFINS, "setting", [school]) == 0
    # What the world does not divide tells nothing apart; an unknown kind holds nothing.
    things = [(*bakery, "muffins", f"{kind} muffins") for kind in ("usual", "unusual")]
    assert placed(MUFFINS, "setting", [bakery, *things]) == 1
    assert placed(MUFFINS, "setting", [("outer space",), *things]) == 0


def test_what_belongs_nowhere() -> None:
    assert placed("What is a muffin?", "setting", [("shop",)]) == 0
    assert placed(MUFFINS, "colour", [("red",)]) == 0
    assert placed(MUFFINS, "mood", [("cheerful",)]) == 0


@pytest.mark.parametrize("factor", ["calculation", "setting", "amounts", "form"])
def test_every_problem_stands_at_its_own_leaf(factor: str) -> None:
    root = world().factors[factor]
    leaves = [leaf.path for leaf in root.leaves()]
    draw = np.random.default_rng(0)
    for leaf in list(root.leaves())[:6]:
        mix = [{"factor": factor, "path": leaf.path, "description": ""}]
        question = render(imagine(wishes(mix), 0.3, draw))
        assert leaves[placed(question, factor, leaves) - 1] == leaf.path


def test_it_errs_as_often_as_set_and_then_alike_among_the_others() -> None:
    paths = [("school",), ("shop",), ("kitchen",)]
    traits = SimulatedTeacher(misplacement=0.3)
    numbers = [placed(MUFFINS, "setting", paths, traits, seed) for seed in range(2000)]
    shares = np.bincount(numbers, minlength=4) / 2000
    assert shares == pytest.approx([0.1, 0.1, 0.7, 0.1], abs=0.03)
