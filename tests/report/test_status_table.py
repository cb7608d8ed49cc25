from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from rich.console import Console

from simula.composition import cells
from simula.report.status import _print, print_status
from simula.stages.record import CellRecord, State
from simula.store.artifacts import Store
from simula.sweep.folder import sweeps_folder
from simula.sweep.state import Snapshot

AXES = {
    **{"experiment": "lab", "domain": "arithmetic", "teacher": "simulated", "student": "smollm2_135m"},
    **{"size": 40, "seed": 0, "data_seed": 0},
}


def cell(system: str, state: State, reason: str) -> CellRecord:
    """One whose taxonomy is there."""
    places = {name: f"{name}/{system}" for name in ("taxonomy", "dataset", "train")}
    return CellRecord(system, AXES | {"system": system}, places, state, reason, 0, {"taxonomy": {}})


def test_what_cells_share_is_said_once_and_the_rest_fits_a_terminal(tmp_path: Path) -> None:
    cells = [
        cell("baseline", "running", "dataset: job 3_0 on node7"),
        cell(
            "local_global", "interrupted", "dataset: job 3_1 ended without a word: Slurm says OUT_OF_MEMORY"
        ),
    ]
    left = {"calls": 1314.667, "usd": 0.0, "gpu_hours": 0.0274937}
    console = Console(width=80, record=True, file=io.StringIO())
    _print(cells, Snapshot(Store(tmp_path)), left, console)
    said = [line.rstrip() for line in console.export_text().splitlines()]
    heads = next(number for number, line in enumerate(said) if line.startswith("system "))
    title = " ".join(line.strip() for line in said[:heads])
    assert title.endswith(
        "experiment=lab domain=arithmetic teacher=simulated student=smollm2_135m size=40 seed=0 data_seed=0"
    )
    (first,) = [line for line in said if line.startswith("baseline")]
    assert first.split() == [
        "baseline",
        "running",
        "dataset,",
        "train",
        "dataset:",
        "job",
        "3_0",
        "on",
        "node7",
    ]
    assert any(line.startswith("local_global  interrupted  dataset, train") for line in said)
    assert "1 running, 1 interrupted" in said
    assert said[-1] == "still to do, as simula plan counts it: 1,315 calls, 0.0275 gpu hours"


def test_that_slurm_was_not_asked_is_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    running = [cell(system, "running", "dataset: job 3_0 on node7") for system in ("baseline", "full")]
    sentence = (
        "Slurm was not asked, so that jobs are as the store knows them: there is no Slurm on this machine"
    )

    def times(cells: list[CellRecord]) -> int:
        console = Console(width=200, record=True, file=io.StringIO())
        _print(cells, Snapshot(Store(tmp_path)), {}, console)
        return console.export_text().count(sentence)

    assert times(running) == 0
    sweeps_folder(Store(tmp_path)).mkdir(parents=True)
    assert times(running) == 1
    assert times([cell("full", "done", "")]) == 0


def test_records_that_cannot_be_read_are_counted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Snapshot, "unreadable", ["/store/task-3.json cannot be read", "another"])
    console = Console(width=200, record=True, file=io.StringIO())
    _print([cell("full", "running", "")], Snapshot(Store(tmp_path)), {}, console)
    said = console.export_text()
    assert "records of jobs passed over: 2, such as /store/task-3.json cannot be read" in said


def test_what_was_asked_for_is_done_where_more_could_be_made(tmp_path: Path) -> None:
    made = replace(cell("full", "waiting", "done up to generate"), reached="generate")
    console = Console(width=120, record=True, file=io.StringIO())
    _print([cell("baseline", "waiting", ""), made], Snapshot(Store(tmp_path)), {}, console)
    said = [line.split() for line in console.export_text().splitlines()]
    assert ["baseline", "waiting", "dataset,", "train"] in said
    assert ["full", "done", "up", "to", "generate", "nothing"] in said
    assert ["1", "done", "up", "to", "generate,", "1", "waiting"] in said


def test_one_cell_shares_all_with_itself(tmp_path: Path) -> None:
    console = Console(width=80, record=True, file=io.StringIO())
    _print([cell("full", "done", "")], Snapshot(Store(tmp_path)), {}, console)
    assert "system=full" in console.export_text()


def test_a_reason_is_text_whatever_it_holds(tmp_path: Path) -> None:
    """Brackets are no markup, as rich reads them, and control characters do nothing to a terminal."""
    console = Console(width=160, record=True, file=io.StringIO())
    reason = "cannot read [mine] at [/x] and [bold]so on[/bold] \x1b[31mred"
    _print(
        [cell("full", "failed", reason), cell("baseline", "done", "")], Snapshot(Store(tmp_path)), {}, console
    )
    said = console.export_text()
    assert "cannot read [mine] at [/x] and [bold]so on[/bold] \u241b[31mred" in said
    assert "\x1b" not in said


def test_watching_prints_a_table_again_only_where_it_says_something_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Five looks, the third of which sees more; the last sees that nothing is at work."""
    waits = cell("full", "running", "dataset: process 7")
    made = replace(waits, manifests={"taxonomy": {}, "dataset": {}})
    looks = iter([[waits], [waits], [made], [made], [replace(made, state="failed", reason="no memory")]])
    monkeypatch.setattr("simula.report.status.all_records", lambda store: next(looks))
    monkeypatch.setattr("simula.report.status.time.sleep", lambda seconds: None)
    monkeypatch.setattr(Snapshot, "cell", lambda self, record: record)
    (configured,) = cells([f"paths.root={tmp_path}"], sweep=False)
    assert print_status([configured], everything=True, as_json=False, watch=True) == 1
    said = capsys.readouterr().out
    assert said.count("process 7") == 2
    assert said.count("no memory") == 1


def test_only_what_the_last_command_asked_for_is_left_to_a_restart(tmp_path: Path) -> None:
    generated = replace(cell("full", "interrupted", "stopped by hand (Ctrl-C)"), until="generate")
    console = Console(width=120, record=True, file=io.StringIO())
    _print([generated], Snapshot(Store(tmp_path)), {}, console)
    (line,) = [line for line in console.export_text().splitlines() if line.startswith("interrupted")]
    assert line.split() == ["interrupted", "dataset", "stopped", "by", "hand", "(Ctrl-C)"]


def test_a_store_that_is_not_there_is_called_so(tmp_path: Path) -> None:
    console = Console(width=120, record=True, file=io.StringIO())
    _print([], Snapshot(Store(tmp_path / "elsewhere")), {}, console)
    assert "elsewhere, which is not there;" in " ".join(console.export_text().split())


def test_a_long_reason_is_told_whole_below_the_table(tmp_path: Path) -> None:
    reason = "mine/bad.csv, row 1: the column 'question' is missing; benchmark.columns.question names it"
    cells = [cell("baseline", "failed", reason), cell("full", "running", "process 7 on here")]
    console = Console(width=80, record=True, file=io.StringIO())
    _print(cells, Snapshot(Store(tmp_path)), {}, console)
    said = console.export_text().splitlines()
    assert f"system=baseline: {reason}" in said
    assert any(line.split()[-2:] == ["see", "below"] for line in said)
    assert any(line.endswith("process 7 on here") for line in map(str.rstrip, said))
