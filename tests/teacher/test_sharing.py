"""Several real processes divide one limit, without locks and whatever their clocks say."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import anyio
import pytest

from simula.errors import StoreError
from simula.teacher import sharing
from simula.teacher.sharing import Sharers

PROGRAM = Path(__file__).parent / "sharing_process.py"


def start(folder: Path, rate: float, seconds: float, *more: str) -> subprocess.Popen[str]:
    command = [sys.executable, str(PROGRAM), str(folder), str(rate), str(seconds), *more]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def left(process: subprocess.Popen[str]) -> list[float]:
    """When a process's calls left."""
    said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    found: list[float] = json.loads(said)
    return found


def test_processes_keep_within_the_limit_together_and_each_has_its_part(tmp_path: Path) -> None:
    rate = 2400.0
    running = [start(tmp_path, rate, 8) for _ in range(3)]
    calls = [left(process) for process in running]
    begin, end = max(each[0] for each in calls) + 0.5, min(each[-1] for each in calls)
    counts = [sum(begin <= when <= end for when in each) for each in calls]
    together = sum(counts) / (end - begin) * 60
    parts = [count / sum(counts) for count in counts]
    print(f"{together / rate:.3f} of the limit, parts {[f'{part:.3f}' for part in parts]}")
    assert 0.85 * rate <= together <= 1.1 * rate
    assert all(0.75 / 3 <= part <= 1.25 / 3 for part in parts)


def test_the_part_of_a_dead_process_comes_back(tmp_path: Path) -> None:
    rate = 1200.0
    long, short = start(tmp_path, rate, 23), start(tmp_path, rate, 3, "die")
    died = left(short)[-1]
    calls = left(long)

    def a_minute(begin: float, end: float) -> float:
        return sum(begin <= when - died < end for when in calls) / (end - begin) * 60

    shared, after = a_minute(2, 8), a_minute(15.5, 18.5)
    print(f"{shared / rate:.2f} of the limit while its sign of life is young, {after / rate:.2f} after")
    assert shared == pytest.approx(rate / 2, rel=0.1)
    assert after == pytest.approx(rate, rel=0.1)


def beat(*sharers: Sharers, until: list[int]) -> bool:
    """Beat side by side until the counts are these; whether they came to be."""

    async def together() -> bool:
        with anyio.move_on_after(20):
            while [one.count for one in sharers] != until:
                for one in sharers:
                    await one.beat()
                await anyio.sleep(0.01)
            return True
        return False

    return anyio.run(together)


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_FIRST_BEAT", 0.02)
    monkeypatch.setattr(sharing, "_BEAT", 0.05)
    monkeypatch.setattr(sharing, "_EXPIRY", 0.6)


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("skew", [-60.0, 60.0])
def test_clocks_that_differ_by_a_minute_change_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, skew: float
) -> None:
    """A process whose files are stamped a minute off is alive while it writes, and gone when it does not."""
    here, there = Sharers(tmp_path), Sharers(tmp_path)
    look = there._look

    def skewed(folder: Path) -> int:
        count = look(folder)
        stamp = time.time() + skew
        os.utime(folder / there._name, (stamp, stamp))
        return count

    monkeypatch.setattr(there, "_look", skewed)
    assert beat(here, there, until=[2, 2])
    begin = time.monotonic()
    assert beat(here, until=[1])
    assert time.monotonic() - begin > 0.4


@pytest.mark.usefixtures("hasty")
def test_who_leaves_gives_its_part_back_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "made" / "by the first"
    here, there = Sharers(folder), Sharers(folder)
    assert beat(here, there, until=[2, 2])
    monkeypatch.setattr(sharing, "_EXPIRY", 1000.0)
    anyio.run(there.leave)
    assert beat(here, until=[1])


@pytest.mark.usefixtures("hasty")
def test_what_dead_processes_left_is_removed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sharing, "_LITTER", 1.2)
    (tmp_path / "crashed-1-aa").write_text("7")
    (tmp_path / ".crashed-2-bb").write_text("7")
    here = Sharers(tmp_path)
    assert beat(here, until=[2])
    end = time.monotonic() + 20
    while len(list(tmp_path.iterdir())) > 1 and time.monotonic() < end:
        here.next_beat = 0.0
        anyio.run(here.beat)
        time.sleep(0.01)
    assert [path.name for path in tmp_path.iterdir()] == [here._name]
    assert here.count == 1


def test_a_folder_that_cannot_be_used_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreError, match=r"cannot be used.*teacher\.sharing=null"):
        anyio.run(Sharers(tmp_path / "file" / "x").beat)


def test_alone_nothing_is_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    alone = Sharers(None)
    anyio.run(alone.beat)
    anyio.run(alone.leave)
    assert alone.count == 1
    assert not list(tmp_path.iterdir())
