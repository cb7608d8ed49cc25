"""Data points beside or out of earlier ones, for the recipes that know no taxonomy."""

from __future__ import annotations

from typing import Any

from simula.teacher.port import Request
from simula.teacher.simulated import habit
from simula.teacher.simulated.author import calculated, data_point
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.imagination import imagine
from simula.teacher.simulated.ontology import Node
from simula.teacher.simulated.problem import LARGE, Problem
from simula.teacher.simulated.scenario import Harder, Scenario
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.text import parse
from simula.teacher.simulated.wishes import Wishes

TRIES = 4
"""How often the teacher thinks again when what comes to its mind is what it was shown."""
_DEEPER: dict[str, Harder] = {"constrain": "detail", "deepen": "larger", "reason": "step"}


def write_like(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A data point by habit, told otherwise than those shown, where that comes to mind."""
    shown = [parse(example["question"]) for example in request.values["examples"]]
    return _by_habit(request, traits, {problem.wording for problem in shown if problem})


def evolve(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The data point one step harder or more specific; for "broaden", and an unreadable one, another."""
    operation = request.values["operation"]
    parent = parse(request.values["example"]["question"])
    if parent is None or operation == "broaden":
        return _by_habit(request, traits, {parent.wording} if parent else set())
    harder = _difficulties(parent)
    if (kind := _DEEPER.get(operation)) and kind not in harder:
        harder = (*harder, kind)
    scenario = Scenario(
        name=parent.name,
        thing=None if operation == "concretise" else parent.thing,
        wording=parent.wording,
        main=None if "larger" in harder or operation == "concretise" else parent.main,
        harder=harder,
    )
    return _answered(request, traits, _imagined(request, traits, scenario, 0))


def _by_habit(request: Request, traits: SimulatedTeacher, known: set[Node]) -> dict[str, Any]:
    for number in range(TRIES):
        problem = _imagined(request, traits, Scenario(), number)
        if problem.wording not in known:
            break
    return _answered(request, traits, problem)


def _imagined(request: Request, traits: SimulatedTeacher, scenario: Scenario, number: int) -> Problem:
    exponent = habit.steepness(request, traits)
    return imagine(Wishes({}, (), scenario), exponent, chance(request, f"problem {number}"))


def _answered(request: Request, traits: SimulatedTeacher, problem: Problem) -> dict[str, Any]:
    return data_point(request, problem, calculated(problem, traits, chance(request, "answer")))


def _difficulties(problem: Problem) -> tuple[Harder, ...]:
    """What already makes the problem hard."""
    present: dict[Harder, bool] = {
        "step": problem.extra is not None,
        "detail": problem.detail is not None,
        "larger": problem.main >= LARGE,
    }
    return tuple(kind for kind, there in present.items() if there)
