"""Critics: sensitivity and specificity as set; two questions see through a critic that always says yes."""

import numpy as np
import pytest

from simula.teacher.port import Request
from simula.teacher.simulated import SimulatedTeacher, judgement
from simula.teacher.simulated.wishes import wishes

MIX = [{"factor": "calculation", "path": ["addition"], "description": ""}]
ELSEWHERE = [{"factor": "calculation", "path": ["equal groups", "sharing"], "description": ""}]
QUESTION = "Sarah has 24 muffins and buys 18 more. How many muffins does Sarah have now?"
N = 1000


def example(answer: str, question: str = QUESTION) -> dict[str, object]:
    return {"question": question, "options": [], "reasoning": "", "answer": answer}


def verdicts(judge, traits, **values) -> np.ndarray:
    """Whether the verdict is yes, for N seeds."""
    requests = (Request(judge.__name__, "", "", {}, values, seed, 1.0, 1024) for seed in range(N))
    return np.array([judge(request, traits)["verdict"] == "yes" for request in requests])


def near(rate: float):
    """Within four standard deviations of a binomial share."""
    return pytest.approx(rate, abs=4 * np.sqrt(rate * (1 - rate) / N))


TRAITS = SimulatedTeacher(sensitivity=0.9, specificity=0.7, agreement=0)


def test_sensitivity_and_specificity_of_the_correctness_critics():
    assert verdicts(judgement.judge_correct, TRAITS, example=example("42")).mean() == near(0.9)
    assert verdicts(judgement.judge_correct, TRAITS, example=example("41")).mean() == near(0.3)
    assert verdicts(judgement.judge_incorrect, TRAITS, example=example("42")).mean() == near(0.1)
    assert verdicts(judgement.judge_incorrect, TRAITS, example=example("41")).mean() == near(0.7)


def test_sensitivity_and_specificity_of_the_requirement_critic():
    made = {"example": example("42"), "scenario": ""}
    assert verdicts(judgement.judge_requirements, TRAITS, mix=MIX, **made).mean() == near(0.9)
    assert verdicts(judgement.judge_requirements, TRAITS, mix=ELSEWHERE, **made).mean() == near(0.3)
    nonsense = {"example": example("42", "What is a muffin?"), "scenario": ""}
    assert verdicts(judgement.judge_requirements, TRAITS, mix=MIX, **nonsense).mean() == near(0.3)


def test_an_obliging_critic_says_yes_to_both_questions_and_the_pair_of_questions_sees_through_it():
    obliging = SimulatedTeacher(sensitivity=1, specificity=1, agreement=0.4)
    correct, incorrect = (
        verdicts(judge, obliging, example=example("41"))
        for judge in (judgement.judge_correct, judgement.judge_incorrect)
    )
    assert correct.mean() == near(0.4)  # wrong answers that one question lets through
    assert incorrect.all()
    assert not (correct & ~incorrect).any()  # and that both let through
    right = verdicts(judgement.judge_incorrect, obliging, example=example("42"))
    assert right.mean() == near(0.4)  # the price: right answers that the second question refuses


def test_the_two_questions_are_independent():
    first, second = (
        verdicts(judge, TRAITS, example=example("41"))
        for judge in (judgement.judge_correct, judgement.judge_incorrect)
    )
    assert (first & ~second).mean() == near(0.3 * 0.3)


@pytest.mark.parametrize(("answer", "right"), [("42", True), ("42.0", True), ("42,0", False), ("", False)])
def test_answers_are_compared_as_numbers(answer, right):
    infallible = SimulatedTeacher(sensitivity=1, specificity=1, agreement=0)
    assert verdicts(judgement.judge_correct, infallible, example=example(answer))[:5].tolist() == [right] * 5


def test_a_negative_verdict_names_what_is_missed():
    infallible = SimulatedTeacher(sensitivity=1, specificity=1, agreement=0)
    values = {"mix": ELSEWHERE, "scenario": "A story of Tom.", "example": example("42")}
    request = Request("judge_requirements", "", "", {}, values, 0, 1.0, 1024)
    explanation = judgement.judge_requirements(request, infallible)["explanation"]
    assert (
        explanation
        == "Its calculation is not equal groups > sharing. It is not about the person of the scenario."
    )


def test_scores_follow_the_complexity_with_the_noise_that_is_set():
    harder = QUESTION.replace("more.", "more. There are 7 people at the bakery.")
    shown = [example("42"), example("42", harder), example("42", "What is a muffin?")]
    values = {"examples": shown, "lowest": 1, "highest": 100}

    def scores(noise: float) -> np.ndarray:
        traits = SimulatedTeacher(score_noise=noise)
        requests = (Request("score_complexity", "", "", {}, values, seed, 1.0, 1024) for seed in range(N))
        return np.array([judgement.score_complexity(request, traits)["scores"] for request in requests])

    exact = scores(0)
    # 24 muffins: 0.4 * log2(2.4) = 0.51 units of 15 points; a number that is not needed: 0.8 more.
    assert np.unique(exact, axis=0).tolist() == [[10, 20, 45]]
    noisy = scores(10)
    assert noisy[:, 2].mean() == pytest.approx(45, abs=4 * 10 / np.sqrt(N))
    # Rounding to fives adds a variance of 25 / 12.
    assert noisy[:, 2].std() == pytest.approx(np.sqrt(10**2 + 25 / 12), rel=0.1)
    assert not (noisy % 5)[noisy > 1].any()
    assert noisy.min() == 1


def test_what_the_world_does_not_know():
    impossible = wishes([{"factor": "calculation", "path": ["calculus"], "description": ""}])
    assert impossible.impossible == ("calculus",)
    assert wishes([{"factor": "colour", "path": ["red"], "description": ""}]).impossible == ()
    below_a_leaf = ["addition", "getting more", "a gift", "usual a gift"]
    node = wishes([{"factor": "calculation", "path": below_a_leaf, "description": ""}]).nodes["calculation"]
    assert node.name == "a gift"
