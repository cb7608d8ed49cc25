"""What is said of submitted tasks and of their cells: by Slurm's queue, by their records, by the store."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import pytest
from slurm_stub import Stub
from submitted import GPU, known, run_all, store

from simula.composition import Cell
from simula.config import Config
from simula.report.status import print_status
from simula.stages.record import all_records, records_of
from simula.sweep.folder import submissions, sweeps_folder
from simula.sweep.state import Snapshot
from simula.sweep.submit import submit


def test_states_by_hand(slurm: Stub, grid: list[Config]) -> None:
    """Tasks: 0 taxonomies, 1 and 2 the small data sets, 3 and 4 the large ones."""
    submit(grid, "generate", GPU)
    slurm.queue(reason="Dependency")
    assert states(grid) == ["queued", "waiting", "waiting", "waiting", "waiting"]
    run_all(grid, 0, 1)
    slurm.queue(state="RUNNING", reason="None", node="node7")
    assert states(grid) == ["done", "done", "running", "running", "running"]
    (running, *_) = [cell for cell in known(grid) if cell.state == "running"]
    assert re.fullmatch(r"dataset: job \d_\d on node7", running.reason)
    # Gone from the queue: task 2 without a word, so that 4 was never begun.
    slurm.says("squeue")
    slurm.says("sacct", "1|COMPLETED", "2_0|COMPLETED", "2_1|TIMEOUT", "3_0|COMPLETED", "3_1|CANCELLED")
    run_all(grid, 3)
    assert states(grid) == ["done", "done", "interrupted", "done", "interrupted"]
    reasons = Counter(cell.reason for cell in known(grid))
    assert reasons["dataset: job 2_1 ended without a word: Slurm says TIMEOUT"] == 1
    (vain,) = [reason for reason in reasons if "which no job makes" in reason]
    assert re.fullmatch(r"dataset: needs dataset/\S+, which no job makes \(job 2_1 ended without .*\)", vain)
    assert len(submit(grid, "generate", GPU).tasks) == 2


def test_an_unreadable_record_ends_no_status(slurm: Stub, grid: list[Config]) -> None:
    """Task 0 is published and task 1 is not; both records are torn."""
    submit(grid, "generate", GPU)
    run_all(grid, 0)
    (submission,) = submissions(store(grid))
    for place in (0, 1):
        submission.record_path(place).write_text('{"status": "fai')
    slurm.says("sacct", "2_0|FAILED")
    snapshot = Snapshot(store(grid))
    tasks = submission.tasks()
    assert snapshot.states[tasks[0].makes[0]].state == "done"
    torn = snapshot.states[tasks[1].makes[0]]
    assert torn.state == "interrupted"
    assert torn.reason == "job 2_0 ended without a word that can be read: Slurm says FAILED"
    assert len(snapshot.unreadable) == 2
    assert "task-1.json cannot be read" in snapshot.unreadable[1]


def test_what_was_only_to_be_generated_is_done_then(slurm: Stub, grid: list[Config]) -> None:
    """Two of four cells are generated; of one of them more is asked for after that."""
    asked = [Cell((), config) for config in grid]
    submit(grid, "generate", GPU)
    run_all(grid, 0, 1, 3)
    assert Counter(cell.reached for cell in known(grid)) == {"generate": 2, "": 2}
    made = [cell for cell in known(grid) if cell.reached]
    assert all(
        (cell.state, cell.until, cell.reason) == ("waiting", "generate", "done up to generate")
        for cell in made
    )
    assert print_status(asked, everything=False, as_json=False, watch=True) == 1
    run_all(grid, 2, 4)
    assert {cell.reached for cell in known(grid)} == {"generate"}
    assert print_status(asked, everything=False, as_json=False, watch=True) == 0
    submit(grid[:1], "evaluate", GPU)
    slurm.queue()
    assert [cell.reached for cell in known(grid)] == ["", "generate", "generate", "generate"]


def states(grid: Sequence[Config]) -> list[str]:
    snapshot = Snapshot(store(grid))
    tasks = submissions(store(grid))[0].tasks()
    return [snapshot.states[task.makes[0]].state for task in tasks]


def test_what_cannot_start_is_as_what_it_needs(slurm: Stub, grid: list[Config]) -> None:
    """The data set's job, started by a person, fails without the taxonomies; the student's never starts."""
    submit(grid[-1:], "train", GPU)
    (submission,) = submissions(store(grid))
    tasks = {task.kind: (place, task) for place, task in enumerate(submission.tasks())}
    (place, rows), (_, student) = tasks["dataset"], tasks["student"]
    assert run_all(grid, place) == [1]
    vain = Snapshot(store(grid)).states[student.makes[0]]
    assert (vain.state, vain.exit_code) == ("failed", 1)
    made = Snapshot(store(grid)).states[rows.makes[0]]
    assert "from which this is made, is not there" in made.reason
    assert vain.reason == f"needs {rows.makes[0]}, which no job makes ({made.reason})"


def test_what_nobody_was_asked_to_make_is_waited_for_in_vain(slurm: Stub, grid: list[Config]) -> None:
    """The sweep that was to make the data set has been deleted."""
    first = submit(grid[-1:], "generate", GPU)
    slurm.queue()
    submit(grid[-1:], "train", GPU)
    slurm.says("squeue")
    shutil.rmtree(sweeps_folder(store(grid)) / first.sweep)
    (vain,) = [one for one in Snapshot(store(grid)).states.values() if one.task.kind == "student"]
    assert vain.state == "failed"
    assert vain.reason == f"needs {vain.task.needs[0]}, which no job makes"


def test_a_cell_is_as_the_shards_of_its_data_set_are(slurm: Stub, grid: list[Config]) -> None:
    """Tasks: 0 taxonomies, 1 and 2 the shards, 3 the data set, which is nothing before they are."""
    sharded = [replace(grid[-1], dataset=grid[-1].dataset.model_copy(update={"shards": 2}))]
    submit(sharded, "generate", GPU)
    run_all(sharded, 0)
    slurm.queue()
    _, first, second, rows = (slurm.here / "squeue.says").read_text().splitlines()
    slurm.says("squeue", first.replace("PENDING|Priority|", "RUNNING|None|node7"), second, rows)
    (cell,) = known(sharded)
    assert (cell.state, cell.reason) == ("running", "dataset: job 2 on node7")
    slurm.says("squeue")
    slurm.says("sacct", "1|COMPLETED", "2|COMPLETED", "3|OUT_OF_MEMORY", "4|CANCELLED")
    run_all(sharded, 1)
    (cell,) = known(sharded)
    assert (cell.state, cell.reason) == (
        "interrupted",
        "dataset: job 3 ended without a word: Slurm says OUT_OF_MEMORY",
    )
    # Without shards they are nobody's concern.
    submit(grid[-1:], "generate", GPU)
    slurm.queue()
    (cell,) = known(sharded)
    assert cell.state == "waiting"


def test_cells_of_a_sweep_are_known_without_their_configuration(slurm: Stub, grid: list[Config]) -> None:
    submit(grid, "generate", GPU)
    assert all_records(store(grid)) == sorted(records_of(store(grid), grid), key=lambda record: record.key)


def test_where_slurm_cannot_be_asked_the_store_tells(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is called interrupted only because nobody can say that it runs."""
    submit(grid, "generate", GPU)
    run_all(grid, 0)
    (slurm.here / "squeue").write_text("#!/bin/sh\necho 'slurm_load_jobs error: unreachable' >&2\nexit 1\n")
    assert states(grid) == ["done", "waiting", "waiting", "waiting", "waiting"]
    assert (
        "unreachable" in Snapshot(store(grid)).states[submissions(store(grid))[0].tasks()[1].makes[0]].reason
    )
    monkeypatch.setenv("PATH", "/nowhere")
    assert states(grid) == ["done", "waiting", "waiting", "waiting", "waiting"]
