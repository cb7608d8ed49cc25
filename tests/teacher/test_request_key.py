"""A request's key is the fingerprint of what determines its answer, however fast it is computed."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as some
from teacher_requests import make_request

from simula.settings import OfObject, fingerprint

texts = some.text(some.characters(exclude_categories=["Cs"]), max_size=30)


@given(
    model=texts,
    system=texts,
    prompt=texts,
    seed=some.integers(0, 2**63),
    temperature=some.floats(0, 2),
    names=some.lists(texts, max_size=3),
)
def test_the_key_is_the_fingerprint_of_the_parts(
    model: str, system: str, prompt: str, seed: int, temperature: float, names: list[str]
) -> None:
    schema = {"required": names, "properties": {name: {"type": "string"} for name in names}}
    request = replace(
        make_request(), system=system, prompt=prompt, schema=schema, seed=seed, temperature=temperature
    )
    parts = [model, system, prompt, schema, seed, temperature, request.max_tokens]
    assert request.key(model) == request.key(model) == fingerprint(parts, digits=20)


def test_a_function_of_an_object_is_computed_once_for_each() -> None:
    asked = []
    length = OfObject[list[int], int](lambda thing: asked.append(thing) or len(thing), most=2)
    first, equal = [1], [1]
    assert [length(first), length(first), length(equal)] == [1, 1, 1]
    assert len(asked) == 2
    # A third object makes room; nobody gets another's value.
    assert length([1, 2]) == 2
    assert [length(first), length(equal)] == [1, 1]
