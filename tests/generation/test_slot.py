"""One slot's way, Section 2.3 and 2.4, seen in what is asked and in what is kept."""

from collections import Counter
from typing import ClassVar

import pytest
from orderly import Orderly, filled, mechanism

from simula.critique import CriticSettings
from simula.generation import Complexity, Scenarios
from simula.prompts import Asker
from simula.teacher.port import Request


def test_k_scenarios_are_written_in_one_call_and_one_is_kept() -> None:
    teacher = Orderly()
    filling = filled(mechanism(teacher, scenarios=Scenarios(count=4), complexity=Complexity(fraction=0)))
    calls = [request for request in teacher.asked if request.template == "write_scenarios"]
    assert len(calls) == 20
    assert {request.values["count"] for request in calls} == {4}
    kept = [candidate.scenario for candidate in filling.candidates]
    assert all(scenario.startswith("scenario ") for scenario in kept)
    assert {scenario[-1] for scenario in kept} == set("0123")


def test_exactly_half_is_rewritten_and_both_wordings_are_kept() -> None:
    filling = filled(mechanism(Orderly()), size=40)
    harder = [candidate for candidate in filling.candidates if candidate.complex]
    assert len(harder) == 20
    assert all(candidate.scenario == f"harder {candidate.plain_scenario}" for candidate in harder)
    assert not any(candidate.plain_scenario for candidate in filling.candidates if not candidate.complex)


def test_a_mix_that_comes_up_again_sees_its_earlier_scenarios() -> None:
    teacher = Orderly(disorder=3)
    settings = Scenarios(count=2, sequential_after=2, shown=3)
    filling = filled(mechanism(teacher, scenarios=settings), size=40, concurrency=16)
    by_mix: dict[str, list[str]] = {}
    shown = {tuple(r.values["earlier"]) for r in teacher.asked if r.template == "write_scenarios"}
    for candidate in filling.candidates:
        before = by_mix.setdefault(candidate.mix.model_dump_json(), [])
        expected = before[-3:] if len(before) >= 2 else []
        assert candidate.earlier_scenarios == len(expected)
        assert tuple(expected) in shown
        before.append(candidate.plain_scenario or candidate.scenario)
    assert max(candidate.earlier_scenarios for candidate in filling.candidates) == 3


def test_without_the_sequential_mode_no_earlier_scenario_is_shown() -> None:
    filling = filled(mechanism(Orderly(), scenarios=Scenarios(sequential_after=None)), size=40)
    assert not any(candidate.earlier_scenarios for candidate in filling.candidates)


def says(refusals: int) -> Orderly:
    """The requirement critic refuses each slot's sample that often."""

    def verdict(request: Request) -> str:
        if request.template == "judge_requirements":
            return "no" if teacher.refused[request.values["scenario"]] < refusals else "yes"
        return "no" if request.template == "judge_incorrect" else "yes"

    class Strict(Orderly):
        refused: ClassVar[Counter[str]] = Counter()

        def answer(self, request: Request) -> dict[str, object]:
            said = super().answer(request)
            if request.template == "judge_requirements" and said["verdict"] == "no":
                self.refused[request.values["scenario"]] += 1
            return said

    teacher = Strict(verdict)
    return teacher


def test_a_refused_sample_is_refined_from_the_explanation_and_judged_again() -> None:
    teacher = says(2)
    filling = filled(mechanism(teacher, critic=CriticSettings(double=False)), size=5)
    assert [candidate.status for candidate in filling.candidates] == ["accepted"] * 5
    for candidate in filling.candidates:
        assert candidate.refinements == 2
        assert [(v.verdict, v.refinement) for v in candidate.verdicts] == [("no", 0), ("no", 1), ("yes", 2)]
    reasons = {request.values["explanation"] for request in teacher.asked if request.template == "refine"}
    assert reasons == {v.explanation for c in filling.candidates for v in c.verdicts if v.verdict == "no"}


def test_used_up_retries_reject_and_keep_every_verdict() -> None:
    filling = filled(mechanism(says(3)), size=2, candidates_per_row=1)
    for candidate in filling.candidates:
        assert (candidate.status, candidate.reason, candidate.refinements) == ("rejected", "requirements", 2)
        assert [verdict.verdict for verdict in candidate.verdicts] == ["no"] * 3


def wrong_at_first(request: Request) -> str:
    """Both double critics find fault with samples that were not written again."""
    mended = any(word in request.prompt for word in MENDED)
    if request.template == "judge_correct":
        return "yes" if mended else "no"
    if request.template == "judge_incorrect":
        return "no" if mended else "yes"
    return "yes"


MENDED: set[str] = set()


@pytest.mark.parametrize("rewrites", [0, 1])
def test_a_negative_double_verdict_rejects_or_leads_to_a_rewrite(rewrites: int) -> None:
    MENDED.clear()

    class Mending(Orderly):
        def answer(self, request: Request) -> dict[str, object]:
            if request.template == "refine":
                MENDED.add(f"Where is {request.seed}?")
            return super().answer(request)

    critic = CriticSettings(rewrites=rewrites)
    filling = filled(mechanism(Mending(wrong_at_first), critic=critic), size=3, candidates_per_row=1)
    kinds = {(c.status, c.reason, c.refinements, len(c.verdicts)) for c in filling.candidates}
    assert kinds == ({("accepted", "", 1, 6)} if rewrites else {("rejected", "correctness", 0, 3)})


def test_the_answer_of_a_refined_question_keeps_its_place() -> None:
    plain = filled(mechanism(Orderly()), size=16)
    refined = filled(mechanism(says(1)), size=16)
    assert [c.example.answer for c in plain.candidates if c.example] == [
        c.example.answer for c in refined.candidates if c.example
    ]


def test_right_letters_are_balanced_over_the_data_set() -> None:
    filling = filled(mechanism(Orderly()), size=80)
    assert Counter(c.example.answer for c in filling.candidates if c.example) == dict.fromkeys("ABCD", 20)


def test_refusals_that_do_not_look_at_letters_leave_them_balanced() -> None:
    def picky(request: Request) -> str:
        return "no" if request.template == "judge_incorrect" or request.seed % 5 < 2 else "yes"

    critic = CriticSettings(requirements=False)
    filling = filled(mechanism(Orderly(picky), critic=critic), size=400)
    letters = Counter(
        row.example.answer for row in filling.candidates if row.status == "accepted" and row.example
    )
    assert sum((letters[letter] - 100) ** 2 / 100 for letter in "ABCD") < 16.3  # chi-square(3): p = 0.001
    assert filling.refused > 200


def test_each_role_asks_its_own_teacher() -> None:
    writer, judge, double = Orderly(model="w"), Orderly(model="j"), Orderly(model="d")
    roles = {
        name: Asker(teacher, "system", 1.0, 100)
        for name, teacher in (("writer", writer), ("judge", judge), ("double_judge", double))
    }
    filling = filled(mechanism(writer, **roles), size=4)
    assert {request.template for request in judge.asked} == {"judge_requirements"}
    assert {request.template for request in double.asked} == {"judge_correct", "judge_incorrect"}
    assert {request.template for request in writer.asked} == {"write_scenarios", "complexify", "write_sample"}
    spent = filling.candidates[0].spent
    assert [(one.model, one.answered, one.calls) for one in spent] == [
        ("d", ("orderly-1",), 2),
        ("j", ("orderly-1",), 1),
        ("w", ("orderly-1",), 2 + filling.candidates[0].complex),
    ]


def test_an_unreadable_verdict_is_asked_again_and_then_undecided_never_rejected() -> None:
    def garbled(request: Request) -> str:
        return "perhaps" if request.template == "judge_requirements" else wrong_at_first(request)

    teacher = Orderly(garbled)
    filling = filled(mechanism(teacher), size=2, candidates_per_row=1)
    assert {(c.status, c.reason) for c in filling.candidates} == {("undecided", "requirements")}
    asked = Counter(request.template for request in teacher.asked)
    assert asked["judge_requirements"] == 3 * 2
    assert {c.asked_again for c in filling.candidates} == {2}
