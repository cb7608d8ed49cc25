import re
from collections import Counter

import pytest
from pydantic import ValidationError

from simula.domain import Example, FreeText, Identifier, MultipleChoice, Number
from simula.draws import balanced

CWE = Identifier(
    pattern=r"CWE-\d+",
    choices={"CWE-79": "cross-site scripting", "CWE-89": "SQL injection"},
    text_name="report",
)


def last(options: int) -> int:
    """The place of the right option: the last."""
    return options - 1


def reply(**more: object) -> dict[str, object]:
    return {"question": "Which?", "right_option": "this", "wrong_options": ["a", "b", "c"], **more}


def test_the_right_letter_is_uniform_over_a_data_set() -> None:
    task = MultipleChoice()
    letters = Counter(
        task.example(reply(), lambda options, slot=slot: balanced(options, 0, slot, "position")).answer
        for slot in range(400)
    )
    assert letters == dict.fromkeys("ABCD", 100)


def test_the_letter_points_at_the_right_option() -> None:
    for position in range(4):
        example = MultipleChoice().example(reply(), lambda _, position=position: position)
        assert example.answer == "ABCD"[position]
        assert example.options["ABCD".index(example.answer)] == "this"
        assert sorted(example.options) == ["a", "b", "c", "this"]


@pytest.mark.parametrize("wrong", [["a", "b", "this"], ["a", "a", "b"], ["a", "b"]])
def test_options_that_cannot_be_told_apart_are_no_question(wrong: list[str]) -> None:
    with pytest.raises(ValueError, match="option"):
        MultipleChoice().example(reply(wrong_options=wrong), last)


def test_an_identifier_reply_names_its_text_as_the_domain_does() -> None:
    schema = CWE.reply_schema()
    assert list(schema["properties"]) == ["report", "answer"]
    assert schema["properties"]["answer"]["enum"] == ["CWE-79", "CWE-89"]
    example = CWE.example({"report": " A wiki allows scripts. ", "answer": "CWE-79"}, last)
    assert example == Example(question="A wiki allows scripts.", answer="CWE-79")
    with pytest.raises(ValueError, match="'79' is not an identifier of the form"):
        CWE.example({"report": "A wiki.", "answer": "79"}, last)


def test_numbers_are_compared_as_numbers() -> None:
    assert Number().right("1000.0", Example(question="q", answer="1,000"))
    assert not Number().right("100", Example(question="q", answer="1000"))
    with pytest.raises(ValueError, match="'many' is not a number"):
        Number().example({"question": "q", "reasoning": "r", "answer": "many"}, last)


def test_what_a_student_sees_and_says() -> None:
    example = Example(question="Ann has 2 and gets 3.", reasoning="2 + 3 = 5", answer="5")
    assert Number().question("Solve.", example) == "Solve.\n\nAnn has 2 and gets 3."
    assert Number().answer(example) == "2 + 3 = 5\n#### 5"
    shown = CWE.question("Which?", Example(question="A wiki.", answer="CWE-79"))
    assert shown == "Which?\nCWE-79: cross-site scripting\nCWE-89: SQL injection\n\nA wiki."


def test_free_text_folds_case_and_space() -> None:
    assert FreeText().right("the  Cat", Example(question="q", answer="The cat"))
    with pytest.raises(ValueError, match="empty"):
        FreeText().example({"question": "q", "answer": " "}, last)


@pytest.mark.parametrize("options", [0, 1, 27, -5])
def test_a_choice_needs_two_options_and_letters_for_all(options: int) -> None:
    with pytest.raises(ValidationError):
        MultipleChoice(options=options)


def test_empty_options_and_those_that_differ_in_case_are_no_question() -> None:
    for wrong in (["a", "b", ""], ["a", "b", "THIS"]):
        with pytest.raises(ValueError, match="option"):
            MultipleChoice().example(reply(wrong_options=wrong), last)


def test_patterns_are_checked_and_held_as_a_whole() -> None:
    with pytest.raises(ValidationError, match="no regular expression"):
        Identifier(pattern="(")
    with pytest.raises(ValidationError, match="choices lists 'joy' alone, and needs two or more"):
        Identifier(pattern="joy", choices={"joy": "glad"})
    with pytest.raises(ValidationError, match="'FOO' is not of the pattern"):
        Identifier(pattern=r"CWE-\d+", choices={"FOO": "a name", "CWE-1": "one"})
    either = Identifier(pattern=r"(CWE|CVE)-\d+|none")
    example = Example(question="?", answer="CVE-2020")
    assert either.read("It is CWE-79, not CVE-2020-1.", example).lenient.answer == "CVE-2020"
    assert re.fullmatch(either.reply_schema()["properties"]["answer"]["pattern"], "xnone") is None


def test_a_closed_list_needs_no_pattern() -> None:
    feeling = Identifier(choices={"joy": "glad", "joyless": "not", "fear": "afraid"})  # type: ignore[call-arg]
    glad = Example(question="We won!", answer="joy")
    assert feeling.read("Joy", glad).strict.right
    assert feeling.read("I enjoyed it: joyless", glad).lenient.answer == "joyless"
    assert feeling.read("I enjoyed it", glad).lenient.answer is None
    assert feeling.example({"question": "We won!", "answer": "joy"}, {}) == glad
    with pytest.raises(ValueError, match="pattern"):
        Identifier()  # type: ignore[call-arg]
