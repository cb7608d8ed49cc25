"""What is shown of a batch is what the loss sees."""

from __future__ import annotations

from pathlib import Path

import pytest
from quiz import QUIZ

from simula.domain import Example
from simula.errors import StudentError
from simula.student.data import Layout
from simula.student.inspection import Inspection, inspect
from simula.student.settings import StudentSettings, TrainingSettings

EXAMPLES = [
    Example(question=f"{'Q' * (5 * i)}{i}?", options=("yes", "no"), answer="AB"[i % 2]) for i in range(6)
]
TRAINING = TrainingSettings(batch_size=3, epochs=2, warmup_min=0, warmup_share=0.5, max_tokens=120)


def inspected(student: StudentSettings, layout: Layout | None = None) -> Inspection:
    return inspect(QUIZ, EXAMPLES, student, TRAINING, 0, Path("unused"), layout)


@pytest.mark.parametrize("packed", [False, True])
def test_the_answer_and_its_end_are_learned_and_nothing_else(
    tiny_gemma: StudentSettings, packed: bool
) -> None:
    found = inspected(tiny_gemma, Layout(packed=packed))
    assert len(found.lines) == 3
    for line in found.lines:
        (read, first), (answer, second) = line.pieces
        assert (first, second) == (False, True)
        assert answer in ("A<end_of_turn>", "B<end_of_turn>")
        whole = found.beginning + read
        number = EXAMPLES.index(next(e for e in EXAMPLES if f"\n{e.question}\n" in f"\n{whole}"))
        assert answer[0] == EXAMPLES[number].answer
        assert whole.startswith("<bos><start_of_turn>user\nA letter.\n\n")
        assert whole.endswith("\nA. yes\nB. no<end_of_turn>\n<start_of_turn>model\n")
        assert (
            line.tokens
            == len(whole.replace("<bos>", "b").replace("<start_of_turn>", "s").replace("<end_of_turn>", "e"))
            + 2
        )
        assert line.learned == 2
    assert (found.beginning == "") == packed


def test_the_sums_are_those_of_the_run(tiny_gemma: StudentSettings) -> None:
    found = inspected(tiny_gemma)
    assert (found.rows, found.too_long, found.held_out) == (6, 0, 0)
    assert (found.steps, found.steps_a_pass, found.warmup) == (4, 2, 2)
    assert found.learned == 6 * 2
    assert (found.bos, found.beginnings) == ("<bos>", {1: 6})
    lengths = sorted(found.tokens / 6 + 5 * (i - 2.5) for i in range(6))
    assert found.longest == lengths[-1]
    # Sorted by length, a step has its three shortest or longest rows.
    computed = 3 * lengths[2] + 3 * lengths[5]
    assert found.padding == pytest.approx(1 - found.tokens / computed)
    assert inspected(tiny_gemma, Layout(packed=True)).padding == 0


def test_padding_is_told_row_by_row(tiny_gemma: StudentSettings) -> None:
    lines = inspected(tiny_gemma).lines
    longest = max(line.tokens for line in lines)
    assert [line.tokens + line.padding for line in lines] == [longest] * 3


def test_two_beginnings_are_counted(tiny_gemma: StudentSettings, monkeypatch: pytest.MonkeyPatch) -> None:
    from simula.student.template import Template

    once = Template.prompts
    monkeypatch.setattr(Template, "prompts", lambda self, asked: [[256, *ids] for ids in once(self, asked)])
    assert inspected(tiny_gemma).beginnings == {2: 6}


def test_no_rows_are_one_sentence(tiny_gemma: StudentSettings) -> None:
    with pytest.raises(StudentError, match="the data set of domain quiz is empty"):
        inspect(QUIZ, [], tiny_gemma, TRAINING, 0, Path("unused"))
    short = TRAINING.model_copy(update={"max_tokens": 9})
    with pytest.raises(StudentError, match=r"all 6 rows are longer than training\.max_tokens=9"):
        inspect(QUIZ, EXAMPLES, tiny_gemma, short, 0, Path("unused"))
