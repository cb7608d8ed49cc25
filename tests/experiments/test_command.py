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
    """A store that knows one cell."""
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    cell = tmp_path / "store" / "cells" / "one.json"
    cell.parent.mkdir(parents=True)
    axes = {"experiment": "figure_6", "teacher": "simulated", "size": 64}
    said = {"key": "one", "axes": axes, "artifacts": {"dataset": "dataset/a/n64"}, "status": "waiting"}
    cell.write_text(json.dumps(said))
    return tmp_path


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["figure_66"], "there is no item 'figure_66'; did you mean figure_6"),
        (["table_6", "teecher=simulated"], "there is no axis 'teecher'; did you mean teacher?"),
        (["table_6", "teacher=simulatd"], "with teacher 'simulatd'; did you mean simulated?"),
        (["table_6", "size=nine"], "with size 'nine'; known: 64"),
    ],
)
def test_a_word_that_is_wrong_is_told_before_anything_is_written(
    store: Path, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
) -> None:
    assert main(words) == 2
    assert sentence in capsys.readouterr().err
    assert not (store / "experiments").exists()


def test_a_choice_that_a_cell_has_is_taken(store: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table_6", "teacher=simulated", "size=64"]) == 0
    assert (store / "experiments" / "table_6.md").is_file()
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("store")
def test_a_reader_that_is_gone_is_no_error() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    command = [sys.executable, "-m", "experiments"]
    said = subprocess.run(command, stdout=writing, stderr=subprocess.PIPE, text=True, timeout=60, check=False)
    os.close(writing)
    assert (said.returncode, said.stderr) == (0, "")
