"""How far cells are, for the page."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from looked_into import candidate

from simula.report.progress import Stage, progress
from simula.report.status import ROWS
from simula.stages.record import CellRecord, State
from simula.store.settled import Settled, settled_path

MADE = {"seconds": 1.0}


def record(seed: int, state: State, *made: str, reason: str = "", **axes: Any) -> CellRecord:
    """A cell of one shared taxonomy and data set, and a student of its own."""
    artifacts = {"taxonomy": "taxonomy/t", "dataset": "dataset/d/n4", "train": f"train/{seed}"}
    named = {"experiment": "demo", "domain": "lab", "system": "full", "teacher": "t", "student": "s"}
    named |= {"size": 4, "seed": seed, "data_seed": 0, **axes}
    return CellRecord(f"cell-{seed}", named, artifacts, state, reason, 0, dict.fromkeys(made, MADE))


def test_what_cells_share_counts_once_and_what_is_unfinished_is_named() -> None:
    records = [
        record(0, "done", "taxonomy", "dataset", "train"),
        record(1, "running", "taxonomy", "dataset", reason="train: job 7 on node3"),
        record(2, "failed", "taxonomy", "dataset", reason="no memory"),
        record(3, "waiting", "taxonomy", "dataset"),
    ]
    found = progress(records)
    assert found.states == {"done": 1, "running": 1, "failed": 1, "waiting": 1}
    assert found.stages == (Stage("taxonomy", 1, 1), Stage("dataset", 1, 1), Stage("train", 1, 4))
    assert found.unfinished is not None
    assert found.unfinished.columns == (
        *("system", "size", "seed", "data seed", "state"),
        *("why, or where", "still to be made"),
    )
    assert [line.cells for line in found.unfinished.lines] == [
        ("full", "4", "1", "0", "running", "train: job 7 on node3", "train"),
        ("full", "4", "2", "0", "failed", "no memory", "train"),
    ]
    assert found.unfinished.notes == ("1 more wait.",)


def test_axes_that_differ_name_a_cell_too() -> None:
    found = progress([record(0, "running"), record(1, "stopped", domain="law")])
    assert found.unfinished is not None
    assert found.unfinished.columns[:2] == ("domain", "system")


def test_where_all_are_done_nothing_is_still_to_come() -> None:
    assert progress([record(0, "done", "taxonomy", "dataset", "train")]).unfinished is None


def test_thousands_of_cells_are_counted_not_listed() -> None:
    records = [record(seed, "failed") for seed in range(ROWS + 3)] + [record(99, "waiting")]
    found = progress(records).unfinished
    assert found is not None
    assert len(found.lines) == ROWS
    assert found.notes[1].startswith("3 more are running or ended like these")


def test_what_nobody_asked_for_is_not_waited_for() -> None:
    """Two cells that are generated, of which one is done, beside one that is trained on, too."""
    made, running = record(0, "waiting", "taxonomy", "dataset"), record(1, "running", "taxonomy")
    running.artifacts["dataset"] = "dataset/d/n8"
    cells = [replace(made, until="generate", reached="generate"), replace(running, until="generate")]
    found = progress(cells)
    assert found.stages == (Stage("taxonomy", 1, 1), Stage("dataset", 1, 2))
    assert found.unfinished is not None
    assert [line.cells[-1] for line in found.unfinished.lines] == ["dataset"]
    both = progress([*cells, replace(record(2, "running"), until="train")])
    assert both.stages[-1] == Stage("train", 0, 1)


def test_a_data_set_that_is_being_made_says_its_rows(tmp_path: Path) -> None:
    """Three candidates have settled, two of them as rows; another data set has not begun."""
    with Settled(settled_path(tmp_path, "d/n4")) as settled:
        for slot, reason in enumerate(("", "a critic", "")):
            settled.add(candidate(slot, ("cat",), "verse", f"question {slot}", reason))
    other = record(1, "running", "taxonomy")
    other.artifacts["dataset"] = "dataset/d/n8"
    found = progress([record(0, "running", "taxonomy"), other], tmp_path).unfinished
    assert found is not None
    assert [line.cells[-1] for line in found.lines] == ["dataset (2 of 4 rows), train", "dataset, train"]
