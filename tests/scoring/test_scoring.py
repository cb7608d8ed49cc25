"""Asking for the scores of batches; what comes out with a scorer of known truth."""

import json
from collections import Counter
from functools import partial

import anyio
import numpy as np
import pytest
from scipy.stats import spearmanr

from simula.errors import RequestLost, TeacherUnavailable
from simula.prompts import Asker, Tally
from simula.scoring import EloSettings, ScoredBatch, ScoringSettings, rate, schedule, score_batches
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.simulated import SimulatedTeacher
from simula.teacher.simulated.imagination import imagine
from simula.teacher.simulated.text import parse, render
from simula.teacher.simulated.wishes import wishes

BATCHES = [(0, 1), (1, 2), (2, 0)]


def example(question: str) -> dict[str, object]:
    return {"question": question, "options": [], "reasoning": "", "answer": "1"}


class Scorer:
    """Scores "item 7" with 70; finds some questions unreadable, blocks or loses some; replies disorderly."""

    model = "scorer"

    def __init__(
        self, *, unreadable: str = "?", blocked: str = "?", lost: str = "?", gone: bool = False
    ) -> None:
        self.unreadable, self.blocked, self.lost, self.gone = unreadable, blocked, lost, gone
        self.requests: list[Request] = []

    async def ask(self, request: Request) -> Reply:
        if self.gone:
            raise TeacherUnavailable("the key is wrong")
        self.requests.append(request)
        for _ in range(request.seed % 4):
            await anyio.sleep(0)
        questions = [shown["question"] for shown in request.values["examples"]]
        if self.lost in questions:
            raise RequestLost("outage")
        scores = [10 * int(question.split()[1]) for question in questions]
        text = '{"scores": [1]}' if self.unreadable in questions else json.dumps({"scores": scores})
        finish = "blocked" if self.blocked in questions else "stop"
        return Reply(text, "scorer-1", finish, Usage(prompt=9, completion=2))

    async def close(self) -> None: ...


def scored(teacher: Scorer, **settings: object) -> tuple[list[ScoredBatch], Tally]:
    tally = Tally()
    items = [example(f"item {number}") for number in (1, 2, 3)]
    asker = Asker(teacher, "system", 1.0, 100)
    asking = partial(score_batches, BATCHES, items, ScoringSettings(**settings), asker, 0, tally)
    return anyio.run(asking), tally


@pytest.mark.parametrize("concurrency", [1, 2, 64])
def test_one_call_a_batch_and_results_in_their_order(concurrency: int) -> None:
    found, tally = scored(Scorer(), concurrency=concurrency)
    assert found == [
        ScoredBatch((0, 1), (10, 20)),
        ScoredBatch((1, 2), (20, 30)),
        ScoredBatch((2, 0), (30, 10)),
    ]
    assert tally.calls == 3


def test_a_batch_without_a_readable_reply_is_asked_again_and_then_left_out_with_its_reason() -> None:
    found, tally = scored(Scorer(unreadable="item 3"))
    assert Counter(batch.status for batch in found) == {"scored": 1, "unreadable": 2}
    assert found[1].scores == ()
    assert "3 attempts" in found[1].reason
    assert (tally.calls, tally.asked_again) == (7, 4)


def test_a_batch_that_the_teacher_refuses_is_left_out_at_once() -> None:
    found, tally = scored(Scorer(blocked="item 1"))
    assert [batch.status for batch in found] == ["failed", "scored", "failed"]
    assert tally.calls == 3


def test_a_teacher_that_is_gone_stops_the_run() -> None:
    with pytest.raises(TeacherUnavailable, match="the key is wrong"):
        scored(Scorer(gone=True))


def test_a_batch_that_nobody_answered_ends_the_run_when_all_others_are_scored() -> None:
    teacher = Scorer(lost="item 1")
    with pytest.raises(TeacherUnavailable, match="2 of 3 batches got no answer; the first: outage"):
        scored(teacher, concurrency=1)
    assert len(teacher.requests) == 3


def test_any_attribute_can_be_scored() -> None:
    teacher = Scorer()
    scored(teacher, attribute="prejudice", guidance="how far it judges people by their group")
    assert "by their prejudice: how far it judges people by their group." in teacher.requests[0].prompt
    assert len({request.seed for request in teacher.requests}) == len(teacher.requests)


def rank_correlation(noise: float, items: int = 300) -> float:
    """Of Elo with the true complexity of problems, scored by the simulated teacher."""
    draw = np.random.default_rng(0)
    questions = [render(imagine(wishes([], ""), 0.3, draw)) for _ in range(items)]
    truth = [problem.complexity for problem in map(parse, questions) if problem]
    assert len(truth) == items
    plan, tally = schedule(items, 5, 5, 0), Tally()
    asker = Asker(SimulatedTeacher(score_noise=noise).connect(), "system", 1.0, 1024)
    shown = [example(question) for question in questions]
    found = anyio.run(score_batches, plan.batches, shown, ScoringSettings(), asker, 0, tally)
    ratings = rate(found, items, EloSettings())
    return float(spearmanr(truth, [rating.elo for rating in ratings]).statistic)


def test_elo_follows_the_true_complexity_and_less_so_where_the_scores_are_noisy() -> None:
    faithful, noisy = rank_correlation(4), rank_correlation(40)
    assert faithful > 0.8
    assert noisy < faithful - 0.1
