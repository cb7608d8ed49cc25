"""Durable before it is used; never paid twice."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from teacher_requests import make_request

from simula.errors import RequestFailed, StoreError, TeacherUnavailable
from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, Usage, ledger
from simula.teacher.ledger import shared_ledger

REPLY = Reply('{"a":"한국어 \\"x\\"\n"}', "gemini-2.5-flash", "stop", Usage(10, 4, 3, 1))
KEPT = replace(REPLY, recorded=True)

Open = Callable[[Path], Ledger]


@pytest.fixture
def open_ledger() -> Iterator[Open]:
    """Opens ledgers, and closes them all in the end."""
    with ExitStack() as stack:

        def opened(folder: Path) -> Ledger:
            return stack.enter_context(closing(Ledger(folder)))

        yield opened


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


@pytest.mark.parametrize("damage", [b"\x00" * 40, b'{"key":"zz', b'{"key":"000000000009","text":"\x00\x00"}'])
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


FULL_DISK = """
import resource, sys
from pathlib import Path
import anyio
from simula.errors import StoreError
from simula.teacher import Ledger, Recorded, ScriptedTeacher
sys.path.insert(0, sys.argv[2])
from teacher_requests import make_request
folder = Path(sys.argv[1])
teacher = Recorded(ScriptedTeacher(lambda request: {"answer": "x" * 200}), Ledger(folder))

async def main():
    await teacher.ask(make_request(1))
    resource.setrlimit(resource.RLIMIT_FSIZE, (500, resource.RLIM_INFINITY))
    try:
        await teacher.ask(make_request(2))
    except StoreError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    reply = await teacher.ask(make_request(2))
    print(reply.recorded)
    await teacher.close()

anyio.run(main)
"""


def test_a_full_disk_stops_before_the_answer_is_used(tmp_path: Path, open_ledger: Open) -> None:
    """A file that may not grow takes part of the line, as a disk does that is nearly full."""
    said = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(tmp_path), str(Path(__file__).parent)],
        capture_output=True,
        text=True,
        check=True,
    )
    sentence, recorded = said.stdout.splitlines()
    assert sentence.startswith(f"an answer cannot be recorded in {tmp_path}: File too large")
    assert recorded == "False"
    ledger = open_ledger(tmp_path)
    assert len(ledger) == 2
    assert all(ledger.get(make_request(seed).key("scripted")) for seed in (1, 2))


def test_requests_of_one_key_at_one_time_send_one(tmp_path: Path, open_ledger: Open) -> None:
    class Slow(ScriptedTeacher):
        async def ask(self, request: Request) -> Reply:
            await anyio.sleep(0.05)
            return await super().ask(request)

    teacher = Slow([{"answer": "5"}])
    recorded = Recorded(teacher, open_ledger(tmp_path))
    replies: list[Reply] = []

    async def ask() -> None:
        replies.append(await recorded.ask(make_request()))

    async def together() -> None:
        async with anyio.create_task_group() as group:
            for _ in range(10):
                group.start_soon(ask)

    anyio.run(together)
    assert len(teacher.requests) == 1
    assert sorted(reply.recorded for reply in replies) == [False] + [True] * 9
    assert len({reply.text for reply in replies}) == 1


@pytest.mark.parametrize("error", [RequestFailed("blocked"), TeacherUnavailable("gone")])
def test_failures_are_not_recorded(tmp_path: Path, open_ledger: Open, error: Exception) -> None:
    recorded = Recorded(ScriptedTeacher([error, {"answer": "5"}]), open_ledger(tmp_path))

    async def twice() -> None:
        with pytest.raises(type(error)):
            await recorded.ask(make_request())
        assert not (await recorded.ask(make_request())).recorded

    anyio.run(twice)
    assert len(lines(tmp_path)) == 1


@pytest.mark.parametrize("finish", ["length", "blocked"])
def test_unusable_replies_are_paid_for_and_recorded(tmp_path: Path, open_ledger: Open, finish: str) -> None:
    reply = Reply('{"an', "scripted", finish, Usage(5))  # type: ignore[arg-type]
    recorded = Recorded(ScriptedTeacher([reply]), open_ledger(tmp_path))

    async def twice() -> list[Reply]:
        return [await recorded.ask(make_request()) for _ in range(2)]

    first, second = anyio.run(twice)
    assert (first.recorded, second.recorded, second.finish) == (False, True, finish)


def test_an_answer_that_has_arrived_is_kept_when_its_asker_is_cancelled(
    tmp_path: Path, open_ledger: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = os.fsync
    monkeypatch.setattr(os, "fsync", lambda descriptor: (time.sleep(0.1), really(descriptor)))
    recorded = Recorded(ScriptedTeacher([{"answer": "5"}]), open_ledger(tmp_path))

    async def cancelled() -> None:
        with anyio.move_on_after(0.05) as scope:
            await recorded.ask(make_request())
        assert scope.cancel_called

    anyio.run(cancelled)
    assert open_ledger(tmp_path).get(make_request().key("scripted")) is not None


def test_options_of_a_teacher_keep_its_answers_apart(tmp_path: Path, open_ledger: Open) -> None:
    script = ScriptedTeacher([{"answer": "3"}, {"answer": "5"}])

    async def ask(options: str) -> Reply:
        return await Recorded(script, open_ledger(tmp_path), options).ask(make_request())

    assert not anyio.run(ask, "thinking_budget=0").recorded
    assert not anyio.run(ask, "thinking_budget=128").recorded
    assert anyio.run(ask, "thinking_budget=0").recorded


KILLED = """
import os, sys
from pathlib import Path
import anyio
from simula.teacher import Ledger, Recorded, ScriptedTeacher
sys.path.insert(0, sys.argv[2])
from teacher_requests import make_request
folder = Path(sys.argv[1])
sends = os.open(folder / "sends", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
used = os.open(folder / "used", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

class Provider(ScriptedTeacher):
    async def ask(self, request):
        os.write(sends, f"{request.seed}\\n".encode())
        await anyio.sleep(0.02)
        return await super().ask(request)

teacher = Recorded(Provider(lambda request: {"answer": str(request.seed)}), Ledger(folder / "ledger"))
slots = anyio.Semaphore(8)

async def one(seed):
    async with slots:
        reply = await teacher.ask(make_request(seed))
        os.write(used, f"{seed} {reply.text}\\n".encode())

async def main():
    async with anyio.create_task_group() as group:
        for seed in range(300):
            group.start_soon(one, seed)

anyio.run(main)
"""


def test_kill_9_loses_nothing_and_doubles_nothing(tmp_path: Path, open_ledger: Open) -> None:
    """Killed twice in mid-run and started again: only calls in flight are sent twice."""
    command = [sys.executable, "-c", KILLED, str(tmp_path), str(Path(__file__).parent)]
    ledger, used, sends = tmp_path / "ledger", tmp_path / "used", tmp_path / "sends"
    kills = 0
    for answers in (40, 150):
        with subprocess.Popen(command) as process:
            while not used.exists() or used.read_bytes().count(b"\n") < answers:
                assert process.poll() is None
                time.sleep(0.002)
            process.kill()
        kills += 1
        known = open_ledger(ledger)
        for line in used.read_text().splitlines():
            seed, text = line.split(" ", 1)
            reply = known.get(make_request(int(seed)).key("scripted"))
            assert reply is not None
            assert reply.text == text
        assert process.returncode == -signal.SIGKILL
    subprocess.run(command, check=True)
    recorded = [str(line["key"]) for line in whole_lines(ledger)]
    assert len(recorded) == len(set(recorded)) == 300
    assert len(sends.read_text().splitlines()) <= 300 + 8 * kills
    before = sends.stat().st_size
    subprocess.run(command, check=True)
    assert sends.stat().st_size == before


def whole_lines(folder: Path) -> list[dict[str, object]]:
    """Lines of all files but those that a kill cut off."""
    return [
        json.loads(line)
        for path in folder.glob("*.jsonl")
        for line in path.read_bytes().splitlines(keepends=True)
        if line.endswith(b"\n")
    ]


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
