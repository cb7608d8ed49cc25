"""Masks, ends and beginnings on real template output."""

from __future__ import annotations

from typing import Any

import pytest

from simula.domain import Domain, Example, MultipleChoice, Number
from simula.errors import StudentError
from simula.student.rows import Row, held_out, tokenized
from simula.student.settings import TrainingSettings
from simula.student.template import Template

QUIZ = Domain(
    name="quiz", description="A quiz.", task=MultipleChoice(options=2), instructions="Answer by a letter."
)
SUMS = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
CAT = Example(question="What purrs?", options=("A cat", "A dog"), answer="A")


def readable(row: Row, tokenizer: Any) -> str:
    """What is read, and between brackets what is learned."""
    ids = row.ids.tolist()
    return f"{tokenizer.decode(ids[: row.start])}[{tokenizer.decode(ids[row.start :])}]"


def row(domain: Domain, example: Example, tokenizer: Any, prompt: Any) -> Row:
    return tokenized(domain, [example], Template(tokenizer, prompt), TrainingSettings()).rows[0]


def test_a_chat_row_learns_the_answer_and_the_end_of_its_turn(tokenizer: Any) -> None:
    assert readable(row(QUIZ, CAT, tokenizer, "chat"), tokenizer) == (
        "<bos><start_of_turn>user\nAnswer by a letter.\n\nWhat purrs?\nA. A cat\nB. A dog<end_of_turn>\n"
        "<start_of_turn>model\n[A<end_of_turn>]"
    )


def test_reasoning_is_learned_with_its_number(tokenizer: Any) -> None:
    example = Example(question="1 + 1?", reasoning="One more than 1.", answer="2")
    assert readable(row(SUMS, example, tokenizer, "chat"), tokenizer) == (
        "<bos><start_of_turn>user\nAdd.\n\n1 + 1?<end_of_turn>\n<start_of_turn>model\n"
        "[One more than 1.\n#### 2<end_of_turn>]"
    )


def test_a_plain_row_ends_with_the_end_of_text(tokenizer: Any) -> None:
    text = readable(row(QUIZ, CAT, tokenizer, "plain"), tokenizer)
    assert text == "Answer by a letter.\n\nWhat purrs?\nA. A cat\nB. A dog\nAnswer:[ A<eos>]"


def test_plain_prompts_begin_once_where_the_tokenizer_begins_texts(tokenizer: Any) -> None:
    from copy import deepcopy

    from tokenizers.processors import TemplateProcessing

    begins = deepcopy(tokenizer)
    begins.backend_tokenizer.post_processor = TemplateProcessing(
        single="<bos> $A", special_tokens=[("<bos>", begins.bos_token_id)]
    )
    ids = row(QUIZ, CAT, begins, "plain").ids.tolist()
    assert ids.count(begins.bos_token_id) == 1
    assert ids[0] == begins.bos_token_id


def test_a_chat_prompt_begins_once(tokenizer: Any) -> None:
    assert row(QUIZ, CAT, tokenizer, "chat").ids.tolist().count(tokenizer.bos_token_id) == 1


@pytest.mark.parametrize(
    ("chat_template", "complaint"),
    [
        (None, "no chat template"),
        ("{% for m in messages %}{{ m['role'] + m['content'] }}<eos>{% endfor %}", "no generation prompt"),
        ("{{ raise_exception('no users') }}", "cannot render a question: no users"),
    ],
)
def test_an_unusable_template_is_one_sentence(tokenizer: Any, chat_template: Any, complaint: str) -> None:
    from copy import deepcopy

    broken = deepcopy(tokenizer)
    broken.chat_template = chat_template
    with pytest.raises(StudentError, match=complaint):
        Template(broken, "chat")


@pytest.mark.parametrize(("too_long", "rows", "longest"), [("drop", 1, 35), ("truncate", 2, 90)])
def test_rows_too_long_are_counted(tokenizer: Any, too_long: Any, rows: int, longest: int) -> None:
    short = Example(question="1 + 1?", answer="2")
    long = Example(question="1 + 2?", answer="3", reasoning="Count. " * 20)
    hopeless = Example(question="1 + 2? " * 30, answer="3")
    limit = TrainingSettings(max_tokens=90, too_long=too_long)
    kept = tokenized(SUMS, [short, long, hopeless], Template(tokenizer, "chat"), limit)
    assert kept.too_long == 2
    assert len(kept.rows) == rows
    assert max(len(row.ids) for row in kept.rows) == longest
    assert all(len(row.ids) > row.start for row in kept.rows)


def test_validation_rows_are_few_random_and_apart() -> None:
    learned, held = held_out(1000, TrainingSettings(validation_share=0.05), seed=3)
    assert len(held) == 50
    assert sorted(learned + held) == list(range(1000))
    assert held != held_out(1000, TrainingSettings(validation_share=0.05), seed=4)[1]


def test_too_few_validation_rows_are_none() -> None:
    assert held_out(600, TrainingSettings(validation_share=0.05), seed=3) == (list(range(600)), [])
