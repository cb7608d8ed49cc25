from __future__ import annotations

import json
import re
import shlex
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from slurm_stub import Stub
from submitted import GPU, known, run_all, store

from simula.composition import cells
from simula.config import Config
from simula.errors import ConfigurationError, StoreError
from simula.paths import Paths
from simula.stages.cell import opened_bench
from simula.stages.dataset import build_dataset
from simula.stages.taxonomy import build_taxonomies
from simula.sweep.ending import cancel
from simula.sweep.folder import Submission, submissions
from simula.sweep.slurm import SlurmUnavailable
from simula.sweep.state import Snapshot
from simula.sweep.submit import submit
from simula.teacher import Spending


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
