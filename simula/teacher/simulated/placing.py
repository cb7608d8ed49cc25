"""Where a data point belongs in a taxonomy, read from its text alone."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simula.teacher.port import Request
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.ontology import world
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.text import parse


def assign_node(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The number of the deepest node shown that holds the problem; now and then that of another one, or none.

    What is no problem of this world, and a factor that the world does not know, belong nowhere.
    """
    values = request.values
    problem = parse(values["example"]["question"])
    number = _number(problem, values["factor"], values["paths"]) if problem else 0
    draw = chance(request, "placing")
    if draw.random() < traits.misplacement:
        others = [other for other in range(len(values["paths"]) + 1) if other != number]
        number = others[int(draw.integers(len(others)))]
    return {"node": number}


def _number(problem: Problem, factor: str, paths: Sequence[Sequence[str]]) -> int:
    """From 1; 0 where no path holds the problem.

    Where a taxonomy divides what the world does not, a problem stays above: nothing tells the parts apart.
    """
    own = world().factor(factor)
    place = problem.node(own) if own else None
    if own is None or place is None:
        return 0
    best, depth = 0, 0
    for at, path in enumerate(paths, start=1):
        node = world().factors[own].find(path)
        if node and node.contains(place) and depth < len(path) == len(node.path):
            best, depth = at, len(path)
    return best
