"""A folder of somebody else's configuration chooses settings: it runs no code and reads no key."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from simula.composition import cells, launcher
from simula.errors import ConfigurationError

MARK = "SIMULA_TEST_MARK"
DOMAIN = {
    "_target_": "simula.domain.Domain",
    "name": "mine",
    "description": "Greetings.",
    "item": "greeting",
    "instructions": "Whom is it for?",
    "task": {"type": "identifier", "choices": {"a": "Ann", "b": "Bob"}},
}
OVERRIDES = ["domain=mine", "benchmark=none"]


def problems(folder: Path, *overrides: str) -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        cells([*OVERRIDES, *overrides], sweep=False, extra_folder=folder)
    return list(caught.value.problems)


def written(folder: Path, group: str, name: str, content: Any, package: str = "") -> Path:
    file = folder / group / f"{name}.yaml"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text((f"# @package {package}\n" if package else "") + yaml.safe_dump(content))
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "theirs", "domain", "mine", DOMAIN)


def test_settings_alone_are_taken(folder: Path) -> None:
    (cell,) = cells(OVERRIDES, sweep=False, extra_folder=folder)
    assert cell.config.domain.name == "mine"


@pytest.mark.parametrize(
    "target",
    [
        "pathlib.Path.touch",
        "pathlib.Path",
        "torch.load",
        "theirs.Settings",
        # What a module of simula's has imported is none of its own, and neither are its functions.
        "simula.doctor.tempfile.mkdtemp",
        "simula.stages.bench.subprocess.run",
        "simula.durable.Path",
        "simula.durable.sync_folder",
        "simula.claims.Claim",
        "simula.config.BaseModel",
        "simula.nothing.Of",
        "simula",
        "",
    ],
)
def test_no_other_target_is_made(folder: Path, target: str) -> None:
    written(folder, "domain", "mine", {**DOMAIN, "_target_": target})
    assert problems(folder) == [
        f"domain._target_: {target} is no class of simula's settings, and no other code is run"
    ]


def test_no_other_module_is_imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "theirs.py").write_text(f"import os\nos.environ[{MARK!r}] = 'ran'\nclass Settings: pass\n")
    monkeypatch.syspath_prepend(str(folder))
    monkeypatch.setenv(MARK, "")
    written(folder, "domain", "mine", {**DOMAIN, "_target_": "theirs.Settings"})
    problems(folder)
    assert os.environ[MARK] == ""


def test_nor_at_any_depth(folder: Path, tmp_path: Path) -> None:
    mark = tmp_path / "made"
    inner = {
        "_target_": "pathlib.Path.mkdir",
        "_args_": [{"_target_": "pathlib.Path", "_args_": [str(mark)]}],
    }
    written(folder, "domain", "mine", {**DOMAIN, "factors": [{"name": inner}]})
    said = problems(folder)
    assert len(said) == 2
    assert said[0].startswith("domain.factors.0.name._target_: pathlib.Path.mkdir is no class of simula's")
    assert not mark.exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"callbacks": {"theirs": {"_target_": "pathlib.Path"}}}, "hydra.callbacks.theirs: no other code"),
        (
            {"job_logging": {"handlers": {"x": {"class": "subprocess.Popen", "args": "true"}}}},
            "hydra.job_logging.handlers: no other code",
        ),
        ({"hydra_logging": {"filters": {"x": {"()": "os.getcwd"}}}}, "hydra.hydra_logging.filters: no other"),
        ({"job": {"env_set": {"LD_PRELOAD": "theirs.so"}}}, "hydra.job.env_set: export variables"),
        ({"sweeper": {"_target_": "os.getcwd"}}, "hydra.sweeper._target_: os.getcwd is no class"),
    ],
)
def test_hydras_own_node_runs_nothing(folder: Path, content: Any, said: str) -> None:
    """As an experiment that is to be repeated may have it."""
    written(folder, "experiment", "theirs", {"hydra": content}, "_global_")
    found = problems(folder, "experiment=theirs")
    assert any(one.startswith(said) for one in found), found


def test_a_launcher_is_hydras_or_ours(folder: Path) -> None:
    inner = {"_target_": "simula.sweep.Slurm", "cpu_jobs": {"_target_": "os.getcwd"}}
    for content, where in (({"_target_": "os.getcwd"}, ""), (inner, "cpu_jobs.")):
        written(folder, "hydra/launcher", "theirs", content, "hydra.launcher")
        (said,) = problems(folder, "hydra/launcher=theirs")
        assert said.startswith(f"hydra.launcher.{where}_target_: os.getcwd is no class of simula's settings")


@pytest.mark.parametrize("name", ["basic", "local", "submitit_slurm", "slurm_cpu", "slurm_gpu", "slurm_vllm"])
def test_known_launchers_are_taken(folder: Path, name: str) -> None:
    assert launcher([f"hydra/launcher={name}"])
    assert cells([*OVERRIDES, f"hydra/launcher={name}"], sweep=False, extra_folder=folder)


@pytest.mark.parametrize("spelled", ["GEMINI_API_KEY", "${oc.env:WHICH}_API_KEY", "HF_TOKEN,none"])
def test_no_key_is_read_into_a_configuration(
    folder: Path, spelled: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GEMINI_API_KEY", "AIza-nobody-may-read-this")
    monkeypatch.setenv("WHICH", "GEMINI")
    written(folder, "domain", "mine", {**DOMAIN, "description": f"${{oc.env:{spelled}}}"})
    (said,) = problems(folder)
    assert "is not read into a configuration, which is kept in files" in said
    assert "AIza" not in said


def test_other_variables_are(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCRATCH", "/scratch/me")
    for spelled, expected in (("SCRATCH", "/scratch/me"), ("NO_SUCH,default", "default")):
        written(folder, "domain", "mine", {**DOMAIN, "description": f"${{oc.env:{spelled}}}"})
        (cell,) = cells(OVERRIDES, sweep=False, extra_folder=folder)
        assert cell.config.domain.description == expected


@pytest.mark.parametrize(
    "overrides",
    [
        ("teacher=openai_compatible", "teacher.model=m", "teacher.base_url=https://me:secret@host/v1"),
        ("teacher=gemini_flash", "teacher.base_url=https://secret@host"),
        ("embedding=openai_compatible", "embedding.model=m", "embedding.base_url=http://me:secret@host/v1"),
        (
            "evaluation.engine=server",
            "evaluation.url=http://me:secret@host/v1",
            "evaluation.served_untuned=m",
        ),
    ],
)
def test_no_password_is_in_an_address(overrides: tuple[str, ...]) -> None:
    with pytest.raises(ConfigurationError, match="a password in an address would be kept in files"):
        cells(overrides, sweep=False)
    (cell,) = cells(
        [line.replace("me:secret@", "").replace("secret@", "") for line in overrides], sweep=False
    )
    assert cell
