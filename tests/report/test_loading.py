"""A cell's numbers as its artifacts hold them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from simula.arguments import Arguments
from simula.composition import cells
from simula.report.loading import _rank, load_result, report
from simula.report.results import CellResult, Overlap
from simula.stages.record import CellRecord
from simula.store.artifacts import Store

OVERLAP = {
    "ngram": 13,
    "similarity": 0.8,
    "rows": 50,
    "rows_sharing": 2,
    "rows_similar": 1,
    "items": 4,
    "items_sharing": 1,
    "items_similar": 0,
    "accuracy_without": 2 / 3,
}


def loaded(root: Path, **manifests: dict[str, Any]) -> CellResult:
    """The result of a cell with these manifests, each of the examinations having its answers."""
    right = {"evaluate": [True, True, False, False], "untuned": [False] * 4, "teacher": [True] * 4}
    for name in manifests:
        (root / name / "key").mkdir(parents=True)
        if name in right:
            said = {"items": ["a", "b", "c", "d"], "right": right[name], "answered": [True] * 4}
            (root / name / "key" / "results.json").write_text(json.dumps(said))
    record = CellRecord(
        key="cell",
        axes={"domain": "lab", "data_seed": 0},
        artifacts={name: f"{name}/key" for name in manifests},
        state="done",
        reason="",
        exit_code=0,
        manifests={name: {"seconds": 1.0, **said} for name, said in manifests.items()},
    )
    return load_result(Store(root), record)


def test_the_validation_is_the_moving_average_that_chose_the_checkpoint(tmp_path: Path) -> None:
    training = {"validation_accuracies": [[20, 0.6], [10, 0.3], [30, 0.9]], "chosen_step": 20}
    assert loaded(tmp_path / "1", evaluate={}, train=training).validation == 0.6
    training = {"validation_accuracies": [[20, 0.6], [10, 0.3], [30, 0.9]], "chosen_step": 30}
    assert loaded(tmp_path / "2", evaluate={}, train=training).validation == 0.75
    training = {"validation_accuracies": [], "chosen_step": 30}
    assert loaded(tmp_path / "3", evaluate={}, train=training).validation is None


def test_the_overlap_is_of_the_evaluations_manifest(tmp_path: Path) -> None:
    found = loaded(tmp_path / "1", evaluate={"contamination": OVERLAP})
    assert found.overlap == Overlap(13, 0.25, 0.0, 0.04, 0.02, 2 / 3)
    assert loaded(tmp_path / "2", evaluate={}).overlap is None


def test_the_teachers_answers_are_there_where_it_was_examined(tmp_path: Path) -> None:
    assert loaded(tmp_path / "1", evaluate={}, untuned={}, teacher={}).teacher_right == (True,) * 4
    assert loaded(tmp_path / "2", evaluate={}, untuned={}).teacher_right is None


def test_a_selection_pays_for_its_ratings(tmp_path: Path) -> None:
    """A data set of 10 calls and $2, and 4 calls and $0.50 that rated its rows; another without."""
    spent = {"repaired": 0, "asked_again": 0, "recorded_calls": 1, "prompt_tokens": 70}
    rows = {"rows": 5, "target": 5, "candidates": 5, "refused": {}, "refinements": 0}
    dataset = {**rows, **spent, "calls": 10, "completion_tokens": 30, "price_usd": 2.0}
    rate = {**spent, "calls": 4, "completion_tokens": 1, "price_usd": 0.5}
    rated = loaded(tmp_path / "1", dataset=dataset, rate=rate, evaluate={}).dataset
    plain = loaded(tmp_path / "2", dataset=dataset, evaluate={}).dataset
    assert rated is not None
    assert plain is not None
    assert (rated.price, rated.calls, rated.scoring_calls, rated.recorded) == (2.5, 14, 4, 2)
    assert (rated.prompt_tokens, rated.completion_tokens) == (140, 31)
    assert (plain.price, plain.calls, plain.scoring_calls, plain.prompt_tokens) == (2.0, 10, 0, 70)


def test_each_reading_of_the_answers_is_there(tmp_path: Path) -> None:
    counts = {"items": 4, "right_strict": 1, "right_lenient": 2}
    found = loaded(tmp_path, evaluate=counts, untuned={"items": 4, "right_logprob": 3}, teacher={})
    assert found.readings == {"strict": 0.25, "lenient": 0.5}
    assert found.base_readings == {"log-probability": 0.75}
    assert found.teacher_readings == {}


@pytest.mark.parametrize(
    ("words", "named"),
    [
        ([], False),
        (["paths.root=/elsewhere", "tracking=none", "evaluation.learning_rate_by=test"], False),
        (["tracking.project=other", "budget.usd=3"], False),
        (["evaluation.limit=8"], True),
        (["tracking=none", "system=full"], True),
    ],
)
def test_words_that_decide_nothing_of_a_cell_name_none(words: list[str], named: bool) -> None:
    """With these alone a report is of all that the store has."""
    assert Arguments(overrides=words).name_cells is named
    assert Arguments(overrides=words, sweep=True).name_cells


def test_records_of_a_store_come_in_the_papers_order() -> None:
    names = ("full", "mine", "baseline", "global", "local")
    records = [CellRecord(name, {"system": name}, {}, "done", "", 0, {}) for name in names]
    ordered = [record.key for record in sorted(records, key=_rank)]
    assert ordered == ["baseline", "local", "global", "full", "mine"]


def test_the_files_are_there_where_nobody_reads_what_is_printed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: Any) -> None:
        raise SystemExit(1)

    monkeypatch.setattr("simula.report.terminal.print_report", gone)
    with pytest.raises(SystemExit):
        report(cells([f"paths.root={tmp_path}", "domain=arithmetic"], sweep=False), everything=False)
    assert (tmp_path / "report" / "index.html").stat().st_size > 0


def test_where_nothing_that_is_named_was_begun_the_rest_of_the_store_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (cell,) = cells([f"paths.root={tmp_path}", "domain=arithmetic"], sweep=False)
    store = Store(cell.config.paths.store)
    store.cells.mkdir(parents=True)
    (store.cells / "other.json").write_text(
        json.dumps({"key": "other", "axes": {}, "artifacts": {"train": "train/x"}, "status": "waiting"})
    )
    assert report([cell], everything=False) == 0
    assert "None of these cells was begun; the store has 1 in all" in capsys.readouterr().out
