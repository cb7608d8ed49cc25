"""kill -9 at every step of a batch: the service creates and answers no more than undisturbed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import anyio
import anyio.to_thread
import pytest
from batch_runs import all_of, key_for, leftovers, opened, recorded_keys, settings_for
from fake_gemini import KEY
from fake_gemini_batch import FakeBatches, refusal
from teacher_requests import make_request

pytestmark = pytest.mark.filterwarnings("ignore:Inheritance class Aiohttp:DeprecationWarning")

GATHER_S = 0.5
"""Longer than a busy machine keeps a process waiting."""
REQUESTS, PER_FILE = 60, 50
"""Two batches: one is full, the other one waits for more requests a little."""


@pytest.mark.parametrize("step", ["start", "create", "created", "poll", "downloading", "recorded"])
def test_a_killed_process_s_batches_are_paid_once(
    step: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", KEY)

    async def main() -> FakeBatches:
        async with FakeBatches() as fake:
            await killed(fake, step, tmp_path)
            settings = settings_for(fake, tmp_path, requests_per_file=PER_FILE, gather=GATHER_S)
            teacher = opened(settings, tmp_path)
            with anyio.fail_after(60):
                replies = await all_of(teacher, range(REQUESTS))
                # Where everything was recorded, the batches are only looked after when more is asked.
                await teacher.ask(make_request(REQUESTS))
            await teacher.close()
            assert [reply.finish for reply in replies] == ["stop"] * REQUESTS
            return fake

    fake = anyio.run(main)
    sizes = sorted(len(batch["requests"]) for batch in fake.batches.values())
    assert sizes == [1, REQUESTS - PER_FILE, PER_FILE]
    assert fake.answered == {key_for(seed): 1 for seed in range(REQUESTS + 1)}
    assert recorded_keys(tmp_path) == sorted(key_for(seed) for seed in range(REQUESTS + 1))
    # What was being begun when the process was killed was not sent; it is swept a day later.
    assert [name for name in leftovers(tmp_path) if not name.endswith((".new", ".claim"))] == []


async def killed(fake: FakeBatches, step: str, folder: Path) -> None:
    """Run a process until the step, and kill it there."""
    client = Path(__file__).with_name("batch_client.py")
    process = subprocess.Popen([sys.executable, client, fake.url, folder, str(REQUESTS), str(GATHER_S)])

    def kill() -> None:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()

    def kill_before_it_happens() -> None:
        if process.poll() is None:
            kill()
            fake.refuse["create"] = [refusal(503, "UNAVAILABLE", "never heard")]

    if step == "recorded":
        await until(lambda: any(path.stat().st_size for path in folder.glob("*.jsonl")))
        kill()
    else:
        fake.before[step] = kill_before_it_happens if step == "create" else kill
    await anyio.to_thread.run_sync(process.wait)
    assert process.returncode == -signal.SIGKILL


async def until(happened: Callable[[], bool]) -> None:
    with anyio.fail_after(60):
        while not happened():
            await anyio.sleep(0.005)
