"""Two processes on what looks like two hosts and a network's file system.

Every call that locks fails, their clocks are a minute and more apart, and a process sees what another one has
put into a folder three seconds late, unless it has changed that folder itself: as NFS does it.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

HOST = """
import builtins, errno, fcntl, os, sys, time
from pathlib import Path

root, host, shift = Path(sys.argv[1]), sys.argv[2], float(sys.argv[3])

def refused(*_):
    raise OSError(errno.ENOLCK, "No locks available")

fcntl.flock = fcntl.lockf = fcntl.fcntl = refused
clock = time.time
time.time = lambda: clock() + shift

import simula.claims
simula.claims.this_host = lambda: host
simula.claims.BEAT_S, simula.claims.EXPIRY_S = 0.2, float(sys.argv[4])

LATE_S = 3.0
changed = {}

def touched(name):
    def call(path, *arguments, original=getattr(Path, name), **named):
        changed[path.parent] = clock()
        return original(path, *arguments, **named)
    setattr(Path, name, call)

for name in ("mkdir", "touch", "unlink"):
    touched(name)
read = Path.read_text

def late(path, *arguments, **named):
    text = read(path, *arguments, **named)
    if path.name == "manifest.json":
        folder = path.parent.parent
        published = path.parent.stat().st_ctime
        if changed.get(folder, 0.0) < published and clock() - published < LATE_S:
            raise FileNotFoundError(path)
    return text

Path.read_text = late

from simula.store.artifacts import Store

def make(folder):
    with (root / "built").open("a") as log:
        log.write(host + chr(10))
    time.sleep(float(sys.argv[5]))
    (folder / "rows").write_text("made")
    return {"by": host}

print(Store(root).build("dataset", "key/n4", make, lambda _: None)["by"])
"""


def started(
    root: Path, host: str, *, shift: float, expiry: float = 90, seconds: float = 1
) -> subprocess.Popen[str]:
    words = [sys.executable, "-c", HOST, str(root), host, str(shift), str(expiry), str(seconds)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.strip()


def wait_until_built(root: Path, host: subprocess.Popen[str]) -> None:
    """Until `host` has written its line: the file is there, and empty, a moment before that."""
    built = root / "built"
    while not (built.is_file() and built.read_text().endswith("\n")):
        assert host.poll() is None
        time.sleep(0.01)


@pytest.mark.parametrize("shift", [-75.0, 75.0])
def test_two_hosts_build_once(tmp_path: Path, shift: float) -> None:
    """Whoever comes second takes what the first has published, though it sees it late."""
    both = [started(tmp_path, "one", shift=0), started(tmp_path, "other", shift=shift)]
    name, other = (said(process) for process in both)
    assert name == other
    assert (tmp_path / "built").read_text().split() == [name]
    assert json.loads((tmp_path / "dataset" / "key" / "n4" / "manifest.json").read_text()) == {"by": name}
    assert not list((tmp_path / "claims").iterdir())


@pytest.mark.parametrize("shift", [-75.0, 75.0])
def test_a_host_that_dies_is_followed_by_another(tmp_path: Path, shift: float) -> None:
    """Its claim is old by the file system's own clock, however wrong the hosts' clocks are."""
    first = started(tmp_path, "one", shift=0, seconds=600)
    wait_until_built(tmp_path, first)
    first.kill()
    first.communicate()
    assert said(started(tmp_path, "other", shift=shift, expiry=2, seconds=0)) == "other"
    assert (tmp_path / "built").read_text().split() == ["one", "other"]


def test_a_host_that_lives_is_waited_for(tmp_path: Path) -> None:
    """It builds for longer than a claim lasts that nobody keeps young."""
    first = started(tmp_path, "one", shift=0, expiry=1.5, seconds=5)
    wait_until_built(tmp_path, first)
    second = started(tmp_path, "other", shift=75, expiry=1.5)
    assert (said(first), said(second)) == ("one", "one")
    assert (tmp_path / "built").read_text().split() == ["one"]
