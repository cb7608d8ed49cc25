"""Settings of teachers: what belongs to their identity, what they cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from simula.teacher import Price, Usage
from simula.teacher.settings import (
    EmbeddedTeacher,
    GeminiTeacher,
    ReplayTeacher,
    ServerTeacher,
    TeacherSettings,
    models,
    options,
)


def test_where_and_how_fast_is_not_who() -> None:
    here = GeminiTeacher()
    there = GeminiTeacher(
        base_url="http://x", concurrency=1, requests_per_minute=5, vertex=True, project="p", timeout=1
    )
    assert here.identity() == there.identity()
    assert options(here) == options(there) == "thinking_budget=0"
    assert GeminiTeacher(thinking_budget=1).identity() != here.identity()
    cached = EmbeddedTeacher(cache=Path("/x"), folder=Path("/y"), engines=3)
    assert cached.identity() == EmbeddedTeacher().identity()


def test_options_are_what_is_set() -> None:
    lite = GeminiTeacher(thinking_budget=None, thinking_level="MINIMAL", fixed_sampling=True, temperature=0.1)
    assert options(lite) == "fixed_sampling=True thinking_level=MINIMAL"
    assert options(ServerTeacher(model="qwen")) == ""
    assert (
        options(EmbeddedTeacher())
        == "context=2048 min_p=0.05 repeat_penalty=1.1 weights=q8_0 words_per_text=32"
    )


def test_whose_answers_are_accepted_names_no_answer_anew() -> None:
    allowing = ServerTeacher(model="qwen", allow_model=("llama",))
    assert options(allowing) == options(ServerTeacher(model="qwen"))
    assert models(allowing) == ("qwen", "llama")
    assert models(EmbeddedTeacher()) == ()
    # A data set that another model may have written is another data set.
    assert allowing.identity() != ServerTeacher(model="qwen").identity()


def test_every_kind_says_the_same_things() -> None:
    embedded = EmbeddedTeacher(temperature=0.3, max_tokens=77)
    kinds = [
        embedded,
        GeminiTeacher(),
        ServerTeacher(model="qwen"),
        ReplayTeacher(of=embedded, ledger=Path("ledger")),
    ]
    assert all(isinstance(kind, TeacherSettings) for kind in kinds)
    assert [kind.model for kind in kinds] == [
        "SmolLM2-135M-Instruct.Q4_1",
        "gemini-2.5-flash",
        "qwen",
        "SmolLM2-135M-Instruct.Q4_1",
    ]
    replay = kinds[-1]
    assert (replay.temperature, replay.max_tokens, replay.price) == (0.3, 77, Price())
    assert replay.identity() == {"kind": "ReplayTeacher", "of": embedded.identity()}


def test_thinking_is_said_in_one_way() -> None:
    with pytest.raises(ValidationError, match="thinking_budget=0 and thinking_level=LOW are both set"):
        GeminiTeacher(thinking_level="LOW")


@pytest.mark.parametrize("model", ["gemini-3.5-flash-lite", "gemini-3-pro", "gemini-10-flash"])
def test_later_models_have_no_thinking_budget(model: str) -> None:
    with pytest.raises(ValidationError, match=f"thinking_budget=0: {model} thinks by level; choose teacher="):
        GeminiTeacher(model=model)
    assert GeminiTeacher(model=model, thinking_budget=None).model == model
    assert GeminiTeacher(model="gemini-2.5-pro", thinking_budget=128).thinking_budget == 128


def test_a_replay_is_of_a_teacher() -> None:
    with pytest.raises(ValidationError, match="TeacherSettings"):
        ReplayTeacher.model_validate({"of": "gemini", "ledger": "x"})


def test_engines_are_never_more_than_calls() -> None:
    assert EmbeddedTeacher(concurrency=1).engine_count == 1
    assert EmbeddedTeacher(concurrency=8, engines=3).engine_count == 3
    assert 1 <= EmbeddedTeacher(concurrency=64).engine_count <= 8


def test_price_of_tokens() -> None:
    price = Price(input=0.30, cached=0.03, output=2.50)
    usage = Usage(prompt=1_000_000, cached=400_000, completion=100_000, thinking=20_000)
    assert price.of(usage) == pytest.approx(0.6 * 0.30 + 0.4 * 0.03 + 0.12 * 2.50)
    assert Price().of(usage) == 0
