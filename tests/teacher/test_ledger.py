"""A ledger's files: what a line holds, who reads and writes them, what damage costs."""

from __future__ import annotations

import asyncio
import json
import os
import re
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from teacher_requests import make_request

from simula.errors import StoreError
from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, Usage, ledger
from simula.teacher.ledger import shared_ledger

REPLY = Reply('{"a":"한국어 \\"x\\"\n"}', "gemini-2.5-flash", "stop", Usage(10, 4, 3, 1))
KEPT = replace(REPLY, recorded=True)

Open = Callable[[Path], Ledger]


def key(number: int) -> str:
    return f"{number:012x}"


def append(ledger: Ledger, *numbers: int, reply: Reply = REPLY) -> None:
    async def together() -> None:
        async with anyio.create_task_group() as group:
            for number in numbers:
                group.start_soon(ledger.append, key(number), "write_sample", "gemini", reply, 1.5)

    anyio.run(together)


def lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for path in folder.glob("*.jsonl") for line in path.read_bytes().splitlines()]


def test_what_a_line_holds(tmp_path: Path, open_ledger: Open) -> None:
    append(open_ledger(tmp_path), 7)
    (line,) = lines(tmp_path)
    assert abs(float(str(line.pop("time"))) - time.time()) < 60
    assert line == {
        "key": key(7),
        "template": "write_sample",
        "asked": "gemini",
        "text": REPLY.text,
        "model": "gemini-2.5-flash",
        "finish": "stop",
        "usage": {"prompt": 10, "cached": 4, "completion": 3, "thinking": 1},
        "seconds": 1.5,
    }


@pytest.mark.parametrize("text", ["", "plain", "한국어 नेपाली", "half a pair \ud83d", '\u2028\x00\n\r\t"\\'])
def test_any_text_comes_back_as_it_was(tmp_path: Path, open_ledger: Open, text: str) -> None:
    reply = Reply(text, "m", "length", Usage(1))
    ledger = open_ledger(tmp_path)
    append(ledger, 1, reply=reply)
    assert ledger.get(key(1)) == open_ledger(tmp_path).get(key(1)) == replace(reply, recorded=True)


def test_calls_that_come_together_share_a_write(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[int] = []
    really = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (synced.append(descriptor), really(descriptor)))
    append(open_ledger(tmp_path), *range(200))
    assert len(open_ledger(tmp_path)) == 200
    assert 2 <= len(synced) < 20


def test_answers_within_ten_milliseconds_share_a_write(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    ledger = open_ledger(tmp_path)
    writes, write = list[int](), ledger._write

    def counted(data: bytes) -> tuple[Path, int]:
        writes.append(data.count(b"\n"))
        return write(data)

    monkeypatch.setattr(ledger, "_write", counted)
    monkeypatch.setattr("simula.teacher.ledger._GATHER_S", 0.2)

    async def one_after_another() -> None:
        async with anyio.create_task_group() as group:
            for number in range(5):
                group.start_soon(ledger.append, key(number), "write_sample", "gemini", REPLY, 1.5)
                await anyio.sleep(0.02)

    anyio.run(one_after_another)
    assert writes == [1, 4]


@pytest.mark.parametrize("cancel", [True, False])
def test_whoever_waits_for_a_write_that_breaks_off_is_told(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch, cancel: bool
) -> None:
    ledger = open_ledger(tmp_path)
    monkeypatch.setattr("simula.teacher.ledger._GATHER_S", 0.2)

    async def broken_off() -> list[BaseException | None]:
        def record(number: int) -> asyncio.Task[None]:
            return asyncio.create_task(ledger.append(key(number), "write_sample", "gemini", REPLY, 1.5))

        await record(0)
        if not cancel:
            monkeypatch.setattr(ledger, "_write", lambda data: 1 / 0)
        tasks = [record(1), record(2)]
        await asyncio.sleep(0.05)
        if cancel:  # by a signal: no scope holds it off
            tasks[0].cancel()
        ended = await asyncio.gather(*tasks, return_exceptions=True)
        monkeypatch.undo()
        await record(3)
        return ended

    first, second = anyio.run(broken_off)
    assert isinstance(first, asyncio.CancelledError if cancel else ZeroDivisionError)
    assert isinstance(second, StoreError)
    assert "was not recorded" in str(second)
    assert {line["key"] for line in lines(tmp_path)} == {key(0), key(3)}


def test_processes_write_files_of_their_own_and_read_each_others(tmp_path: Path, open_ledger: Open) -> None:
    first, second = open_ledger(tmp_path), open_ledger(tmp_path)
    append(first, 1)
    append(second, 2)
    names = [path.name for path in tmp_path.iterdir()]
    assert len(names) == 2
    assert all(re.fullmatch(rf"[\w-]+-{os.getpid()}-[0-9a-f]{{8}}\.jsonl", name) for name in names)
    assert first.get(key(2)) is None
    first.refresh()
    assert first.get(key(2)) == KEPT
    assert len(first) == 2


def test_a_torn_last_line_is_not_there_until_it_is_whole(tmp_path: Path, open_ledger: Open) -> None:
    append(open_ledger(tmp_path), 1, 2)
    (path,) = tmp_path.glob("*.jsonl")
    whole = path.read_bytes()
    path.write_bytes(whole[:-10])
    ledger = open_ledger(tmp_path)
    assert (ledger.get(key(1)), ledger.get(key(2))) == (KEPT, None)
    append(ledger, 3)
    path.write_bytes(whole)
    ledger.refresh()
    assert [ledger.get(key(number)) for number in (1, 2, 3)] == [KEPT] * 3


NO_TEXT = b'{"key":"000000000009","text":[{"text":"x"}],"model":"m","finish":"stop","usage":{}}'
OTHER_USAGE = b'{"key":"000000000009","text":"x","model":"m","finish":"stop","usage":{"tokens":3}}'


@pytest.mark.parametrize(
    "damage",
    [b"\x00" * 40, b'{"key":"zz', b'{"key":"000000000009","text":"\x00\x00"}', NO_TEXT, OTHER_USAGE],
)
def test_a_spoiled_line_is_a_call_that_was_not_recorded(
    tmp_path: Path, open_ledger: Open, damage: bytes
) -> None:
    append(open_ledger(tmp_path), 1)
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(damage + b"\n" + path.read_bytes())
    ledger = open_ledger(tmp_path)
    assert (ledger.get(key(1)), ledger.get(key(9))) == (KEPT, None)
    append(ledger, 9)
    assert ledger.get(key(9)) == KEPT


OLD, NEW = replace(REPLY, model="old"), replace(REPLY, model="new")


def test_two_models_answers_under_one_key_are_both_found(tmp_path: Path, open_ledger: Open) -> None:
    """As where allow_model was changed between two runs."""
    first, second = open_ledger(tmp_path), open_ledger(tmp_path)
    append(first, 1, reply=OLD)
    append(second, 1, reply=NEW)
    for each in (first, second, open_ledger(tmp_path)):
        each.refresh()
        for reply in (OLD, NEW):
            assert each.get(key(1), (reply.model,)) == replace(reply, recorded=True)
            # Another run's, that accepts both.
            assert each.get(key(1), ("other", reply.model)) == replace(reply, recorded=True)
        assert each.get(key(1)) in (replace(OLD, recorded=True), replace(NEW, recorded=True))
        assert each.get(key(1), ("other",)) is None
        assert len(each) == 1


def test_of_two_answers_under_one_key_a_spoiled_one_hides_no_other(tmp_path: Path, open_ledger: Open) -> None:
    append(open_ledger(tmp_path), 1, reply=OLD)
    (path,) = tmp_path.glob("*.jsonl")
    path.write_bytes(path.read_bytes().replace(b'"text":"', b'"text":"\x00\x00', 1) + path.read_bytes())
    ledger = open_ledger(tmp_path)
    assert [ledger.get(key(1)) for _ in range(2)] == [replace(OLD, recorded=True)] * 2


@pytest.mark.parametrize("anew", [False, True], ids=["in one process", "after a restart"])
def test_a_run_that_goes_back_to_an_earlier_model_sends_nothing(
    tmp_path: Path, open_ledger: Open, anew: bool
) -> None:
    one, sent = open_ledger(tmp_path), list[str]()

    async def run() -> None:
        for model in ("old", "new", "old", "new", "old"):
            used = open_ledger(tmp_path) if anew else one

            def answer(request: Request, model: str = model) -> Reply:
                sent.append(model)
                return replace(REPLY, model=model)

            recorded = Recorded(ScriptedTeacher(answer), used, models=(model,))
            assert (await recorded.ask(make_request())).model == model

    anyio.run(run)
    assert sent == ["old", "new"]


def test_a_hundred_thousand_calls_are_read_in_about_a_second(tmp_path: Path, open_ledger: Open) -> None:
    reply = replace(REPLY, text="p" * 600)
    append(open_ledger(tmp_path), 0, reply=reply)
    (path,) = tmp_path.glob("*.jsonl")
    line = path.read_bytes()
    assert len(line) > 800
    path.write_bytes(b"".join(line.replace(key(0).encode(), key(i).encode(), 1) for i in range(100_000)))
    start = time.process_time()
    ledger = open_ledger(tmp_path)
    seconds = time.process_time() - start
    assert len(ledger) == 100_000
    assert ledger.get(key(99_999)) == replace(reply, recorded=True)
    assert seconds < 2


def test_an_unreadable_folder_is_one_sentence(tmp_path: Path, open_ledger: Open) -> None:
    append(open_ledger(tmp_path), 1)
    ledger = open_ledger(tmp_path)
    (path,) = tmp_path.glob("*.jsonl")
    path.unlink()
    with pytest.raises(StoreError, match="cannot be read: No such file"):
        ledger.get(key(1))


def test_what_another_process_records_is_found_before_it_is_sent(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ledger, "_LOOK_S", 0.0)
    monkeypatch.setattr(ledger, "_LOOK_SHARE", float("inf"))
    ours, theirs = open_ledger(tmp_path), open_ledger(tmp_path)
    recorded = Recorded(ScriptedTeacher([]), ours)
    append(theirs, int(make_request().key("scripted"), 16))
    assert anyio.run(recorded.ask, make_request()) == KEPT


def test_others_files_are_looked_at_once_a_second_at_most(tmp_path: Path, open_ledger: Open) -> None:
    ours, theirs = open_ledger(tmp_path), open_ledger(tmp_path)

    async def look() -> list[bool]:
        await theirs.append(key(1), "t", "m", REPLY, 1.0)
        first = await ours.look()
        await theirs.append(key(2), "t", "m", REPLY, 1.0)
        return [first, await ours.look()]

    assert anyio.run(look) == [True, False]
    assert (ours.get(key(1)), ours.get(key(2))) == (KEPT, None)


def test_stages_of_one_process_share_a_ledger_and_write_one_file(tmp_path: Path) -> None:
    first = shared_ledger(tmp_path)
    assert shared_ledger(tmp_path) is first
    append(first, 1)
    first.close()
    append(first, 2)
    first.close()
    # Closed by all of its users; the next one goes on in the same file.
    with closing(shared_ledger(tmp_path)) as again:
        assert again is first
        append(again, 3)
        assert [again.get(key(number)) for number in (1, 2, 3)] == [KEPT] * 3
    assert len(list(tmp_path.iterdir())) == 1


def test_a_ledger_that_was_deleted_is_not_remembered(tmp_path: Path) -> None:
    with closing(shared_ledger(tmp_path)) as first:
        append(first, 1)
    for path in tmp_path.iterdir():
        path.unlink()
    with closing(shared_ledger(tmp_path)) as second:
        assert second.get(key(1)) is None
        append(second, 2)
        assert second.get(key(2)) == KEPT
