"""Cells of every state to rows, comparisons and means."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from simula.errors import BenchmarkError, SimulaError
from simula.evaluation.statistics import accuracy
from simula.report import CellResult, DatasetSummary
from simula.report.summary import estimate, summarise

Sweep = Callable[..., list[CellResult]]


def test_systems_come_in_the_papers_order_against_the_baseline(sweep: Sweep) -> None:
    (panel,) = summarise(
        sweep({"mine": 0.5, "full": 0.7, "baseline": 0.5, "local": 0.5}, seeds=6, items=400)
    ).panels
    assert panel.systems == ("baseline", "local", "full", "mine")
    assert panel.reference == "baseline"
    baseline, local, full, _ = panel.rows
    assert baseline.difference is None
    assert full.difference is not None
    assert full.difference.decided
    assert full.difference.difference == pytest.approx(0.2, abs=0.06)
    assert full.difference.family == 3
    assert local.difference is not None
    assert not local.difference.decided


def test_without_a_baseline_the_first_system_is_the_reference(sweep: Sweep) -> None:
    (panel,) = summarise(sweep({"global": 0.5, "full": 0.7})).panels
    assert panel.reference == "global"


def test_mechanisms_of_one_system_are_told_apart_by_what_differs(sweep: Sweep) -> None:
    half = sweep({"full": 0.5})
    every = [
        replace(cell, key=f"{cell.key}-all", axes={**cell.axes, "complexity": "all"})
        for cell in sweep({"full": 0.6})
    ]
    (panel,) = summarise(half + every).panels
    assert panel.systems == ("full (complexity half)", "full (complexity all)")


def test_domains_students_and_experiments_are_never_compared(sweep: Sweep) -> None:
    summary = summarise(
        sweep({"full": 0.5})
        + sweep({"full": 0.5}, domain="cwe", items=50)
        + sweep({"full": 0.5}, experiment="other")
    )
    assert [panel.title for panel in summary.panels] == [
        "demo, lab, tiny",
        "demo, cwe, tiny",
        "other, lab, tiny",
    ]
    assert all(row.difference is None for panel in summary.panels for row in panel.rows)


def test_interval_over_seeds_and_over_items(sweep: Sweep) -> None:
    (panel,) = summarise(sweep({"full": 0.5})).panels
    (alone,) = summarise(sweep({"full": 0.5}, seeds=1)).panels
    assert panel.rows[0].accuracy is not None
    assert panel.rows[0].accuracy.over == "seeds"
    assert alone.rows[0].accuracy is not None
    assert alone.rows[0].accuracy.over == "items"
    assert alone.untuned is not None
    assert alone.untuned.accuracy.over == "items"
    assert alone.untuned.unanswered == pytest.approx(0.1)


def test_a_partial_grid_counts_every_state(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5, "full": 0.6}, sizes=(64, 128))
    cells[0] = _open(cells[0], "failed", "the server is gone")
    cells[1] = _open(cells[1], "running")
    cells[9] = _open(cells[9], "waiting")
    del cells[-1]
    summary = summarise(cells)
    (panel,) = summary.panels
    assert [dict(row.states) for row in panel.rows] == [
        {"failed": 1, "running": 1, "done": 1},
        {"done": 3},
        {"done": 3},
        {"waiting": 1, "done": 1, "missing": 1},
    ]
    assert panel.rows[1].difference is not None
    assert panel.rows[1].difference.seeds == 1
    assert summary.states == {"failed": 1, "running": 1, "waiting": 1, "done": 8, "missing": 1}
    assert summary.failures == (("lab-baseline-n64-s0", "the server is gone"),)


def test_only_failed_cells(sweep: Sweep) -> None:
    (panel,) = summarise([_open(cell, "failed", "no") for cell in sweep({"baseline": 0, "full": 0})]).panels
    assert all(row.accuracy is None and row.dataset is None for row in panel.rows)
    assert panel.untuned is None


def test_no_cells() -> None:
    summary = summarise([])
    assert summary.panels == ()
    assert summary.states == {}


def test_data_sets_are_averaged_once_each(sweep: Sweep) -> None:
    cells = sweep({"full": 0.5}, seeds=4)
    draws = (0, 0, 1, 1)
    rows = (60, 60, 64, 64)
    cells = [
        replace(
            cell,
            axes={**cell.axes, "data_seed": draw},
            dataset=DatasetSummary(accepted, 64, 100, rejected={f"reason {draw}": 10}, price=1.0),
        )
        for cell, draw, accepted in zip(cells, draws, rows, strict=True)
    ]
    (row,) = summarise(cells).panels[0].rows
    assert row.datasets == 2
    assert row.dataset == DatasetSummary(
        62, 64, 100, rejected={"reason 0": 5, "reason 1": 5}, unusable={}, price=1.0
    )


def test_different_items_are_an_error_that_names_the_cells(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5}, items=120) + sweep({"full": 0.5}, items=100)
    with pytest.raises(
        BenchmarkError, match=r"baseline-n64-s0 and lab-full-n64-s0.*120 and 100, 100 in common"
    ):
        summarise(cells)


def test_two_cells_in_one_place_are_an_error(sweep: Sweep) -> None:
    (cell,) = sweep({"full": 0.5}, seeds=1)
    with pytest.raises(SimulaError, match="one and two have the same place"):
        summarise([replace(cell, key="one"), replace(cell, key="two")])


def test_the_same_results_give_the_same_numbers(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5, "full": 0.55})
    assert summarise(cells) == summarise(cells)


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"right": (True,)}, "1 answers for 120 items"),
        ({"base_right": (True,)}, "1 answers of the untuned student for 120 items"),
        ({"items": (), "right": ()}, "done and has no test item"),
    ],
)
def test_a_result_must_fit_its_items(
    sweep: Sweep, changes: dict[str, tuple[bool, ...]], complaint: str
) -> None:
    (cell,) = sweep({"full": 0.5}, seeds=1)
    with pytest.raises(ValueError, match=complaint):
        replace(cell, **changes)


def _open(cell: CellResult, status: str, reason: str = "") -> CellResult:
    return replace(
        cell, status=status, reason=reason, items=(), right=(), dataset=None, assessment={}, seconds={}
    )


def test_runs_that_do_not_differ_have_the_interval_over_items() -> None:
    """As luck has it with few items: the t interval over seeds would have no width."""
    runs = [(True, False, False, False), (False, True, False, False)]
    found, one = estimate(runs), accuracy(runs[0])
    assert (found.value, found.low, found.high, found.over) == (0.25, one.low, one.high, "items")
    assert found.normal_half is None
    # Four runs of two data seeds, which have the same mean.
    several = estimate([(True, True), (False, False), (True, False), (False, True)], [0, 0, 1, 1])
    assert (several.value, several.over) == (0.5, "items")
    assert estimate([(True, True), (True, False)]).over == "seeds"
