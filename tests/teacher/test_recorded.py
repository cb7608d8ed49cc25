"""A teacher with a ledger: durable before it is used; never paid twice."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import anyio
import pytest
from teacher_requests import make_request

from simula.concurrency import in_order
from simula.errors import RequestFailed, TeacherUnavailable
from simula.teacher import Ledger, Recorded, Reply, Request, ScriptedTeacher, Usage
from simula.teacher.settings import ServerTeacher, models, options

Open = Callable[[Path], Ledger]

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
    assert len(whole_lines(tmp_path)) == 1


@pytest.mark.parametrize("finish", ["length", "blocked"])
def test_unusable_replies_are_paid_for_and_recorded(tmp_path: Path, open_ledger: Open, finish: str) -> None:
    reply = Reply('{"an', "scripted", finish, Usage(5))
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
        await anyio.sleep(0.04)
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


def test_a_successor_that_is_allowed_costs_nothing_again(tmp_path: Path, open_ledger: Open) -> None:
    """The product's own advice where a model is retired in the middle of a run: teacher.allow_model=[…]."""
    own = ServerTeacher(model="old")
    allowing = ServerTeacher(model="old", allow_model=("new",))

    def ask(settings: ServerTeacher, answered: str) -> tuple[str, bool, int]:
        script = ScriptedTeacher([Reply("{}", answered, "stop", Usage(1))], model="old")
        teacher = Recorded(script, open_ledger(tmp_path), options(settings), models(settings))
        reply = anyio.run(teacher.ask, make_request())
        return reply.model, reply.recorded, len(script.requests)

    assert ask(own, "old-001") == ("old-001", False, 1)
    assert ask(allowing, "new") == ("old-001", True, 0)


def test_a_recorded_answer_of_a_model_that_is_not_allowed_is_asked_for(
    tmp_path: Path, open_ledger: Open
) -> None:
    ledger = open_ledger(tmp_path)

    def ask(allowed: tuple[str, ...], answered: str) -> tuple[list[str], int]:
        settings = ServerTeacher(model="old", allow_model=allowed)
        script = ScriptedTeacher([Reply("{}", answered, "stop", Usage(1))], model="old")
        teacher = Recorded(script, ledger, options(settings), models(settings))

        async def together() -> list[Reply]:
            return await in_order([lambda: teacher.ask(make_request())] * 3)

        return [reply.model for reply in anyio.run(together)], len(script.requests)

    assert ask(("new",), "new") == (["new"] * 3, 1)
    assert ask((), "old") == (["old"] * 3, 1)
    assert ask(("new",), "new") == (["old"] * 3, 0)
