"""What cannot be trained is said before a single row is paid for."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.composition import cells
from simula.stages.cell import run_cell
from simula.stages.keys import rows_key
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
