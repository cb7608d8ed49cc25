"""Every way of reading a generated text: what it finds, and what holds for any text."""

from __future__ import annotations

import string
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.domain import Example, Expression, FreeText, Identifier, MultipleChoice, Number, Reading

CWE = Identifier(pattern=r"CWE-\d+")
TASKS: list[tuple[Any, Example]] = [
    (Number(), Example(question="?", answer="18")),
    (CWE, Example(question="?", answer="CWE-79")),
    (MultipleChoice(), Example(question="?", options=("w", "x", "y", "z"), answer="B")),
    (MultipleChoice(), Example(question="?", options=tuple("0123456789"), answer="J")),
    (MultipleChoice(), Example(question="?", answer="B")),
    (Expression(), Example(question="?", answer=r"\frac{3}{4}")),
    (FreeText(), Example(question="?", answer="The cat")),
]
NAMES = ["number", "identifier", "choice of 4", "choice of 10", "choice of none", "expression", "free text"]
PIECES = st.sampled_from(
    [
        *(
            "#### ",
            "18",
            "1,8",
            "$",
            ".",
            ",",
            "-",
            "CWE-",
            "79",
            "cwe-79",
            " ",
            "\n",
            "B",
            "(B)",
            "A",
            "J",
            "**",
        ),
        *(
            "answer is ",
            "Answer: ",
            r"\boxed",
            "{",
            "}",
            "\\",
            r"\frac",
            "34",
            "3/4",
            r"\{",
            "\ud800",
            "정답은 ",
            "x",
        ),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES).map("".join))


def read(task: Any, text: str, **example: Any) -> tuple[str | None, str | None]:
    found = task.read(text, Example(question="?", **example))
    return found.strict.answer, found.lenient.answer


@pytest.mark.parametrize(("task", "example"), TASKS, ids=NAMES)
def test_any_text_can_be_read(task: Any, example: Example) -> None:
    @given(TEXTS)
    def readable(text: str) -> None:
        found = task.read(text, example)
        for one in (found.strict, found.lenient):
            assert one.answer != ""
            assert not (one.right and one.answer is None)
        assert found.by("strict") is found.strict
        assert found.by("lenient") is found.lenient
        assert found.by("strict_first") is (found.strict if found.strict.answer else found.lenient)

    readable()


@pytest.mark.parametrize(("task", "example"), TASKS[1:], ids=NAMES[1:])
def test_what_is_right_strictly_is_right_leniently(task: Any, example: Example) -> None:
    """Not of numbers: the harness's two rules look at different ends of a text."""

    @given(TEXTS)
    def holds(text: str) -> None:
        found = task.read(text, example)
        assert found.lenient.right or not found.strict.right
        assert found.lenient.answer is not None or found.strict.answer is None

    holds()


@pytest.mark.parametrize(("task", "example"), [TASKS[i] for i in (0, 1, 2, 3, 5, 6)])
def test_what_a_student_is_trained_to_say_is_right_both_ways(task: Any, example: Example) -> None:
    found: Reading = task.read(task.answer(example), example)
    assert found.strict.right
    assert found.lenient.right


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("9 + 9 = 18\n#### 18", "18", "18"),
        ("#### 1,450,000", "1450000", "1450000"),
        ("#### -2.50 and 9", "-2.50", "9"),
        ("#### 18\n#### 19", "18", "19"),
        ("####18", None, "18"),
        ("so 3 and 4 make $7.", None, "7"),
        ("It costs $1,000.00.", None, "1000.00"),
        ("Wait. ..", None, None),
        ("none", None, None),
    ],
)
def test_numbers_are_read_as_the_harness_reads_them(
    text: str, strict: str | None, lenient: str | None
) -> None:
    assert read(Number(), text, answer="18") == (strict, lenient)


def test_numbers_are_compared_as_texts_as_the_harness_does() -> None:
    example = Example(question="?", answer="18")
    assert Number().read("#### $18.", example).strict.answer is None
    assert Number().read("#### 18.", example).strict.right
    assert not Number().read("#### 18.00", example).strict.right
    assert Number().read("#### 1,800", Example(question="?", answer="1800")).strict.right
    found = Number().read("#### 18\nNext: 3 apples", example)
    assert (found.strict.right, found.lenient.right) == (True, False)


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("B", "B", "B"),
        (" b ", "B", "B"),
        ("(B)", "B", "B"),
        ("**B**", "B", "B"),
        ("B.", "B", "B"),
        ("B. the second", None, "B"),
        ("B) since A is wrong", None, "B"),
        ("The answer is (C), not A.", None, "C"),
        ("The answer is Brazil. So D", None, "D"),
        ("A thought.\nAnswer: B\nAnswer: **C**", None, "C"),
        ("정답은 B입니다", None, "B"),
        ("सही उत्तर: C।", None, "C"),
        ("I'd say D", None, "D"),
        ("E", None, None),
        ("none of these", None, None),
    ],
)
def test_letters(text: str, strict: str | None, lenient: str | None) -> None:
    assert read(MultipleChoice(), text, options=("w", "x", "y", "z"), answer="B") == (strict, lenient)


def test_a_letter_is_one_of_the_examples_own_options() -> None:
    ten = tuple(string.ascii_lowercase[:10])
    assert read(MultipleChoice(options=4), "The answer is J.", options=ten, answer="J") == (None, "J")
    assert read(MultipleChoice(options=4), "C", options=("yes", "no"), answer="A") == (None, None)


def test_more_options_than_letters_are_no_question() -> None:
    example = Example(question="?", options=("o",) * 27, answer="A")
    with pytest.raises(ValueError, match="zip"):
        MultipleChoice().question("Answer.", example)


@pytest.mark.parametrize(
    ("text", "strict", "lenient"),
    [
        ("CWE-79", "CWE-79", "CWE-79"),
        (" cwe-79\n", "cwe-79", "cwe-79"),
        ("CWE-79.", None, "CWE-79"),
        ("Not CWE-89 but CWE-79", None, "CWE-79"),
        ("79", None, None),
    ],
)
def test_identifiers(text: str, strict: str | None, lenient: str | None) -> None:
    assert read(CWE, text, answer="CWE-79") == (strict, lenient)


def test_an_identifier_is_right_by_its_exact_id() -> None:
    example = Example(question="?", answer="CWE-79")
    assert CWE.read("cwe-79", example).strict.right
    assert not CWE.read("CWE-790", example).lenient.right
    assert not CWE.read("CWE-079", example).lenient.right


def test_free_text_leniently_drops_articles_and_punctuation() -> None:
    found = FreeText().read("A cat.", Example(question="?", answer="The cat"))
    assert (found.strict.right, found.lenient.right) == (False, True)
    assert not FreeText().read("cats", Example(question="?", answer="The cat")).lenient.right
