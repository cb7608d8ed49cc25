"""What a job unpickles, who could have written it, and what of a key gets into a submission."""

from __future__ import annotations

import os
import pickletools
import re
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from slurm_stub import Stub

from simula.cli import main
from simula.config import Config
from simula.errors import StoreError
from simula.permissions import keep_to_oneself, open_to_others
from simula.sweep.settings import Slurm
from simula.sweep.submit import submit

SIMULA = str(Path(sys.executable).parent / "simula")
KEY = "AIzaSy-Distinctive-77a1-nobody-may-read-this"
OTHERS = stat.S_IWGRP | stat.S_IWOTH


@pytest.fixture
def open_handed() -> Iterator[None]:
    """A umask that gives everything to everybody."""
    before = os.umask(0)
    yield
    os.umask(before)


def writable(root: Path) -> list[Path]:
    """What others may write."""
    found = (path for path in [root, *root.rglob("*")] if not path.is_symlink())
    return [path for path in found if path.stat().st_mode & OTHERS]


def test_nobody_else_may_write_what_a_command_makes(tmp_path: Path) -> None:
    """Whatever the umask."""
    root = tmp_path / "outputs"
    command = [SIMULA, "generate", "domain=arithmetic", "teacher=simulated", "system=baseline", "size=2"]
    subprocess.run(
        [*command, "benchmark=none", f"paths.root={root}"],
        cwd=tmp_path,
        env=os.environ | {"HOME": str(tmp_path), "WANDB_MODE": "offline"},
        umask=0,
        check=True,
        capture_output=True,
    )
    kinds = {path.suffix for path in root.rglob("*")}
    assert {".json", ".jsonl", ".parquet", ".wandb"} <= kinds
    assert writable(root) == []


def test_who_may_read_is_left_to_the_umask(tmp_path: Path, open_handed: None) -> None:
    for umask, mode in ((0o000, 0o644), (0o002, 0o644), (0o027, 0o640), (0o077, 0o600)):
        os.umask(umask)
        keep_to_oneself()
        file = tmp_path / f"{umask:o}"
        file.touch()
        assert stat.S_IMODE(file.stat().st_mode) == mode


def test_nor_what_a_job_is_submitted_with(slurm: Stub, grid: list[Config], open_handed: None) -> None:
    keep_to_oneself()
    submit(grid, "generate", Slurm())
    root = grid[0].paths.root
    assert list(root.rglob("*.pkl"))
    assert writable(root) == []


@pytest.mark.parametrize("mode", [0o775, 0o757, 0o777])
@pytest.mark.parametrize("place", ["", "store", "store/sweeps"])
def test_nothing_is_submitted_where_others_may_write(
    slurm: Stub, grid: list[Config], mode: int, place: str
) -> None:
    folder = grid[0].paths.root / place
    folder.mkdir(parents=True)
    folder.chmod(mode)
    with pytest.raises(StoreError, match=f"decide what your jobs run: chmod go-w {folder}$"):
        submit(grid, "generate", Slurm())
    assert not slurm.scripts
    folder.chmod(mode & ~OTHERS)
    assert submit(grid, "generate", Slurm()).tasks


def test_nor_are_processes_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """They read pickles, too."""
    tmp_path.chmod(0o777)
    overrides = ["domain=arithmetic", "teacher=simulated", "benchmark=none", f"paths.root={tmp_path}"]
    monkeypatch.setattr(sys, "argv", ["simula", "generate", "-m", "hydra/launcher=local", *overrides])
    before = os.umask(0o022)
    try:
        with pytest.raises(SystemExit) as ended:
            main()
    finally:
        os.umask(before)
        tmp_path.chmod(0o700)
    assert ended.value.code == 1
    assert f"decide what your jobs run: chmod go-w {tmp_path}" in capsys.readouterr().err
    assert not list(tmp_path.rglob("*.pkl"))


def test_an_open_folder_above_the_results_is_told(
    slurm: Stub, grid: list[Config], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tmp_path.chmod(0o770)
    try:
        assert submit(grid, "generate", Slurm()).tasks
    finally:
        tmp_path.chmod(0o700)
    assert f"simula: others may write into {tmp_path}, and could put" in capsys.readouterr().err


def test_a_sticky_folder_is_not_open_and_a_link_is_followed(tmp_path: Path) -> None:
    shared, link = tmp_path / "shared", tmp_path / "link"
    (shared / "mine").mkdir(parents=True)
    link.symlink_to(shared / "mine")
    shared.chmod(0o1777)
    assert open_to_others(shared / "mine" / "later") == []
    shared.chmod(0o777)
    assert open_to_others(link / "later") == [shared]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives a folder away")
def test_a_folder_of_another_user_is_open_to_them(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    os.chown(theirs, 12345, 12345)
    assert open_to_others(theirs) == [theirs]


def test_what_a_job_unpickles_is_two_names(slurm: Stub, grid: list[Config]) -> None:
    """No code, no configuration, no environment: of classes submitit's own, its folder's and this one."""
    submit(grid, "generate", Slurm())
    pickles = list(grid[0].paths.root.rglob("*_submitted.pkl"))
    assert pickles
    for path in pickles:
        texts: list[str] = []
        named = set()
        for operation, value, _ in pickletools.genops(path.read_bytes()):
            if operation.name == "STACK_GLOBAL":
                named.add((texts[-2], texts[-1]))
            elif operation.name == "GLOBAL":
                named.add(tuple(str(value).split()))
            elif isinstance(value, str):
                texts.append(value)
        assert ("simula.sweep.job", "Work") in named
        assert {module.partition(".")[0] for module, _ in named} <= {"simula", "submitit", "pathlib"}


def test_no_key_is_in_a_submission(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Jobs inherit the environment, and Slurm keeps it where only they read it; no file of ours holds it."""
    for name in ("GEMINI_API_KEY", "WANDB_API_KEY", "HF_TOKEN", "VLLM_API_KEY"):
        monkeypatch.setenv(name, KEY)
    submit(grid, "generate", Slurm())
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert {".sh", ".pkl", ".json"} <= {path.suffix for path in files}
    assert any(path.name.startswith("script-") for path in files)
    assert not [path for path in files if KEY.encode() in path.read_bytes()]


def test_no_temporary_name_can_be_guessed() -> None:
    """A link that somebody has put there first would be written through."""
    root = Path(__file__).parents[2]
    files = [*root.glob("simula/**/*.py"), *root.glob("experiments/*.py"), *root.glob("slurm/*.sh")]
    assert len(files) > 300
    fixed = re.compile(r"[\"' ]/(?:var/)?tmp\b|/dev/shm|gettempdir|mktemp\b(?! -d)")
    assert [path for path in files if fixed.search(path.read_text(encoding="utf-8"))] == []
