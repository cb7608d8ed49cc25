"""The teacher sits the students' own examination: once for all cells, recorded, planned, as good as it is."""

import json
from pathlib import Path
from typing import Any

import anyio
import pytest

from simula.composition import cells
from simula.domain import Domain, Example, Expression, FreeText, Identifier, MultipleChoice, Number
from simula.errors import RequestLost, TeacherUnavailable, UnreadableReply
from simula.evaluation.teacher import SYSTEM, examine
from simula.plan import plan
from simula.progress import Progress
from simula.prompts import Asker, Tally
from simula.stages.bench import Bench
from simula.stages.evaluate import evaluate_teacher
from simula.stages.keys import artifact_keys
from simula.store.artifacts import Store
from simula.store.benchmarks import TestItem
from simula.student.marking import Marking, marked
from simula.teacher import Ledger, Recorded
from simula.teacher.port import Reply, Request, Teacher, Usage

LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none", "evaluation.teacher=true")


def config(root: Path, *overrides: str) -> Any:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def examined(root: Path, *overrides: str) -> dict[str, Any]:
    cell = config(root, *overrides)
    return evaluate_teacher(Bench(cell, Store(cell.paths.store), Progress("test")))


def test_a_better_teacher_is_right_more_often_and_an_answer_is_paid_once(tmp_path: Path) -> None:
    weak, strong = (examined(tmp_path, "benchmark.items=200", f"teacher.skill={skill}") for skill in (2, 7))
    assert weak["accuracy"] + 0.2 < strong["accuracy"] < 1
    assert (strong["calls"], strong["recorded_calls"], strong["unanswered"]) == (200, 0, 0)
    # A part of the items asks nothing that the whole has asked.
    part = examined(tmp_path, "benchmark.items=200", "teacher.skill=7", "evaluation.limit=50")
    assert (part["calls"], part["recorded_calls"]) == (50, 50)
    # Of the same teacher and items there is one artifact, whatever the cell.
    one, other = (
        artifact_keys(config(tmp_path, *overrides)) for overrides in ((), ("system=full", "seed=3"))
    )
    assert one["teacher"] == other["teacher"]
    assert "teacher" not in artifact_keys(config(tmp_path, "evaluation.teacher=false"))


def test_its_answers_are_kept_item_by_item(tmp_path: Path) -> None:
    said = examined(tmp_path, "benchmark.items=20")
    (folder,) = (tmp_path / "store" / "evaluate").iterdir()
    lines = [json.loads(line) for line in (folder / "answers.jsonl").read_text().splitlines()]
    results = json.loads((folder / "results.json").read_text())
    assert [line["item"] for line in lines] == results["items"]
    assert [line["right"] for line in lines] == results["right"]
    assert sum(results["right"]) == said["right"]


def test_the_plan_counts_a_call_for_each_item_once(tmp_path: Path) -> None:
    chosen = [*LAB, f"paths.root={tmp_path}", "evaluation.limit=70", "seed=0,1"]
    (step,) = [step for step in plan(cells(chosen, sweep=True)).steps if step.stage == "teacher"]
    assert (step.calls, step.cells, step.exists) == (70, 2, False)
    examined(tmp_path, "evaluation.limit=70")
    (step,) = [step for step in plan(cells(chosen, sweep=True)).steps if step.stage == "teacher"]
    assert step.exists


class Scripted:
    """Answers from a list, and remembers what it was asked."""

    model = "scripted"

    def __init__(self, *texts: str) -> None:
        self.texts, self.asked = list(texts), list[Request]()

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        text = self.texts.pop(0)
        if text == "outage":
            raise RequestLost("scripted gave no answer in 8 attempts, at last: 503: overloaded")
        return Reply(text, "scripted", "blocked" if text == "blocked" else "stop", Usage(prompt=5))

    async def close(self) -> None: ...


def asked(teacher: Teacher, task: Any, examples: list[Example], reasoning: bool) -> list[Any]:
    domain = Domain(name="d", description="x", instructions="Choose.", task=task)
    items = [TestItem(str(number), example) for number, example in enumerate(examples)]
    asker = Asker(teacher, "system", 1.0, 100, attempts=1)
    return anyio.run(
        examine, domain, items, asker, reasoning, "strict_first", 1, Tally(), lambda done, total: None
    )


def test_what_it_is_asked_and_how_its_answers_are_read() -> None:
    five = Example(question="Which?", options=("a", "b", "c", "d", "e"), answer="E")
    teacher = Scripted('{"answer": "E"}', '{"answer": "F"}', "blocked", '{"answer": "A"}')
    found = asked(teacher, MultipleChoice(), [five] * 4, reasoning=False)
    assert [answer.prediction for answer in found] == ["E", None, None, "A"]
    assert [answer.right for answer in found] == [True, False, False, False]
    assert "safety filter" in found[2].text
    (request, *_) = teacher.asked
    assert (request.system, request.temperature) == (SYSTEM, 0.0)
    assert request.prompt.startswith("Choose.\n\nWhich?\nA. a\n")
    assert request.schema["properties"]["answer"]["enum"] == ["A", "B", "C", "D", "E"]


def test_a_teacher_that_answers_nothing_has_no_accuracy() -> None:
    example = Example(question="Which?", options=("a", "b"), answer="A")
    with pytest.raises(UnreadableReply, match=r"no item of 2 was answered; the first: .*safety filter"):
        asked(Scripted("blocked", "blocked"), MultipleChoice(options=2), [example] * 2, reasoning=False)


def test_an_item_lost_to_an_outage_is_no_wrong_answer_and_is_the_only_one_asked_again(tmp_path: Path) -> None:
    examples = [Example(question=f"Which of {n}?", options=("a", "b"), answer="A") for n in range(3)]
    right, wrong = '{"answer": "A"}', '{"answer": "B"}'
    first = Recorded(Scripted(right, "outage", wrong), Ledger(tmp_path))
    why = r"1 of 3 items got no answer, .*503: overloaded; the same command asks these again, and no others"
    with pytest.raises(TeacherUnavailable, match=why):
        asked(first, MultipleChoice(options=2), examples, reasoning=False)
    again = Scripted(right)
    anyio.run(first.close)
    second = Recorded(again, Ledger(tmp_path))
    found = asked(second, MultipleChoice(options=2), examples, reasoning=False)
    anyio.run(second.close)
    assert [answer.right for answer in found] == [True, True, False]
    assert ["Which of 1?" in request.prompt for request in again.asked] == [True]


@pytest.mark.parametrize("reasoning", [True, False])
def test_reasoning_comes_before_the_answer_where_it_is_wanted(reasoning: bool) -> None:
    reply = '{"reasoning": "Because.", "answer": "CWE-79"}' if reasoning else '{"answer": "CWE-79"}'
    teacher = Scripted(reply)
    example = Example(question="A report", answer="CWE-79")
    (answer,) = asked(teacher, Identifier(pattern=r"CWE-\d+"), [example], reasoning)
    assert answer.right
    assert answer.text == ("Because.\nCWE-79" if reasoning else "CWE-79")
    assert list(teacher.asked[0].schema["properties"]) == ["reasoning", "answer"][not reasoning :]
    assert ("step by step" in teacher.asked[0].prompt) == reasoning


SAID = (
    (Number(), "18", "18", True),
    (Number(), "18", "18.00", False),  # as the harness compares: texts
    (Number(), "-7", "-7", True),
    (Identifier(pattern=r"CWE-\d+"), "CWE-79", "CWE-79", True),
    (Identifier(pattern=r"CWE-\d+"), "CWE-79", "CWE-787", False),
    (Expression(), r"\frac{1}{2}", r"\frac12", True),
    (Expression(), "3", r"$\boxed{3}$", True),
    (Expression(), "3", "3.0", False),
    (FreeText(), "The cat", "the  Cat", True),
    (FreeText(), "The cat", "cat.", False),
)


@pytest.mark.parametrize(("task", "gold", "answer", "right"), SAID)
def test_one_rule_marks_teacher_and_student(task: Any, gold: str, answer: str, right: bool) -> None:
    """The teacher's answer alone, and the student's text that gives the same answer in the task's form."""
    example = Example(question="?", answer=gold)
    (found,) = asked(Scripted(json.dumps({"answer": answer})), task, [example], reasoning=False)
    domain = Domain(name="d", description="x", instructions="Choose.", task=task)
    text = task.answer(Example(question="?", answer=answer))
    said = marked(domain, example, 0, text, None, Marking())
    assert found.right == said.right == right
    assert (found.right_strict, found.right_lenient) == (said.right_strict, said.right_lenient)
    assert found.prediction == said.prediction
