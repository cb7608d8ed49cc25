import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from simula.claims import EXPIRY_S, Claim
from simula.errors import StoreError
from simula.store.artifacts import Store

BUILDER = """
import sys, time
from pathlib import Path
from simula.store.artifacts import Store

def make(folder):
    with (folder / "builds").open("a") as stream:
        stream.write("x")
    time.sleep(float(sys.argv[2]))
    return {"rows": 3}

print(Store(Path(sys.argv[1])).build("dataset", "a/n3", make, lambda said: None))
"""


def builder(root: Path, seconds: float) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, str(root), str(seconds)], stdout=subprocess.PIPE, text=True
    )


def test_two_processes_that_want_one_artifact_build_it_once(tmp_path: Path) -> None:
    both = [builder(tmp_path, 1.5), builder(tmp_path, 1.5)]
    printed = [process.communicate(timeout=60)[0] for process in both]
    assert printed == ["{'rows': 3}\n"] * 2
    assert (tmp_path / "dataset/a/n3/builds").read_text() == "x"


def test_after_a_kill_the_next_builder_goes_on_in_the_same_folder(tmp_path: Path) -> None:
    killed = builder(tmp_path, 60)
    builds = tmp_path / "dataset/a/n3.work/builds"
    while not (builds.exists() and builds.read_text()):
        assert killed.poll() is None
        time.sleep(0.05)
    killed.kill()
    killed.communicate()
    started = time.monotonic()
    assert builder(tmp_path, 0).communicate(timeout=30)[0] == "{'rows': 3}\n"
    assert time.monotonic() - started < 20
    assert (tmp_path / "dataset/a/n3/builds").read_text() == "xx"
    assert Store(tmp_path).manifest("dataset", "a/n3") == {"rows": 3}


def test_a_published_artifact_is_not_built_again(tmp_path: Path) -> None:
    store = Store(tmp_path)
    store.build("taxonomy", "t", lambda folder: {"nodes": 1}, print)

    def never(folder: Path) -> dict[str, int]:
        raise AssertionError(folder)

    assert store.build("taxonomy", "t", never, print) == {"nodes": 1}


def test_a_failed_build_publishes_nothing_and_gives_its_claim_back(tmp_path: Path) -> None:
    store = Store(tmp_path)

    def fail(folder: Path) -> dict[str, int]:
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        store.build("taxonomy", "t", fail, print)
    assert store.manifest("taxonomy", "t") is None
    assert store.build("taxonomy", "t", lambda folder: {"nodes": 2}, print) == {"nodes": 2}


def test_a_claim_of_another_host_expires_by_age(tmp_path: Path) -> None:
    path = tmp_path / "claims" / "taxonomy--t"
    path.parent.mkdir()
    path.write_text(json.dumps({"host": "another", "pid": 1, "token": "x"}))
    assert not Claim(path).take()
    old = time.time() - EXPIRY_S - 5
    os.utime(path, (old, old))
    assert Claim(path).take()


def test_a_manifest_that_cannot_be_read_is_one_clear_sentence(tmp_path: Path) -> None:
    (tmp_path / "taxonomy/t").mkdir(parents=True)
    (tmp_path / "taxonomy/t/manifest.json").write_text("{")
    with pytest.raises(StoreError, match="move its folder away"):
        Store(tmp_path).manifest("taxonomy", "t")


def test_a_disk_that_is_full_is_one_clear_sentence(tmp_path: Path) -> None:
    def full(folder: Path) -> dict[str, int]:
        raise OSError(28, "No space left on device")

    with pytest.raises(StoreError, match="free some space and start again"):
        Store(tmp_path).build("taxonomy", "t", full, print)
