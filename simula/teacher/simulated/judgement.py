"""Critics: what they see of the truth, and what they say."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from typing import Any

from simula.teacher.port import Request
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.text import parse
from simula.teacher.simulated.wishes import wishes

_POINTS = 15
"""Points of the raw scale for one unit of complexity: about 6 units fill the scale."""
_AVERAGE = 3.0
"""The complexity in the middle of the scale."""


def judge_requirements(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """Whether the example meets its mix and scenario; a negative verdict names what it misses."""
    values = request.values
    problem = parse(values["example"]["question"])
    if problem is None:
        missed = ["It is no arithmetic word problem."]
    else:
        missed = wishes(values["mix"], values["scenario"]).violations(problem)
    verdict = _says_yes(request, traits, _looks_good(request, traits, not missed))
    if verdict == "yes":
        return {"explanation": "All requirements are met.", "verdict": verdict}
    return {"explanation": " ".join(missed) or "The requirements are met only in part.", "verdict": verdict}


def judge_correct(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """ "Is the answer correct?" """
    return _judged(request, traits, asked_for_good=True)


def judge_incorrect(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """ "Is the answer incorrect?" """
    return _judged(request, traits, asked_for_good=False)


def score_complexity(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The items' complexities on the raw scale, each misjudged a little and rounded to fives.

    What is no problem of this world seems of average complexity. It scores complexity whatever attribute
    is asked for.
    """
    values = request.values
    draw = chance(request, "scores")
    scores = []
    for example in values["examples"]:
        problem = parse(example["question"])
        points = _POINTS * (problem.complexity if problem else _AVERAGE) + draw.normal(0, traits.score_noise)
        scores.append(min(max(5 * round(points / 5), values["lowest"]), values["highest"]))
    return {"scores": scores}


def is_right(answer: str, problem: Problem) -> bool:
    """Whether an answer states the problem's truth, as a number."""
    try:
        return Decimal(answer.replace(",", "")) == problem.truth
    except InvalidOperation:
        return False


def _judged(request: Request, traits: SimulatedTeacher, *, asked_for_good: bool) -> dict[str, Any]:
    example = request.values["example"]
    problem = parse(example["question"])
    good = problem is not None and is_right(example["answer"], problem)
    looks_good = _looks_good(request, traits, good)
    verdict = _says_yes(request, traits, looks_good == asked_for_good)
    seen = "is what I find" if looks_good else "is not what I find"
    return {"explanation": f"The answer {example['answer']} {seen}.", "verdict": verdict}


def _looks_good(request: Request, traits: SimulatedTeacher, good: bool) -> bool:
    """What the critic believes of a good one and of a bad one."""
    return bool(chance(request, "judgement").random() < traits.believes(good))


def _says_yes(request: Request, traits: SimulatedTeacher, believed: bool) -> str:
    """The verdict: sometimes yes whatever is believed, since a yes pleases."""
    pleases = chance(request, "agreement").random() < traits.agreement
    return "yes" if believed or pleases else "no"
