"""`simula doctor` against real servers, missing keys, other versions, a Slurm that is not there."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import anyio.to_thread
import pytest
from fake_openai import FakeServer, answer, error

from simula import doctor as looking
from simula.cli import main
from simula.composition import cells
from simula.config import Config
from simula.doctor import doctor
from simula.sweep.settings import Slurm

SECRET = "sk-of-nobody-0123456789"
LAB = ("domain=arithmetic", "teacher=simulated", "benchmark=none", "tracking=none")


@pytest.fixture(autouse=True)
def _no_keys_no_slurm(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("GEMINI_API_KEY", "WANDB_API_KEY", "HF_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "bin").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path / "outputs"))


def looked(
    capsys: pytest.CaptureFixture[str], *overrides: str, launcher: Slurm | None = None
) -> tuple[int, dict[str, tuple[str, str]]]:
    """The exit code, and what it was looked at to state and sentence."""
    (cell,) = cells([*LAB, *overrides], sweep=False)
    code = doctor(cell.config, launcher, as_json=True)
    found = json.loads(capsys.readouterr().out)
    return code, {one["what"]: (one["state"], one["said"]) for one in found}


def test_what_needs_nothing_is_well(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    code, found = looked(capsys)
    assert code == 0
    assert {what for what, (state, _) in found.items() if state != "ok"} == {"Slurm"}
    assert "no squeue here" in found["Slurm"][1]
    assert "nothing was asked" in found["teacher"][1]
    assert not (tmp_path / "outputs").exists()


async def _against(
    fake: FakeServer, capsys: pytest.CaptureFixture[str], *overrides: str
) -> tuple[int, dict[str, tuple[str, str]]]:
    async with fake:
        named = (
            "teacher=openai_compatible",
            f"teacher.base_url={fake.url}/v1",
            "teacher.model=qwen",
            *overrides,
        )
        return await anyio.to_thread.run_sync(lambda: looked(capsys, *named))


def test_a_server_is_asked_one_word(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeServer()
    code, found = anyio.run(_against, fake, capsys)
    assert (code, found["teacher"]) == (0, ("ok", "qwen answered (55 tokens)"))
    assert len(fake.bodies) == 1


def test_another_model_than_asked_for_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = anyio.run(_against, FakeServer(answer(model="llama")), capsys)
    assert code == 1
    assert found["teacher"][0] == "wrong"
    assert "llama" in found["teacher"][1]


def test_a_refused_key_is_told_and_never_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOME_KEY", SECRET)
    refused = error(401, f"Incorrect API key provided: {SECRET}.", "invalid_request_error", "invalid_api_key")
    code, found = anyio.run(_against, FakeServer(refused), capsys, "teacher.key_variable=SOME_KEY")
    assert code == 1
    assert found["key SOME_KEY"] == ("ok", "is set")
    assert "SOME_KEY" in found["teacher"][1]
    assert SECRET not in str(found)


def test_a_fault_that_may_pass_is_not_waited_out(capsys: pytest.CaptureFixture[str]) -> None:
    fake = FakeServer(*[error(503, "overloaded")] * 20)
    code, found = anyio.run(_against, fake, capsys)
    assert (code, found["teacher"][0]) == (1, "wrong")
    assert len(fake.bodies) == 1


def test_keys_that_are_missing(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = looked(capsys, "teacher=gemini_flash", "tracking=wandb")
    assert code == 1
    assert found["key GEMINI_API_KEY"] == ("wrong", "is not set: export GEMINI_API_KEY=…")
    assert found["key WANDB_API_KEY"][0] == "note"
    assert found["teacher"][0] == "wrong"


def test_where_results_cannot_go(capsys: pytest.CaptureFixture[str]) -> None:
    code, found = looked(capsys, "paths.root=/dev/null/x")
    assert (code, found["disk"][0]) == (1, "wrong")
    assert "cannot be written" in found["disk"][1]


def test_what_cannot_be_looked_at_stops_nothing_else(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(config: Config) -> str:
        raise PermissionError(13, "Permission denied", "/somewhere")

    monkeypatch.setattr(looking, "_machine", broken)
    code, found = looked(capsys)
    assert code == 1
    assert found["machine"] == (
        "wrong",
        "cannot be looked at: [Errno 13] Permission denied: '/somewhere'",
    )
    assert found["weights"][0] == "ok"


def test_what_asks_the_student(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    code, found = looked(capsys, "evaluation.engine=vllm")
    assert (code, found["engine"][0]) == (1, "wrong")
    assert "pip install vllm" in found["engine"][1]
    asked = []
    monkeypatch.setattr("simula.evaluation.engine.check_engine", lambda *given: asked.append(given))
    served = ("evaluation.served_untuned=base", "evaluation.url=http://127.0.0.1:9/v1")
    code, found = looked(capsys, "evaluation.engine=server", *served)
    assert (code, found["engine"]) == (0, ("ok", "http://127.0.0.1:9/v1 answered as base"))
    assert [evaluation.engine for _, _, _, evaluation, _ in asked] == ["server"]


def test_a_full_disk(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> Any:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(looking.tempfile, "TemporaryFile", full)
    code, found = looked(capsys)
    assert code == 1
    assert "No space left" in found["disk"][1]
    assert "SIMULA_ROOT" in found["disk"][1]


def test_libraries_of_other_versions(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = ["numpy>=99", "not-there-at-all>=1", "rich>=1", "trl==1; extra == 'bench'"]
    monkeypatch.setattr(looking, "requires", lambda _: wanted)
    code, found = looked(capsys)
    assert code == 1
    assert "numpy is" in found["versions"][1]
    assert "not-there-at-all is not there" in found["versions"][1]
    assert "rich" not in found["versions"][1].split(":")[0]
    assert "trl" not in found["versions"][1]


def commands(folder: Path, **said: str) -> None:
    for name, text in said.items():
        (folder / name).write_text(f"#!/bin/sh\n{text}\n")
        (folder / name).chmod(stat.S_IRWXU)


def test_slurm_and_its_partitions(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    commands(
        tmp_path / "bin",
        squeue="true",
        scontrol="echo MaxArraySize = 1001",
        sinfo="echo 'gpu|up|4'; echo 'old|down|2'",
    )
    assert looked(capsys)[1]["Slurm"] == ("ok", "partitions gpu; arrays of up to 1,000 jobs")
    code, found = looked(capsys, launcher=Slurm(partition="gpu", cpu_jobs=Slurm(partition="old")))
    assert (code, found["Slurm"]) == (1, ("wrong", "no partition old is up; there are: gpu"))


def test_a_slurm_that_does_not_answer(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    commands(tmp_path / "bin", squeue="true", scontrol="echo cannot connect >&2; exit 1")
    assert looked(capsys)[1]["Slurm"][0] == "note"
    code, found = looked(capsys, launcher=Slurm())
    assert code == 1
    assert "cannot connect" in found["Slurm"][1]


def test_on_the_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["simula", "doctor", *LAB])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 0
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("ok    versions: simula")
    assert [line.split(":")[0] for line in said[1:]] == [
        "ok    disk",
        "ok    teacher",
        "ok    embedding",
        "ok    benchmark",
        "ok    machine",
        "ok    weights",
        "note  Slurm",
    ]


def test_a_sweep_is_refused(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["simula", "doctor", "-m", *LAB, "seed=0,1"])
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2
    assert "leave out -m" in capsys.readouterr().err
