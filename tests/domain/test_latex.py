r"""Boxed answers, and when two of them are the same."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simula.domain import Example, Expression, boxed
from simula.domain.latex import loosened, normal, value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (r"So $x = \boxed{7}$.", "7"),
        (r"\boxed{1}, no: \boxed{\frac{1}{\sqrt{2}}}.", r"\frac{1}{\sqrt{2}}"),
        (r"\fbox{7}", "7"),
        (r"$\boxed 7$ apples", "7"),
        (r"\boxed {7}", "7"),
        (r"\boxed{\{1, 2\}}", r"\{1, 2\}"),
        (r"\boxed{\left\{ x \right.}", r"\left\{ x \right."),
        (r"first \boxed{7}, then \boxed{\frac{1}{2}", None),
        (r"\boxed{ }", None),
        (r"\boxedup{7}", None),
        ("7", None),
    ],
)
def test_the_last_box(text: str, expected: str | None) -> None:
    assert boxed(text) == expected


@given(st.recursive(st.text("ab1+ "), lambda inner: inner.map(lambda text: f"{{{text}}}a")))
def test_balanced_braces_come_out_as_they_went_in(inside: str) -> None:
    assert boxed(rf"thus $\boxed{{{inside}}}$ }}{{") == (inside.strip() or None)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (r"\dfrac{7}{9}", r"\frac79"),
        (r"\tfrac5{12}", r"\frac{5}{12}"),
        ("7/9", r"\frac{7}{9}"),
        ("0.5", r"\frac12"),
        (".25", "0.25"),
        (r"\left( 3, -.5 \right)", "(3,-.5)"),
        (r"90^\circ", "90"),
        (r"\$32", "32"),
        (r"25\%", "25"),
        (r"14\text{ cm}", "14"),
        ("x=4", "4"),
        (r"2\sqrt5", r"2\sqrt{5}"),
        ("1\n2", "12"),
        (r"12\!345", "12345"),
    ],
)
def test_forms_that_maths_authors_take_for_one(one: str, other: str) -> None:
    assert normal(one) == normal(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("7", "8"),
        ("(1,2)", "(2,1)"),
        ("x+1", "1+x"),
        (r"\frac79", r"\frac97"),
        ("x=4", "x=5"),
        ("0.75", "3/4"),
    ],
)
def test_forms_that_they_do_not(one: str, other: str) -> None:
    assert normal(one) != normal(other)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("0.75", Fraction(3, 4)),
        (r"-\frac{6}{8}", Fraction(-3, 4)),
        (r"\frac{-6}{8}", Fraction(-3, 4)),
        ("1,234,567", Fraction(1234567)),
        ("10{,}000", Fraction(10000)),
        (r"\text{12}.", Fraction(12)),
        ("1,2", None),
        ("(1,000)", None),
        (r"\frac{1}{0}", None),
        ("9" * 5000, None),
        ("x", None),
    ],
)
def test_plain_numbers_have_a_value(answer: str, expected: Fraction | None) -> None:
    assert value(answer) == expected


@given(
    st.text()
    | st.lists(st.sampled_from([r"\frac", r"\sqrt", "{", "}", "1", "/", "=", r"\text{ ", "."])).map("".join)
)
def test_any_answer_has_a_form_and_equals_itself(answer: str) -> None:
    normal(answer), loosened(answer), value(answer)
    assert Expression().right(answer, Example(question="?", answer=answer))


def test_a_solution_is_read_strictly_by_its_box_and_leniently_without() -> None:
    task, example = Expression(), Example(question="?", answer=r"\frac{3}{4}")

    def right(text: str) -> tuple[bool, bool]:
        found = task.read(text, example)
        return found.strict.right, found.lenient.right

    assert right(r"Hence \boxed{\frac34}.") == (True, True)
    assert right(r"Hence \boxed{0.75}.") == (False, True)
    assert right("The final answer is $3/4$. I hope it is correct.") == (False, True)
    assert right("Answer: $.75$.") == (False, True)
    assert right("Answer: $.75") == (False, True)
    assert right("The answer is 4.\nThe answer is 3/4.\n") == (False, True)
    assert right("It is $x = 1$, or $3/4$") == (False, True)
    assert right(r"The answer is 3/4, so \boxed{2}.") == (False, False)
    assert right(r"It is \boxed{\frac34") == (False, False)
    assert task.read("I cannot tell", example).lenient.answer is None


def test_a_data_point_has_its_answer_boxed_once() -> None:
    task = Expression()
    example = task.example(
        {"question": "q", "reasoning": "Half.", "answer": r"$\boxed{\frac12}$"}, lambda n: 0
    )
    assert example.answer == r"\frac12"
    assert task.answer(example) == "Half.\nThe answer is $\\boxed{\\frac12}$."
    own = example.model_copy(update={"reasoning": r"So \boxed{\frac12}."})
    assert task.answer(own) == r"So \boxed{\frac12}."
    with pytest.raises(ValueError, match="empty"):
        task.example({"question": "q", "reasoning": "r", "answer": "$ $"}, lambda n: 0)
