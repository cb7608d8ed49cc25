"""Scores and greedy answers equal what the model itself says, row by row, without any shared work."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from simula.domain import Domain, Example, Identifier, MultipleChoice, Number
from simula.student.answering import ask
from simula.student.choice import Answers
from simula.student.marking import Marking, Said
from simula.student.settings import StudentSettings
from simula.student.template import Template
from simula.student.weights import load

NAMES = {"CWE-78": "command", "CWE-787": "write", "CWE-22": "path"}
CWE = Domain(
    name="cwe",
    description="Weaknesses.",
    task=Identifier(pattern=r"CWE-\d+", choices=NAMES),
    instructions="Which weakness?",
)
QUIZ = Domain(name="quiz", description="A quiz.", task=MultipleChoice(), instructions="Answer by a letter.")
SUMS = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
REPORTS = [
    Example(question=text, answer="CWE-22") for text in ("../", "A shell runs it.", "Past the end, far", "")
]


@pytest.fixture(params=["tiny_llama", "tiny_gemma"])
def loaded(request: pytest.FixtureRequest, tmp_path: Path) -> tuple[Any, Template]:
    student: StudentSettings = request.getfixturevalue(request.param)
    model, tokenizer = load(student, tmp_path)
    return model, Template(tokenizer, "chat")


def slow_score(model: Any, prompt: list[int], answer: list[int]) -> float:
    """The obvious way: the whole text through the model, each answer token looked up."""
    with torch.no_grad():
        log = model(torch.tensor([prompt + answer])).logits[0].log_softmax(-1)
    return sum(float(log[len(prompt) - 1 + i, token]) for i, token in enumerate(answer))


def slow_greedy(model: Any, prompt: list[int], end: set[int], most: int) -> list[int]:
    written: list[int] = []
    while len(written) < most:
        with torch.no_grad():
            token = int(model(torch.tensor([prompt + written])).logits[0, -1].argmax())
        if token in end:
            break
        written.append(token)
    return written


@pytest.mark.parametrize("batch", [1, 3])
def test_scores_of_a_closed_list(loaded: tuple[Any, Template], batch: int) -> None:
    model, template = loaded
    said = {s.index: s for group in ask(CWE, model, template, REPORTS, batch, 9) for s in group}
    for i, example in enumerate(REPORTS):
        prompt = template.prompts([CWE.question(example)])[0]
        for name, tokens in zip(NAMES, template.answers(list(NAMES)), strict=True):
            expected = slow_score(model, prompt, [*tokens, template.end])
            assert said[i].logprobs[name] == pytest.approx(expected, abs=1e-4)
        assert said[i].prediction == max(NAMES, key=said[i].logprobs.__getitem__)


def test_letters_are_scored_without_the_end(loaded: tuple[Any, Template]) -> None:
    model, template = loaded
    two = Example(question="Which?", options=("one", "two"), answer="B")
    three = Example(question="Which of these?", options=("1", "2", "3"), answer="C")
    said = {s.index: s for group in ask(QUIZ, model, template, [two, three], 2, 9) for s in group}
    assert list(said[0].logprobs) == ["A", "B"]
    prompt = template.prompts([QUIZ.question(three)])[0]
    expected = [slow_score(model, prompt, tokens) for tokens in template.answers("ABC")]
    assert list(said[1].logprobs.values()) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("batch", [1, 4])
def test_greedy_answers(loaded: tuple[Any, Template], batch: int) -> None:
    model, template = loaded
    questions = [Example(question=q, answer="1") for q in ("1 + 1?", "2 + 30 = ?", "7", "What is 12 + 40?")]
    said = {s.index: s for group in ask(SUMS, model, template, questions, batch, 12) for s in group}
    for i, example in enumerate(questions):
        prompt = template.prompts([SUMS.question(example)])[0]
        ends = {template.end, model.config.eos_token_id}
        assert said[i].text == template.text(slow_greedy(model, prompt, ends, 12))


def test_a_row_that_ends_early_leaves_the_others_as_they_are(loaded: tuple[Any, Template]) -> None:
    from simula.student.backbone import read_prefix
    from simula.student.generation import generate

    model, template = loaded
    prompts = template.prompts(["1 + 1?", "What is 12 + 40?", "7"])
    free = [slow_greedy(model, prompt, set(), 10) for prompt in prompts]
    lengths = {
        token: {row.index(token) if token in row else 10 for row in free} for row in free for token in row
    }
    end = max(lengths, key=lambda token: len(lengths[token]))
    assert len(lengths[end]) > 1, "no token ends the rows at different lengths"
    expected = [row[: row.index(end)] if end in row else row for row in free]
    nothing = read_prefix(model, np.array([], np.int32))
    assert generate(model, nothing, prompts, {end}, 10) == expected


def test_answers_that_begin_each_other_are_scored_to_their_end() -> None:
    apart = Answers.of([[1, 2], [1, 3, 4]], end=9)
    assert apart.tokens == ((1, 2), (1, 3, 4))
    begins = Answers.of([[1, 2], [1, 2, 4]], end=9)
    assert begins.tokens == ((1, 2, 9), (1, 2, 4, 9))
    assert begins.read == [1, 2, 4]
    assert json.dumps(begins.ancestors.tolist()) == (
        "[[true, false, false], [true, true, false], [true, true, true]]"
    )


@pytest.mark.parametrize("batch", [1, 3])
def test_what_is_said_beside_a_closed_list_is_what_is_said_without_one(
    loaded: tuple[Any, Template], batch: int
) -> None:
    """The prompt is read once for both; of the answers that were scored the generated text sees nothing."""
    model, template = loaded
    marking = Marking(choice_tokens=12)
    said = {s.index: s for group in ask(CWE, model, template, REPORTS, batch, 9, marking) for s in group}
    scored = {s.index: s for group in ask(CWE, model, template, REPORTS, batch, 9) for s in group}
    ends = {template.end, model.config.eos_token_id}
    assert any(said[i].text for i in said)
    for i, example in enumerate(REPORTS):
        prompt = template.prompts([CWE.question(example)])[0]
        assert said[i].text == template.text(slow_greedy(model, prompt, ends, 12))
        assert said[i].logprobs == pytest.approx(scored[i].logprobs, abs=1e-5)
        assert scored[i].text == ""


def test_what_counts_is_a_setting_and_all_is_kept(
    loaded: tuple[Any, Template], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, template = loaded
    monkeypatch.setattr(template, "text", lambda ids: "It is cwe-22." if ids else "")
    example = Example(question="A shell runs it.", answer="CWE-22")

    def asked(**marking: Any) -> Said:
        [[said]] = ask(CWE, model, template, [example], 1, 9, Marking(choice_tokens=3, **marking))
        return said

    [[alone]] = ask(CWE, model, template, [example], 1, 9)
    best = max(NAMES, key=alone.logprobs.__getitem__)
    assert (alone.prediction, alone.right_strict, alone.right_lenient) == (best, None, None)
    found = {
        "logprob": asked(),
        "strict": asked(choice="letter", extraction="strict"),
        "lenient": asked(choice="letter", extraction="lenient"),
        "first": asked(choice="letter"),
    }
    for said in found.values():
        assert (said.right_strict, said.right_lenient) == (False, True)
        assert said.right_logprob == (best == "CWE-22")
    assert {name: (said.prediction, said.right) for name, said in found.items()} == {
        "logprob": (best, best == "CWE-22"),
        "strict": (None, False),
        "lenient": ("cwe-22", True),
        "first": ("cwe-22", True),
    }


def test_unread_text_is_no_answer(loaded: tuple[Any, Template]) -> None:
    model, template = loaded
    example = Example(question="?", answer="1000000")
    [[said]] = ask(SUMS, model, template, [example], 1, 1)
    assert (said.prediction is None) == (SUMS.task.read(said.text, example).lenient.answer is None)
    assert not said.right
