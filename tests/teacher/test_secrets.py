"""Nothing that a run leaves behind holds the key it used, whatever the provider does."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

import anyio
import fake_gemini
import fake_openai
import pytest
from both_adapters import KINDS, Kind, settings_of
from hypothesis import given
from hypothesis import strategies as st
from loopback import Answer, Loopback
from teacher_requests import asked, make_request

from simula.errors import RequestFailed, TeacherUnavailable
from simula.teacher.faults import Boundary

KEY = "AIzaSy-Distinctive-4f9c2b-nobody-may-read-this"
SIMULA = str(Path(sys.executable).parent / "simula")
_numbers = itertools.count()


def fitting(schema: Mapping[str, Any]) -> Any:
    """A value that satisfies the schema of a reply, another one each time."""
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("type") == "object":
        return {name: fitting(part) for name, part in schema["properties"].items()}
    if schema.get("type") == "array":
        return [fitting(schema["items"]) for _ in range(schema.get("minItems", 2))]
    if "pattern" in schema:
        return str(next(_numbers))
    if schema.get("type") in ("integer", "number"):
        return schema.get("minimum", 1)
    return f"text number {next(_numbers)} of the fake"


def gemini() -> tuple[Loopback, list[str], list[Answer]]:
    """A fake that answers whatever is asked, how to ask it, and faults that repeat the key."""

    def good(body: dict[str, Any]) -> dict[str, Any]:
        return fake_gemini.answer(json.dumps(fitting(body["generationConfig"]["responseJsonSchema"])))

    fake = fake_gemini.FakeGemini()
    fake.good = good
    refusal = fake_gemini.error(
        400, "INVALID_ARGUMENT", f"API key {KEY} not valid", ErrorInfo={"reason": "API_KEY_INVALID"}
    )
    return fake, ["teacher=gemini_flash"], [refusal]


def server() -> tuple[Loopback, list[str], list[Answer]]:
    def good(body: dict[str, Any]) -> dict[str, Any]:
        return fake_openai.answer(json.dumps(fitting(body["response_format"]["json_schema"]["schema"])))

    fake = fake_openai.FakeServer()
    fake.good = good
    refusal = fake_openai.error(401, f"Incorrect API key provided: {KEY}", code="invalid_api_key")
    chosen = ["teacher=openai_compatible", "teacher.model=qwen", "teacher.key_variable=SOME_KEY"]
    return fake, chosen, [refusal]


def faults(kind: Kind) -> list[Answer]:
    """Faults that pass, each with the key in it."""
    echo = f"<html>Authorization: Bearer {KEY} x-goog-api-key: {KEY}</html>"
    if kind == "gemini":
        error = fake_gemini.error(500, "INTERNAL", f"key {KEY}", ErrorInfo={"reason": KEY})
    else:
        error = fake_openai.error(500, f"key {KEY}", KEY, KEY)
    return [(502, echo, {}), error, echo, {"error": {"message": KEY}}, "drop"]


@pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_in_no_file_and_on_no_terminal(kind: Kind, tmp_path: Path) -> None:
    fake, chosen, refusal = gemini() if kind == "gemini" else server()
    work, home, temporary = (tmp_path / name for name in ("work", "home", "tmp"))
    for folder in (work, home, temporary):
        folder.mkdir()
    places = {"HOME": str(home), "TMPDIR": str(temporary), "SIMULA_ROOT": str(tmp_path / "outputs")}
    keys = dict.fromkeys(("GEMINI_API_KEY", "SOME_KEY", "HF_TOKEN", "VLLM_API_KEY"), KEY)
    plain = {name: value for name, value in os.environ.items() if not name.endswith("_API_KEY")}

    async def simula(*more: str) -> subprocess.CompletedProcess[bytes]:
        base = fake.url if kind == "gemini" else f"{fake.url}/v1"
        command = [SIMULA, "generate", "domain=arithmetic", "system=local", "size=2", *chosen]
        command += [f"teacher.base_url={base}", "+teacher.first_wait=0.01", *more]
        with anyio.fail_after(200):
            return await anyio.run_process(command, cwd=work, env=plain | places | keys, check=False)

    async def run() -> list[subprocess.CompletedProcess[bytes]]:
        async with fake:
            fake.script[:] = refusal
            refused = await simula("--debug")
            fake.script[:] = [said for said in faults(kind) for _ in range(8)]
            lost = await simula("--debug", "teacher.attempts=2")
            fake.script[:] = faults(kind)
            return [refused, lost, await simula()]

    ended = anyio.run(run)
    said = b"".join(one.stdout + one.stderr for one in ended)
    assert [one.returncode for one in ended] == [1, 1, 0], said.decode()
    assert b"refuses the credentials" in ended[0].stderr
    assert b"no answer in 2 attempts" in ended[1].stderr
    # The fakes were asked with the key, and it is there to be found.
    assert any(KEY in value for headers in fake.headers for value in headers.values())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    kinds = {path.suffix for path in files}
    assert {".jsonl", ".json", ".parquet"} <= kinds
    assert KEY.encode() not in said
    assert not [path for path in files if KEY.encode() in path.read_bytes() or KEY in path.name]


@pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("held", [f"{KEY}\n", f" {KEY}\r\n"])
def test_blanks_around_a_key_are_not_of_it(kind: Kind, held: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """As `export SOME_KEY="$(cat key)"` never leaves them, and a Windows editor or a secret store does."""
    monkeypatch.setenv("SOME_KEY", held)
    fake, _, _ = gemini() if kind == "gemini" else server()
    asked(fake, lambda: settings_of(kind, fake), make_request())
    sent = {fake.headers[0].get("x-goog-api-key"), fake.headers[0].get("Authorization")}
    assert sent & {KEY, f"Bearer {KEY}"}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("held", ["sk-one\nsk-two", "sk-\x1b[0m", "sk-…", "ключ"])
def test_what_cannot_be_a_key_is_named_by_its_variable(
    kind: Kind, held: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", held)
    fake, _, _ = gemini() if kind == "gemini" else server()
    with pytest.raises(TeacherUnavailable, match=r"^SOME_KEY holds .*: export SOME_KEY=… again$"):
        asked(fake, lambda: settings_of(kind, fake), make_request())
    assert not fake.bodies


SPELLINGS = st.sampled_from([str, lambda key: json.dumps(key)[1:-1], quote, lambda key: quote(key, safe="")])


@given(
    key=st.text(st.characters(codec="ascii", exclude_categories=["C", "Z"])).map("AIza{}".format),
    spelled=SPELLINGS,
)
def test_no_spelling_of_the_key_is_repeated(key: str, spelled: Callable[[str], str]) -> None:
    boundary = Boundary("qwen", "SOME_KEY", key)
    said = [boundary.clean(f"url?key={spelled(key)}&x={key}\n"), str(boundary.fault(500, spelled(key)))]
    said.append(str(boundary.other_model(spelled(key), ())))
    assert said[0] == "url?key=…&x=…"
    assert said[1] == "500: …"
    assert "allow_model=[…]" in said[2]


@pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")
@pytest.mark.parametrize("kind", KINDS)
def test_the_key_is_in_no_traceback_and_no_log(
    kind: Kind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """An adapter's error, printed with all that led to it, as --debug does."""
    caplog.set_level("DEBUG")
    monkeypatch.setenv("SOME_KEY", KEY)
    fake, _, refusal = gemini() if kind == "gemini" else server()

    async def run() -> list[str]:
        printed = []
        async with fake:
            for said in refusal + faults(kind):
                fake.script[:] = [said]
                teacher = settings_of(kind, fake, attempts=1).connect()
                # An answer that holds nothing is the loss of one slot; all others are the teacher's.
                empty = said == {"error": {"message": KEY}} and kind == "gemini"
                with pytest.raises(RequestFailed if empty else TeacherUnavailable) as caught:
                    await teacher.ask(make_request())
                await teacher.close()
                assert KEY not in repr(teacher)
                printed.append("".join(traceback.format_exception(caught.value)))
        return printed

    printed = anyio.run(run)
    assert len(printed) == 6
    assert all("Traceback" in one for one in printed)
    assert KEY not in "".join(printed) + caplog.text
