"""`simula train --inspect`, read as a person reads it."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from rich.console import Console

from simula.composition import Cell, cells
from simula.errors import StudentError
from simula.report.inspection import print_inspection
from simula.stages.cell import run_cell
from simula.student.settings import HubWeights, StudentSettings


def cell(student: StudentSettings, root: Path, *more: str) -> Cell:
    assert isinstance(student.weights, HubWeights)
    overrides = ["domain=arithmetic", "teacher=simulated", "tracking=none", "size=8", f"paths.root={root}"]
    overrides += ["student=gemma3_270m", f"student.weights.id={student.weights.id}", "student.prompt=chat"]
    (found,) = cells([*overrides, *more], sweep=False)
    return found


def test_a_batch_is_readable_and_nothing_is_trained(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    chosen = cell(tiny_gemma, tmp_path, "training.batch_size=2")
    with pytest.raises(
        StudentError, match=r"there is no data set arithmetic-.*; simula generate with the same"
    ):
        print_inspection([chosen])
    assert run_cell(chosen.config, "generate") is None
    text = io.StringIO()
    colours = Console(file=text, width=80, force_terminal=True, color_system="standard", highlight=False)
    assert print_inspection([chosen], colours) == 0
    bright = "\x1b[1;92m"
    assert text.getvalue().count(f"{bright}⟦") == 2
    text = io.StringIO()
    print_inspection([chosen], Console(file=text, width=80, highlight=False))
    plain = text.getvalue()
    assert max(map(len, plain.splitlines())) <= 80
    assert "arithmetic for gemma3_270m: step 1 of 4, 2 rows" in plain
    assert plain.count("<end_of_turn>⟧") == 2
    for line in (
        "rows             8, and 0 held out to validate on; 0 longer than 384 tokens left\n",
        "steps            4 of at most 2 rows; 4 are a pass",
        "learning rate    its peak is 0.001, after 0 steps",
        "method           lora, rank 16",
        "rows begin with  1 <bos> in 8 rows",
    ):
        assert line in "\n".join(part.rstrip() for part in plain.splitlines()) + "\n"
    assert "!" not in plain
    assert not (tmp_path / "store" / "train").exists()
