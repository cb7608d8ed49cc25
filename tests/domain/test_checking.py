"""What plainly fits, fits; what does not is decided by JSON Schema."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from jsonschema import Draft202012Validator

from simula.domain.checking import plainly_fits, problem
from simula.domain.schema import TEXT, strict_object
from simula.prompts import replies

words = some.text("abc-1.", max_size=6)
texts = some.fixed_dictionaries(
    {"type": some.just("string")},
    optional={
        "minLength": some.integers(0, 3),
        "maxLength": some.integers(0, 5),
        "pattern": some.sampled_from([r"^-?[0-9]+(\.[0-9]+)?$", "a", "^b*$"]),
        "enum": some.lists(words, min_size=1, max_size=3, unique=True),
    },
)
numbers = some.fixed_dictionaries(
    {"type": some.just("integer")},
    optional={"minimum": some.integers(-2, 2), "maximum": some.integers(-2, 4)},
)


def lists(items: some.SearchStrategy[dict[str, Any]]) -> some.SearchStrategy[dict[str, Any]]:
    bounds = {"minItems": some.integers(0, 3), "maxItems": some.integers(0, 3)}
    return some.fixed_dictionaries({"type": some.just("array"), "items": items}, optional=bounds)


def objects(inner: some.SearchStrategy[dict[str, Any]]) -> some.SearchStrategy[dict[str, Any]]:
    return some.dictionaries(some.sampled_from("xyz"), inner, max_size=3).map(lambda of: strict_object(**of))


schemas = some.recursive(texts | numbers, lambda inner: lists(inner) | objects(inner), max_leaves=4)
values = some.recursive(
    some.none() | some.booleans() | some.integers(-3, 5) | some.sampled_from([1.0, 2.5]) | words,
    lambda inner: some.lists(inner, max_size=3) | some.dictionaries(some.sampled_from("xyz"), inner),
    max_leaves=6,
)


def valued(schema: dict[str, Any]) -> some.SearchStrategy[Any]:
    """Values that often fit, so that both decisions come up."""
    match schema["type"]:
        case "string":
            return some.sampled_from(schema.get("enum") or ["1", "a", "ab", "abc", "bb", ""]) | values
        case "integer":
            return some.integers(-3, 5) | values
        case "array":
            return some.lists(valued(schema["items"]), max_size=3) | values
    return some.fixed_dictionaries({k: valued(v) for k, v in schema["properties"].items()}) | values


@settings(max_examples=400, deadline=None)
@given(data=some.data(), schema=schemas)
def test_the_decision_is_that_of_json_schema(data: some.DataObject, schema: dict[str, Any]) -> None:
    value = data.draw(valued(schema))
    valid = Draft202012Validator(schema).is_valid(value)
    assert (problem(value, schema) == "") == valid
    assert valid or not plainly_fits(schema)(value)


GOOD = [
    (replies.judgement(), {"explanation": "So.", "verdict": "no"}),
    (replies.scenarios(2), {"scenarios": ["a", "b"]}),
    (replies.scores(2, 1, 100), {"scores": [1, 100]}),
    (replies.children(3, 0), {"children": [{"name": "sea", "description": ""}]}),
    (strict_object(answer={"type": "string", "pattern": "^[0-9]+$"}), {"answer": "12"}),
]


@pytest.mark.parametrize(("schema", "value"), GOOD)
def test_good_replies_are_told_without_json_schema(schema: dict[str, Any], value: dict[str, Any]) -> None:
    assert plainly_fits(schema)(value)


@pytest.mark.parametrize(
    "schema",
    [
        {"type": ["string", "null"]},
        {"anyOf": [TEXT]},
        {"type": "string", "format": "date"},
        {"type": "number"},
    ],
)
def test_nothing_is_said_of_what_the_check_does_not_know(schema: dict[str, Any]) -> None:
    assert not plainly_fits(schema)("x")
    assert not plainly_fits(strict_object(x=schema))({"x": "x"})
