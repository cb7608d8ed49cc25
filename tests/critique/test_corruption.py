"""Right answers made wrong: another answer of a closed list, never one that is read as right."""

from typing import Any

import anyio
import pytest

from simula.critique import Corruption, as_shown, corrupt
from simula.critique.corruption import SYSTEM
from simula.domain import Domain, Example, Expression, FreeText, Identifier, MultipleChoice, Number
from simula.errors import RequestFailed, RequestLost, TeacherUnavailable
from simula.prompts import Asker, Tally
from simula.teacher import Request, ScriptedTeacher
from simula.teacher.fake import Line
from simula.teacher.simulated import SimulatedTeacher
from simula.teacher.simulated.text import parse

CHOICE = Example(question="Which?", options=("a", "b", "c", "b "), answer="B")
SUM = Example(question="2 and 3?", reasoning="2 + 3 = 5", answer="5")


def domain(task: Any) -> Domain:
    return Domain(name="d", description="x", instructions="Answer.", task=task)


def corrupted(
    task: Any, example: Example, *script: Line, attempts: int = 3
) -> tuple[Corruption, list[Request]]:
    teacher = ScriptedTeacher(script)
    asker = Asker(teacher, SYSTEM, 1.0, 100, attempts=1)
    found = anyio.run(corrupt, domain(task), example, asker, attempts, 7, Tally())
    return found, teacher.requests


def test_of_a_closed_list_another_answer_and_no_option_that_says_the_same() -> None:
    found, (request,) = corrupted(MultipleChoice(), CHOICE, {"answer": "C"})
    assert request.schema["properties"] == {"answer": {"type": "string", "enum": ["A", "C"]}}
    assert "the letter of another option" in request.prompt
    assert found == Corruption(CHOICE.model_copy(update={"answer": "C"}), 0)
    alike = Example(question="Which?", options=("a", "a"), answer="A")
    found, requests = corrupted(MultipleChoice(options=2), alike)
    assert (found.example, found.reason, requests) == (None, "the question has no other answer", [])


def test_of_an_identifier_another_of_its_list() -> None:
    task = Identifier(pattern=r"CWE-\d+", choices={"CWE-1": "one", "CWE-2": "two", "CWE-3": "three"})
    found, (request,) = corrupted(task, Example(question="A report", answer="CWE-2"), {"answer": "CWE-3"})
    assert request.schema["properties"]["answer"]["enum"] == ["CWE-1", "CWE-3"]
    assert found.example == Example(question="A report", answer="CWE-3")


def test_reasoning_is_written_anew_where_there_is_any() -> None:
    found, (request,) = corrupted(Number(), SUM, {"reasoning": " 2 + 3 = 6 ", "answer": "6.0"})
    assert list(request.schema["properties"]) == ["reasoning", "answer"]
    assert "Write the reasoning anew" in request.prompt
    assert found.example == Example(question="2 and 3?", reasoning="2 + 3 = 6", answer="6")


@pytest.mark.parametrize(
    ("task", "right", "also_right", "wrong", "bare"),
    [
        (Number(), "1000", "1000.0", "1001", "1001"),
        (Expression(), r"\frac{1}{2}", r"$\dfrac{1}{2}$", r"\boxed{\frac{1}{3}}", r"\frac{1}{3}"),
        (FreeText(), "Bern", "bern", "Basel ", "Basel"),
        (Identifier(pattern=r"CWE-\d+"), "CWE-79", "CWE-79", "CWE-80", "CWE-80"),
    ],
)
def test_an_answer_that_is_read_as_right_is_asked_for_again(
    task: Any, right: str, also_right: str, wrong: str, bare: str
) -> None:
    example = Example(question="q", answer=right)
    found, requests = corrupted(task, example, {"answer": also_right}, {"answer": wrong})
    assert (found.refused, found.example) == (1, Example(question="q", answer=bare))
    assert requests[0].prompt == requests[1].prompt
    assert requests[0].seed != requests[1].seed


def test_what_cannot_be_had_is_lost_with_its_reason() -> None:
    right = {"reasoning": "So.", "answer": "5"}
    found, requests = corrupted(Number(), SUM, right, right, attempts=2)
    assert (found.example, found.refused, len(requests)) == (None, 2, 2)
    assert found.reason == "every answer of 2 is read as right"
    found, _ = corrupted(Number(), SUM, right, RequestFailed("too long"))
    assert (found.example, found.refused, found.reason) == (None, 1, "too long")
    found, _ = corrupted(Number(), SUM, "no JSON")
    assert found.example is None
    assert "corrupt_answer" in found.reason
    for error in (TeacherUnavailable("gone"), RequestLost("outage")):
        with pytest.raises(type(error)):
            corrupted(Number(), SUM, error)


def test_critics_see_an_example_as_a_data_point_of_the_domain() -> None:
    shown = as_shown(domain(Number()), Example(question="q", reasoning="So.", answer="1,000.0"))
    assert shown == Example(question="q", reasoning="So.", answer="1000")
    # Data points of a multiple choice have no reasoning.
    reasoned = CHOICE.model_copy(update={"reasoning": "Since b."})
    assert as_shown(domain(MultipleChoice()), reasoned) == CHOICE
    assert as_shown(domain(Number(reasoning=False)), SUM).reasoning == ""


def test_the_simulated_teacher_makes_a_slip_with_a_reasoning_that_leads_to_it() -> None:
    question = "Sarah has 24 muffins and buys 18 more. How many muffins does Sarah have now?"
    example = Example(question=question, reasoning="24 + 18 = 42", answer="42")
    asker = Asker(SimulatedTeacher().connect(), SYSTEM, 1.0, 100)
    answers = set()
    for seed in range(20):
        found = anyio.run(corrupt, domain(Number()), example, asker, 3, seed, Tally())
        assert found.example is not None
        assert found.example.question == question
        assert found.example.reasoning == f"24 + 18 = {found.example.answer}"
        answers.add(found.example.answer)
    assert len(answers) > 2
    assert "42" not in answers
    assert parse("Seven?") is None
    unread = Example(question="Seven?", answer="7")
    found = anyio.run(corrupt, domain(Number()), unread, asker, 3, 0, Tally())
    assert found.example is not None
    assert found.example.answer == "8"
