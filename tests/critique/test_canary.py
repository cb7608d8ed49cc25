"""Canaries: known answers that need no call to be made, the same ones each time."""

from typing import Any

import anyio
import pytest

from simula.critique import Judged
from simula.critique.canary import Flips, canaries, flips, judge_canaries
from simula.domain import Domain, Example, FreeText, Identifier, MultipleChoice, Number
from simula.prompts import Asker, Tally
from simula.teacher import Request, ScriptedTeacher
from simula.teacher.fake import Line

CWE = Identifier(pattern=r"CWE-\d+", choices={"CWE-1": "one", "CWE-2": "two", "CWE-3": "three"})


def domain(task: Any) -> Domain:
    return Domain(name="d", description="x", instructions="Answer.", task=task)


def items(*answers: str, **more: Any) -> list[tuple[str, Example]]:
    return [(f"i{at}", Example(question=f"q{at}", answer=one, **more)) for at, one in enumerate(answers)]


@pytest.mark.parametrize(
    ("task", "some", "wrong"),
    [
        (Number(), items("4", "1,000", reasoning="So."), [{"5"}, {"1001"}]),
        (CWE, items("CWE-2", "CWE-3"), [{"CWE-1", "CWE-3"}, {"CWE-1", "CWE-2"}]),
        (FreeText(), items("Bern", "bern", "Basel"), [{"Basel"}, {"Basel"}, {"Bern", "bern"}]),
        (
            MultipleChoice(),
            items("A", "B", options=("one", "two", "three", "one")),
            [{"B", "C"}, {"A", "C", "D"}],
        ),
    ],
)
def test_each_item_comes_with_its_right_answer_and_a_wrong_one(
    task: Any, some: list[tuple[str, Example]], wrong: list[set[str]]
) -> None:
    found = {canary.name: canary for canary in canaries(domain(task), some, 10)}
    assert len(found) == 2 * len(some)
    for (name, example), possible in zip(some, wrong, strict=True):
        right, other = found[f"{name}, right"], found[f"{name}, wrong"]
        assert (right.right, other.right) == (True, False)
        assert task.right(right.example.answer, example)
        assert other.example.answer in possible
        assert right.example.model_copy(update={"answer": other.example.answer}) == other.example
        assert right.example.question == example.question
        assert not right.example.reasoning


def test_fewer_are_a_part_of_more_and_an_item_without_a_wrong_answer_is_passed_over() -> None:
    many = items(*map(str, range(30)))
    ten = canaries(domain(Number()), many, 10)
    assert len(ten) == 20
    assert canaries(domain(Number()), many, 4) == ten[:8]
    assert canaries(domain(Number()), many[::-1], 4) == ten[:8]
    assert canaries(domain(Number()), many, 0) == []
    alone = MultipleChoice(options=2)
    assert canaries(domain(alone), items("A", options=("same", "same")), 5) == []


def test_they_are_judged_greedily_with_the_same_seeds_each_time() -> None:
    def answer(request: Request) -> Line:
        right = request.values["example"]["answer"] in "37"
        yes = right == (request.template == "judge_correct")
        return {"explanation": "Seen.", "verdict": "yes" if yes else "no"}

    found = canaries(domain(Number()), items("3", "7"), 2)
    teachers = [ScriptedTeacher(answer) for _ in range(2)]
    for teacher in teachers:
        asker = Asker(teacher, "system", 1.0, 100)
        said = anyio.run(judge_canaries, found, asker, Tally())
        assert {name: judged.accepts("double") for name, judged in said.items()} == {
            canary.name: canary.right for canary in found
        }
    one, other = (
        sorted((request.prompt, request.seed, request.temperature) for request in teacher.requests)
        for teacher in teachers
    )
    assert one == other
    assert len(one) == 8
    assert {temperature for _, _, temperature in one} == {0.0}


def test_flips_are_counted_question_by_question() -> None:
    yes, no, odd = Judged("yes", "no"), Judged("no", "yes"), Judged("yes", "yes")
    lost = Judged("undecided", "no")
    assert flips({"a": yes, "b": no}, {"a": yes, "b": no}) == Flips(4, 0)
    assert flips({"a": yes, "b": no, "c": yes}, {"a": no, "b": odd}) == Flips(4, 3)
    assert flips({"a": yes}, {"a": lost}) == Flips(1, 0)
    assert flips({"a": yes}, {"a": lost}).rate == 0.0
    assert flips({}, {"a": yes}).rate is None
