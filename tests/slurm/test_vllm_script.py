"""slurm/vllm.sh with Slurm's commands as scripts and a server of a few lines."""

from __future__ import annotations

import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "slurm" / "vllm.sh"
SERVER = """\
import http.server, sys, pathlib

class Health(http.server.BaseHTTPRequestHandler):
    looks = 0

    def do_GET(self):
        Health.looks += 1
        self.send_response(200 if self.path == "/health" and Health.looks > 1 else 503)
        self.end_headers()

server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[sys.argv.index("--port") + 1])), Health)
server.serve_forever()
"""
QUEUE = ("12_0|12|90|teacher", "12_1|12|90|teacher")
"""Of squeue: the servers themselves, of which this is the first."""

pytestmark = pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash")


class Started:
    """The script at work, in a folder of its own."""

    def __init__(self, folder: Path, *command: str, **environment: str) -> None:
        self.folder = folder
        self.addresses = folder / "root" / "servers" / "vllm"
        for name, text in (
            ("squeue", f'#!/bin/sh\ncat "{folder}/queue"\n'),
            ("scontrol", f'#!/bin/sh\necho "$*" >> "{folder}/asked"\n'),
        ):
            (folder / name).write_text(text)
            (folder / name).chmod(stat.S_IRWXU)
        (folder / "server.py").write_text(SERVER)
        self.queue(*QUEUE)
        inherited = {
            **{"PATH": f"{folder}{os.pathsep}{os.environ['PATH']}", "SIMULA_ROOT": str(folder / "root")},
            **{"SLURM_ARRAY_JOB_ID": "12", "SLURM_ARRAY_TASK_ID": "0", "SLURM_JOB_ID": "12", "EVERY_S": "1"},
        }
        with (folder / "log").open("w") as log:
            self.process = subprocess.Popen(
                ["bash", str(SCRIPT), *(command or (sys.executable, str(folder / "server.py")))],
                env={**os.environ, **inherited, **environment},
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def queue(self, *lines: str) -> None:
        """What squeue says from now on."""
        whole = self.folder / "queue.new"
        whole.write_text("".join(f"{line}\n" for line in lines))
        whole.rename(self.folder / "queue")

    def wait(self, met: Callable[[], object]) -> None:
        until = time.monotonic() + 60
        while not met():
            assert time.monotonic() < until, (self.folder / "log").read_text()
            time.sleep(0.05)

    @property
    def address(self) -> str:
        """What stands in the server's file; empty where there is none."""
        with suppress(FileNotFoundError):
            return (self.addresses / "12_0").read_text()
        return ""

    @property
    def asked(self) -> set[str]:
        path = self.folder / "asked"
        return set(path.read_text().splitlines()) if path.exists() else set()

    def gone(self) -> bool:
        """Whether script and server have ended."""
        return self.process.poll() is not None and not self._servers()

    def _servers(self) -> list[bytes]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            with suppress(OSError):
                found.append(path.read_bytes())
        return [line for line in found if str(self.folder / "server.py").encode() in line]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    found: list[Started] = []

    def started(*command: str, **environment: str) -> Started:
        found.append(Started(tmp_path, *command, **environment))
        return found[-1]

    yield started
    for one in found:
        one.process.terminate()
        one.wait(one.gone)


def test_it_serves_those_of_its_name_until_none_is_left(start: Callable[..., Started]) -> None:
    server = start()
    server.addresses.mkdir(parents=True)
    for name in ("11_3", "12_1", "by-hand"):
        (server.addresses / name).write_text("http://somewhere/v1\n")
    server.queue(
        *QUEUE, "13|13|0|vllm:a:01", "14_0|14|0|vllm:a:02", "14_1|14|0|vllm:a:02", "15|15|0|other:b:03"
    )
    server.wait(lambda: server.asked)
    assert server.asked == {"release 13,14"}
    assert server.address.startswith("http://")
    assert server.address.endswith("/v1\n")
    # A replica that is not in the queue any more has left its file; a person's stays.
    assert sorted(path.name for path in server.addresses.iterdir()) == ["12_0", "12_1", "by-hand"]
    server.queue(*QUEUE, "14_1|14|80|vllm:a:02", "15|15|0|other:b:03")
    time.sleep(1.5)
    assert server.process.poll() is None
    server.queue(*QUEUE, "15|15|0|other:b:03")
    server.wait(server.gone)
    assert server.process.returncode == 0
    assert not server.address


@pytest.mark.parametrize(("key", "told"), [("", True), ("a-key", False)])
def test_nobody_else_writes_its_address_and_a_missing_key_is_told(
    start: Callable[..., Started], key: str, told: bool
) -> None:
    before = os.umask(0)
    try:
        server = start(VLLM_API_KEY=key)
    finally:
        os.umask(before)
    last = "whoever reaches" if told else "healthy at"
    server.wait(lambda: last in (server.folder / "log").read_text())
    server.wait(lambda: server.address)
    for path in (server.addresses, server.addresses / "12_0"):
        assert not path.stat().st_mode & 0o022
    server.queue()
    server.process.terminate()
    server.wait(server.gone)
    said = (server.folder / "log").read_text()
    assert ("VLLM_API_KEY is not set: whoever reaches" in said) == told
    assert key not in said or told


def test_it_waits_for_a_first_job_and_not_for_ever(start: Callable[..., Started]) -> None:
    server = start(UNUSED_MIN="0")
    server.wait(server.gone)
    assert server.process.returncode == 0
    assert "no job named vllm: is left" in (server.folder / "log").read_text()


def test_the_end_of_the_job_takes_the_address_along(start: Callable[..., Started]) -> None:
    server = start()
    server.wait(lambda: server.address)
    server.process.terminate()
    server.wait(server.gone)
    assert not server.address


def test_before_its_time_limit_it_is_queued_again(start: Callable[..., Started]) -> None:
    server = start()
    server.wait(lambda: server.address)
    server.process.send_signal(signal.SIGUSR1)
    server.wait(lambda: server.asked)
    assert server.asked == {"requeue 12"}
    assert not server.address


def test_a_server_that_fails_is_no_address(start: Callable[..., Started]) -> None:
    server = start("false")
    server.wait(server.gone)
    assert server.process.returncode == 1
    assert "ended before it was healthy" in (server.folder / "log").read_text()
    assert not server.addresses.exists()
