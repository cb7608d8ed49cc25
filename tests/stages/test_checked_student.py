"""What cannot be trained is said before a single row is paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.arguments import read_arguments as parsed
from simula.cli import _run as run_command
from simula.composition import cells
from simula.errors import ConfigurationError
from simula.stages.cell import run_cell
from simula.stages.evaluate import check_served
from simula.stages.keys import evaluation_key, rows_key
from simula.student.settings import HubWeights, StudentSettings


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (
            ["student.weights.id=nobody/nothing"],
            "nobody/nothing is not on this machine and the hub cannot be",
        ),
        (["training.method=qlora"], "training.method=qlora needs bitsandbytes"),
    ],
)
def test_before_rows_are_made(
    words: list[str], reason: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("simula.student.weights.package_folder", lambda _: None)
    asked = ["domain=arithmetic", "teacher=simulated", "tracking=none", "size=4", "student=hub"]
    (cell,) = cells([*asked, *words, f"paths.root={tmp_path}"], sweep=False)
    said = run_cell(cell.config, "train")
    assert said is not None
    assert reason in said
    assert not (tmp_path / "store" / "dataset").exists()
    assert not (tmp_path / "ledger").exists()
    assert run_cell(cell.config, "generate") is None
    assert (tmp_path / "store" / "dataset" / rows_key(cell.config)).exists()


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (["evaluation.engine=vllm"], "the package vllm is not installed here"),
        (
            [
                "evaluation.engine=server",
                "evaluation.url=http://127.0.0.1:1/v1",
                "evaluation.served_untuned=base",
            ],
            "the server http://127.0.0.1:1/v1: base gave no answer in 3 attempts",
        ),
    ],
)
def test_an_engine_that_is_not_there_is_told_before_rows_are_made(
    words: list[str], reason: str, tiny_llama: StudentSettings, tmp_path: Path
) -> None:
    assert isinstance(tiny_llama.weights, HubWeights)
    asked = ["domain=arithmetic", "teacher=simulated", "tracking=none", "size=4", "student=hub"]
    where = [f"student.weights.id={tiny_llama.weights.id}", f"paths.root={tmp_path}"]
    (cell,) = cells([*asked, *where, *words], sweep=False)
    said = run_cell(cell.config, "evaluate")
    assert said is not None
    assert reason in said
    assert not (tmp_path / "ledger").exists()
    assert run_cell(cell.config, "taxonomy") is None


SERVED = (
    "domain=arithmetic",
    "teacher=simulated",
    "tracking=none",
    "size=4",
    "evaluation.engine=server",
    "evaluation.url=http://127.0.0.1:1/v1",
    "evaluation.served_untuned=base",
)


def test_one_name_for_several_tuned_students_is_refused_before_anything_is_made(tmp_path: Path) -> None:
    words = [*SERVED, "seed=0,1,2", "evaluation.served=mine", f"paths.root={tmp_path}"]
    with pytest.raises(ConfigurationError, match=r"served=mine: 3 different students would .* one name"):
        run_command("run", parsed(["-m", *words]))
    assert not (tmp_path / "store").exists()
    # Two of them have answered, each while it was the one that was served: the third may be asked.
    configs = [cell.config for cell in cells(words, sweep=True)]
    for config in configs[:2]:
        folder = config.paths.store / "evaluate" / evaluation_key(config, tuned=True)
        folder.mkdir(parents=True)
        (folder / "manifest.json").write_text("{}")
    check_served(configs)


@pytest.mark.parametrize(
    ("overrides", "refused"),
    [
        (["seed=0,1"], False),  # {adapter} by default
        (["seed=0,1", "evaluation.served='mine-{adapter}'"], False),
        (["evaluation.limit=5,6", "evaluation.served=mine"], False),  # one student, twice
        (["student=smollm2_135m,gemma3_270m"], True),  # two untuned students by the name "base"
    ],
)
def test_students_that_a_server_tells_apart(tmp_path: Path, overrides: list[str], refused: bool) -> None:
    found = [cell.config for cell in cells([*SERVED, *overrides, f"paths.root={tmp_path}"], sweep=True)]
    assert len(found) == 2
    if not refused:
        check_served(found)
        return
    with pytest.raises(ConfigurationError, match="served_untuned=base: 2 different students"):
        check_served(found)
