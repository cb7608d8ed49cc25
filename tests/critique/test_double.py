import anyio
import pytest

from simula.critique import Decision, Judged, Verdict, decide, judge_doubly
from simula.errors import RequestFailed, RequestLost
from simula.prompts import Asker, Tally
from simula.teacher import Request, ScriptedTeacher
from simula.teacher.fake import Line


@pytest.mark.parametrize(
    ("correct", "incorrect", "decision"),
    [
        ("yes", "no", "yes"),
        ("yes", "yes", "no"),
        ("no", "no", "no"),
        ("no", "yes", "no"),
        ("undecided", "no", "undecided"),
        ("yes", "undecided", "undecided"),
    ],
)
def test_accepted_only_on_yes_and_no(correct: Decision, incorrect: Decision, decision: Decision) -> None:
    first = Verdict(critic="correct", verdict=correct, explanation="")
    second = Verdict(critic="incorrect", verdict=incorrect, explanation="")
    assert decide(first, second) == decision


@pytest.mark.parametrize(
    ("correct", "incorrect", "accepted"),
    [
        ("yes", "no", (True, True, True)),
        ("yes", "yes", (True, False, False)),
        ("no", "no", (False, True, False)),
        ("no", "yes", (False, False, False)),
        ("undecided", "no", (None, True, None)),
        ("yes", "undecided", (True, None, None)),
    ],
)
def test_each_critic_alone_and_both_together(
    correct: Decision, incorrect: Decision, accepted: tuple[bool | None, ...]
) -> None:
    judged = Judged(correct, incorrect)
    assert (judged.accepts("correct"), judged.accepts("incorrect"), judged.accepts("double")) == accepted


def test_where_a_measure_asks_a_refused_request_is_undecided() -> None:
    def answer(request: Request) -> Line:
        if request.template == "judge_incorrect":
            return RequestFailed("blocked")
        return {"explanation": "Fine.", "verdict": "yes"}

    example = {"question": "q", "options": [], "reasoning": "", "answer": "a"}
    for script, found in (
        (answer, Judged("undecided", "undecided", "blocked")),
        ([{"explanation": "", "verdict": "yes"}, {"explanation": "", "verdict": "no"}], Judged("yes", "no")),
        ([{"explanation": "", "verdict": "yes"}, "no JSON"], Judged("yes", "undecided")),
    ):
        asker = Asker(ScriptedTeacher(script), "system", 1.0, 100, attempts=1)
        assert anyio.run(judge_doubly, example, asker, 0, Tally()) == found
    # What was never answered is no verdict.
    lost = Asker(ScriptedTeacher(lambda request: RequestLost("outage")), "system", 1.0, 100)
    with pytest.raises(RequestLost):
        anyio.run(judge_doubly, example, lost, 0, Tally())
