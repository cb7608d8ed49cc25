"""What is typed behind `python -m experiments`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.__main__ import main


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A store that knows cells of two experiments."""
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    folder = tmp_path / "store" / "cells"
    folder.mkdir(parents=True)
    for experiment, teacher, size in (
        ("figure_6", "simulated", 64),
        ("figure_6", "gemini", 8),
        ("mine", "simulated", 9),
    ):
        axes = {"experiment": experiment, "teacher": teacher, "size": size}
        key = f"{experiment}-{teacher}-{size}"
        said = {"key": key, "axes": axes, "artifacts": {"dataset": "dataset/a/n64"}, "status": "waiting"}
        (folder / f"{key}.json").write_text(json.dumps(said))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["figure_66"], "there is no item 'figure_66'; did you mean figure_6"),
        (["figure_6", "teecher=simulated"], "there is no axis 'teecher'; did you mean teacher?"),
        (["figure_6", "teacher=simulatd"], "with teacher 'simulatd'; did you mean simulated?"),
        (["figure_6", "size=nine"], "with size 'nine'; known: 8, 64"),
        (["figure_6", "teacher=simulated", "size=9"], "with size '9'; known: 64"),
        (["figure_6", "teacher=simulated", "size=8"], "with size '8'; known: 64"),
    ],
)
def test_a_word_that_is_wrong_is_told_before_anything_is_written(
    store: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert not (store / "experiments").exists()


def test_a_choice_that_a_cell_has_is_taken(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """And what needs no cell of one's own is shown with any."""
    assert main(["figure_6", "teacher=simulated", "size=64"]) == 0
    assert main(["table_6", "teacher=any"]) == 0
    assert main(["figure_6", "experiment=mine", "size=9"]) == 0
    assert (store / "experiments" / "figure_6.md").is_file()
    assert capsys.readouterr().err == ""


def test_a_place_that_cannot_be_written_is_one_sentence(
    store: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    (store / "experiments").touch()
    assert main(["table_6"]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("experiments: table_6: ")
    monkeypatch.setenv("SIMULA_ROOT", str(store / "experiments"))
    assert main(["table_6"]) == 2
    assert "is no folder; SIMULA_ROOT" in capsys.readouterr().err


@pytest.mark.usefixtures("store")
def test_a_reader_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "experiments"]
    said = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writing)
    assert (said.returncode, said.stderr) == (0, "")
