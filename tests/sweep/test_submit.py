from __future__ import annotations

import json
import re
import shlex
import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slurm_stub import Stub

from simula.composition import Cell, cells
from simula.config import Config
from simula.errors import ConfigurationError, StoreError
from simula.paths import Paths
from simula.report.status import print_status
from simula.stages.cell import opened_bench
from simula.stages.dataset import build_dataset
from simula.stages.record import all_records, records_of
from simula.store.artifacts import Store
from simula.sweep.ending import cancel
from simula.sweep.folder import Submission, submissions, sweeps_folder
from simula.sweep.job import run_task
from simula.sweep.settings import Slurm
from simula.sweep.slurm import SlurmUnavailable
from simula.sweep.state import Snapshot
from simula.sweep.submit import submit
from simula.teacher import Spending

GPU = Slurm(
    name="gpu", gres="gpu:1", cpus_per_task=8, cpu_jobs=Slurm(name="cpu", partition="short", mem_gb=2)
)


def store(grid: Sequence[Config]) -> Store:
    return Store(grid[0].paths.store)


def run_all(grid: Sequence[Config], *numbers: int) -> list[int]:
    """Run the tasks of the newest submission here."""
    submission = max(submissions(store(grid)), key=lambda one: one.said()["at"])
    return [run_task(submission, number) for number in numbers or range(len(submission.tasks()))]


def test_the_text_that_sbatch_gets(slurm: Stub, grid: list[Config]) -> None:
    """Two sizes of two systems: the taxonomy, the small data sets, each large one behind its small one."""
    said = submit(grid, "generate", GPU)
    assert (len(said.tasks), said.arrays, said.published, said.at_work) == (5, 3, 0, 0)
    first, second, third = map(flags, slurm.scripts)
    assert "dependency" not in first
    assert "array" not in first
    assert second["dependency"] == "afterok:1"
    assert second["array"] == "0-1%2"
    assert third["dependency"] == "afterok:1,aftercorr:2"
    assert third["array"] == "0-1%2"
    for text in (first, second, third):
        assert text["partition"] == "short"
        assert text["mem"] == "2048M"
        assert text["signal"] == "USR2@180"
        assert text["requeue"] == ""
        assert re.fullmatch(rf"cpu:{said.sweep}:[0-9a-f]{{12}}", text["job-name"])
        assert "gres" not in text
    assert second["kill-on-invalid-dep"] == "yes"
    assert all("--cpus-per-task=4" in script.splitlines()[-1] for script in slurm.scripts)


def flags(script: str) -> dict[str, str]:
    lines = [
        shlex.split(line.removeprefix("#SBATCH --"))[0] for line in script.splitlines() if "#SBATCH" in line
    ]
    return {line.partition("=")[0]: line.partition("=")[2] for line in lines}


def test_students_are_for_gpus_and_all_else_is_not(slurm: Stub, grid: list[Config]) -> None:
    said = submit(grid, "evaluate", GPU)
    by_name = Counter[tuple[str, str]]()
    for script in slurm.scripts:
        text = flags(script)
        count = int(text["array"].partition("-")[2].partition("%")[0]) + 1 if "array" in text else 1
        by_name[text["job-name"].partition(":")[0], text.get("gres", "")] += count
    assert by_name == {("cpu", ""): 9, ("gpu", "gpu:1"): 5}
    assert "14 jobs" in said.sentences()
    assert "9 for CPU nodes and 5 for GPUs" in said.sentences()


def test_tasks_run_by_what_was_submitted_and_give_what_one_process_gives(
    slurm: Stub, grid: list[Config], tmp_path: Path
) -> None:
    submit(grid, "generate", GPU)
    assert run_all(grid) == [0] * 5
    paths = {name: tmp_path / "alone" / name for name in Paths.model_fields}
    for config in grid:
        alone = opened_bench(replace(config, paths=Paths(**paths)), Spending())
        from simula.stages.taxonomy import build_taxonomies

        build_taxonomies(alone)
        build_dataset(alone)
    rows = sorted(path.relative_to(tmp_path / "alone") for path in (tmp_path / "alone").rglob("rows.parquet"))
    assert len(rows) == 4
    for path in rows:
        assert (tmp_path / "alone" / path).read_bytes() == (tmp_path / "outputs" / path).read_bytes()


def test_only_what_is_missing_and_not_queued_is_submitted(slurm: Stub, grid: list[Config]) -> None:
    submit(grid[:1], "generate", GPU)
    slurm.queue()
    said = submit(grid, "generate", GPU)
    assert (len(said.tasks), said.at_work) == (3, 2)
    # What the first sweep's jobs make is waited for.
    assert flags(slurm.scripts[2])["dependency"] in ("afterok:1", "afterok:2")
    slurm.queue()
    assert "nothing to submit" in submit(grid, "generate", GPU).sentences()
    slurm.says("squeue")
    # Without what the first sweep's jobs were to make, those of the second make nothing.
    assert run_all(grid) == [1, 1, 1]
    again = submit(grid, "generate", GPU)
    assert len(again.tasks) == 5
    assert run_all(grid) == [0] * 5
    assert submit(grid, "generate", GPU).published == 5


def test_arrays_are_no_longer_than_the_cluster_takes(slurm: Stub, grid: list[Config]) -> None:
    slurm.says("scontrol", "MaxArraySize            = 2")
    submit(grid, "generate", GPU)
    assert not any("--array" in script for script in slurm.scripts)
    assert len(slurm.scripts) == 5


def test_a_refusal_is_one_sentence_and_what_is_submitted_stays(slurm: Stub, grid: list[Config]) -> None:
    (slurm.here / "refuses").touch()
    with pytest.raises(
        SlurmUnavailable, match=r"refused array 1 of 3 .*QOSMaxSubmitJobPerUserLimit.*0 of 5 jobs"
    ):
        submit(grid, "generate", GPU)
    told = Snapshot(store(grid)).states[submissions(store(grid))[0].tasks()[0].makes[0]]
    assert told.state == "interrupted"
    assert re.search(r"it was not submitted: sbatch refused array 1 of 3 .*QOSMaxSubmit", told.reason)
    (slurm.here / "refuses").unlink()
    assert len(submit(grid, "generate", GPU).tasks) == 5


def test_a_changed_code_is_told(slurm: Stub, grid: list[Config]) -> None:
    """Nothing is made under a key that was not submitted."""
    submit(grid, "generate", GPU)
    path = submissions(store(grid))[0].path / "tasks.json"
    said = json.loads(path.read_text())
    said["tasks"][0]["makes"] = ["taxonomy/other"]
    path.write_text(json.dumps(said))
    assert run_all(grid, 0) == [1]
    record = submissions(store(grid))[0].record(0)
    assert record is not None
    assert "the code has changed since" in record["reason"]


def test_an_edited_file_of_items_is_told_from_changed_code(slurm: Stub, tmp_path: Path) -> None:
    """The taxonomies alone do not depend on it; of a file that is gone nothing can be opened."""
    items = tmp_path / "mine.csv"
    items.write_text("question,answer\nTwo and two?,4\n")
    root = f"paths.root={tmp_path / 'outputs'}"
    words = (
        *("domain=arithmetic", "teacher=simulated", "tracking=none"),
        "system=full",
        "size=8",
        "benchmark=file",
        f"benchmark.path={items}",
        root,
    )
    mine = [cell.config for cell in cells(words, sweep=True)]
    submit(mine, "evaluate", GPU)
    (submission,) = submissions(store(mine))
    places = {task.kind: place for place, task in enumerate(submission.tasks())}
    items.write_text("question,answer\nTwo and three?,5\n")
    assert run_all(mine, places["taxonomy"]) == [0]
    assert run_all(mine, places["untuned"]) == [1]
    record = submission.record(places["untuned"])
    assert record is not None
    assert record["reason"].startswith(f"{items} has changed since this was submitted; simula run -m")
    items.unlink()
    with pytest.raises(StoreError, match=r"mine\.csv has changed since this was submitted"):
        run_all(mine, places["untuned"])


def test_states_by_hand(slurm: Stub, grid: list[Config]) -> None:
    """Tasks: 0 taxonomies, 1 and 2 the small data sets, 3 and 4 the large ones."""
    submit(grid, "generate", GPU)
    slurm.queue(reason="Dependency")
    assert states(grid) == ["queued", "waiting", "waiting", "waiting", "waiting"]
    run_all(grid, 0, 1)
    slurm.queue(state="RUNNING", reason="None", node="node7")
    assert states(grid) == ["done", "done", "running", "running", "running"]
    (running, *_) = [cell for cell in known(grid) if cell.state == "running"]
    assert running.reason == "dataset: job 2_1 on node7" or running.reason.startswith("dataset: job ")
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


def known(grid: Sequence[Config]):  # type: ignore[no-untyped-def]
    snapshot = Snapshot(store(grid))
    return [snapshot.cell(record) for record in records_of(store(grid), grid)]


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


@pytest.mark.parametrize(("moment", "queued"), [(1, 0), (2, 1), (3, 1), (4, 3), (5, 3), (6, 5)])
def test_a_submitter_that_ends_at_any_moment(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch, moment: int, queued: int
) -> None:
    """It writes what an array is before sbatch, and its number after that: arrays of 1, 2 and 2 jobs."""
    left, write = iter(range(moment - 1)), Submission.write_array

    def ends(*given: Any) -> None:
        if next(left, None) is None:
            raise KeyboardInterrupt
        write(*given)

    with monkeypatch.context() as patched:
        patched.setattr(Submission, "write_array", ends)
        with pytest.raises(KeyboardInterrupt):
            submit(grid, "generate", GPU)
    slurm.queue()
    said = submit(grid, "generate", GPU)
    assert (len(said.tasks), said.at_work) == (5 - queued, queued)
    slurm.queue()
    assert submit(grid, "generate", GPU).at_work == 5


def test_cells_of_a_sweep_are_known_without_their_configuration(slurm: Stub, grid: list[Config]) -> None:
    submit(grid, "generate", GPU)
    assert all_records(store(grid)) == sorted(records_of(store(grid), grid), key=lambda record: record.key)


def test_cancelling_leaves_what_another_sweep_waits_for(slurm: Stub, grid: list[Config]) -> None:
    first = submit(grid[:2], "generate", GPU)
    slurm.queue()
    other = submit(grid[2:], "generate", GPU)
    slurm.queue()
    assert first.sweep != other.sweep
    with pytest.raises(ConfigurationError, match="name one"):
        cancel(store(grid), None)
    with pytest.raises(ConfigurationError, match="there is no sweep 'defaul'"):
        cancel(store(grid), "defaul")
    found = cancel(store(grid), first.sweep)
    assert (found.ended, found.kept) == (2, 1)
    asked = (slurm.here / "asked").read_text().splitlines()
    assert [line for line in asked if line.startswith("scancel")] == ["scancel 2 3"]
    kept = [line for line in (slurm.here / "squeue.says").read_text().splitlines() if line.startswith("1|")]
    slurm.says("squeue", *kept)
    assert Counter(cell.state for cell in known(grid)[:2]) == {"cancelled": 2}


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


def test_where_there_is_no_slurm_nothing_is_called_cancelled(
    slurm: Stub, grid: list[Config], monkeypatch: pytest.MonkeyPatch
) -> None:
    said = submit(grid, "generate", GPU)
    slurm.queue(state="RUNNING", reason="None", node="node7")
    monkeypatch.setenv("PATH", "/nowhere")
    for name in (said.sweep, None):
        with pytest.raises(SlurmUnavailable, match="there is no squeue here"):
            cancel(store(grid), name)
    assert not list(submissions(store(grid))[0].path.glob("cancelled-*"))
