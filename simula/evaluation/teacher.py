"""A teacher examined: the benchmark's items, each a call that is recorded like any other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

from anyio import CapacityLimiter

from simula.concurrency import in_order
from simula.domain import Domain, Extraction
from simula.domain.schema import TEXT, strict_object
from simula.draws import entropy
from simula.errors import RequestFailed, RequestLost, TeacherUnavailable, UnreadableReply
from simula.evaluation.answer import Answer
from simula.prompts import Asker, Tally
from simula.store.benchmarks import TestItem
from simula.student.marking import Marking, marked

TEMPLATE = "answer_item"
SYSTEM = "You sit an examination. Each question stands for itself."
"""What a teacher is told before the first question; temperature is 0, as students answer greedily."""


async def examine(
    domain: Domain,
    items: Sequence[TestItem],
    asker: Asker,
    reasoning: bool,
    extraction: Extraction,
    concurrency: int,
    tally: Tally,
    on_answer: Callable[[int, int], None],
) -> list[Answer]:
    """A teacher's answers to a benchmark, in the order of the items.

    It is put the student's own question and answers in the form of the task; its answer is marked as a
    student's text that gives it in that form would be. An item that it refuses, or whose reply cannot be
    read, is unanswered. An item that is lost to faults that pass is no answer at all, right or wrong: all
    others are asked, and then there is no examination yet.

    Args:
        domain: how a question is put and an answer is read.
        items: the benchmark.
        asker: the way to the teacher.
        reasoning: it writes its reasoning before the answer.
        extraction: which reading of an answer counts, as of a student's.
        concurrency: items asked at once.
        tally: counts the calls.
        on_answer: called with items answered and items in all.

    Raises:
        TeacherUnavailable: no further call can succeed, or items were lost; what was answered is recorded.
        UnreadableReply: no item at all was answered.
    """
    done, limiter = 0, CapacityLimiter(concurrency)
    greedy = replace(asker, system=SYSTEM, temperature=0.0)

    async def ask(item: TestItem) -> Answer | RequestLost:
        nonlocal done
        async with limiter:
            try:
                answer = await _answered(domain, item, greedy, reasoning, Marking(extraction), tally)
            except RequestLost as lost:
                return lost
        done += 1
        on_answer(done, len(items))
        return answer

    found = await in_order([partial(ask, item) for item in items])
    if lost := [one for one in found if isinstance(one, RequestLost)]:
        raise TeacherUnavailable(
            f"{len(lost)} of {len(items)} items got no answer, which is not a wrong one; the first: "
            f"{lost[0]}; the same command asks these again, and no others"
        )
    answers = [one for one in found if isinstance(one, Answer)]
    if answers and all(answer.prediction is None for answer in answers):
        raise UnreadableReply(f"no item of {len(answers)} was answered; the first: {answers[0].text}")
    return answers


async def _answered(
    domain: Domain, item: TestItem, asker: Asker, reasoning: bool, marking: Marking, tally: Tally
) -> Answer:
    task, example = domain.task, item.example
    form = task.answer_schema(example)
    schema = strict_object(reasoning=TEXT, answer=form) if reasoning else strict_object(answer=form)
    values = {
        "question": domain.question(example),
        "reasoning": reasoning,
        "example": example.model_dump(mode="json", include={"question", "options"}),
    }
    seed = entropy("examination", item.id)
    try:
        reply = await asker.ask(TEMPLATE, schema, values, seed=seed, tally=tally)
    except (RequestFailed, UnreadableReply) as error:
        return Answer(item.id, None, False, str(error), {})
    answer = str(reply["answer"])
    given = task.answer(example.model_copy(update={"answer": answer, "reasoning": ""}))
    said = marked(domain, example, 0, given, None, marking)
    text = f"{reply['reasoning']}\n{answer}" if reasoning else answer
    return Answer(item.id, said.prediction, said.right, text, {}, said.right_strict, said.right_lenient)
