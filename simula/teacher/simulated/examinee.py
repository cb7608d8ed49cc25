"""The teacher examined: it answers a question that somebody else wrote, as well as its skill reaches."""

from __future__ import annotations

from typing import Any

from simula.teacher.port import Request
from simula.teacher.simulated.author import calculated
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.text import parse


def answer_item(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The answer as calculated; 0 to what is no problem of this world."""
    problem = parse(request.values["example"]["question"])
    number = calculated(problem, traits, chance(request, "answer")) if problem else 0
    reply = {"reasoning": problem.reasoning(number) if problem else "", "answer": str(number)}
    return {name: reply[name] for name in request.schema["properties"]}
