"""Scenarios, samples and refinements."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import numpy as np

from simula.domain import checking
from simula.errors import TeacherUnavailable
from simula.teacher.port import Request
from simula.teacher.simulated import habit
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.imagination import imagine, spread
from simula.teacher.simulated.judgement import is_right
from simula.teacher.simulated.mistakes import error_rate, slip
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.scenario import Harder, read
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.text import parse, render
from simula.teacher.simulated.wishes import Wishes, wishes


def write_scenarios(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """Scenarios for one mix, spread out because they are written side by side."""
    values = request.values
    earlier = [read(text) for text in values["earlier"]]
    wanted = wishes(values["mix"])
    exponent = habit.steepness(request, traits)
    scenarios = spread(wanted, values["count"], earlier, exponent, chance(request))
    return {"scenarios": [scenario.text for scenario in scenarios]}


def complexify(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The scenario with one more difficulty that the mix allows; as it was where there is none."""
    scenario = read(request.values["scenario"])
    wanted = wishes(request.values["mix"])
    kinds: list[Harder] = ["step", "detail"] if "amounts" in wanted.nodes else ["step", "detail", "larger"]
    open_kinds = [kind for kind in kinds if kind not in scenario.harder]
    if not open_kinds:
        return {"scenario": scenario.text}
    exponent = habit.steepness(request, traits)
    kind = open_kinds[habit.pick(len(open_kinds), exponent, chance(request))]
    main = None if kind == "larger" else scenario.main
    return {"scenario": replace(scenario, main=main, harder=(*scenario.harder, kind)).text}


def write_sample(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A data point: requirements as they are remembered, the rest by habit, the answer as calculated."""
    wanted = wishes(request.values["mix"], request.values["scenario"])
    remembered = wanted.partly_forgotten(traits.slip_rate, chance(request, "memory"))
    problem = _imagine(request, remembered, traits)
    return data_point(request, problem, calculated(problem, traits, chance(request, "answer")))


def refine(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The data point mended, as far as the teacher's skill reaches.

    A question that does not meet the requirements is written anew, a wrong answer is corrected, each with the
    probability with which the teacher gets such a problem right; otherwise it stays.
    """
    example = request.values["example"]
    wanted = wishes(request.values["mix"], request.values["scenario"])
    draw = chance(request, "repair")
    problem = parse(example["question"])
    if problem is None or wanted.violations(problem):
        problem = _imagine(request, wanted, traits)
        if _succeeds(problem, traits, draw):
            return data_point(request, problem, calculated(problem, traits, chance(request, "answer")))
    elif not is_right(example["answer"], problem) and _succeeds(problem, traits, draw):
        return data_point(request, problem, problem.truth)
    return {name: example[name] for name in request.schema["properties"]}


def corrupt_answer(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A slip in place of the right answer, and a reasoning to match; one more where it cannot read."""
    example = request.values["example"]
    problem = parse(example["question"])
    if problem is None:
        reply = {"reasoning": "", "answer": str(Decimal(example["answer"]) + 1)}
    else:
        number = slip(problem, chance(request, "slip"))
        reply = {"reasoning": problem.reasoning(number), "answer": str(number)}
    return {name: reply[name] for name in request.schema["properties"]}


def _imagine(request: Request, wanted: Wishes, traits: SimulatedTeacher) -> Problem:
    exponent = habit.steepness(request, traits)
    return imagine(wanted, exponent, chance(request, "problem"))


def _succeeds(problem: Problem, traits: SimulatedTeacher, draw: np.random.Generator) -> bool:
    rate = error_rate(problem.complexity, traits.skill, traits.complexity_slope)
    return bool(draw.random() >= rate)


def calculated(problem: Problem, traits: SimulatedTeacher, draw: np.random.Generator) -> int:
    """The teacher's answer: the truth, or a slip where its skill does not reach."""
    return problem.truth if _succeeds(problem, traits, draw) else slip(problem, draw)


def data_point(request: Request, problem: Problem, answer: int) -> dict[str, Any]:
    """The reply in the form of the schema. Raises TeacherUnavailable for other than number tasks."""
    reply = {"question": render(problem), "reasoning": problem.reasoning(answer), "answer": str(answer)}
    asked = request.schema["properties"]
    written = {name: reply[name] for name in asked if name in reply}
    if checking.problem(written, request.schema):
        raise TeacherUnavailable(
            f"the simulated teacher writes data points with {', '.join(reply)}, the answer a number, "
            f"not with {', '.join(asked)} of this domain: use it with a domain whose task type is number, "
            "such as domain=arithmetic"
        )
    return written
