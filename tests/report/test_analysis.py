"""What a grid shows as a whole: the front, growth, the way to the teacher, readings, intervals, overlap."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simula.report import CellResult
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import answer
from simula.report.results import Overlap
from simula.report.summary import Panel, Summary, summarise
from simula.report.tables import main_tables

Sweep = Callable[..., list[CellResult]]


def only(summary: Summary) -> Panel:
    (panel,) = summary.panels
    return panel


def test_a_single_system_has_no_effects_and_no_front(sweep: Sweep) -> None:
    analysis = only(summarise(sweep({"full": 0.5}))).analysis
    assert (analysis.effects, analysis.front, analysis.growth) == (None, None, ())


def test_the_front_is_by_price_or_by_tokens(sweep: Sweep) -> None:
    """All data sets cost the same; the most accurate is the front."""
    cells = sweep({"baseline": 0.5, "local": 0.3, "full": 0.7})
    front = only(summarise(cells)).analysis.front
    assert front is not None
    assert front.unit == "$"
    assert {point.system: point.beaten_by for point in front.points} == {
        "baseline": "full",
        "local": "full",
        "full": None,
    }
    free = [replace(cell, dataset=replace(cell.dataset, price=0.0)) for cell in cells]
    front = only(summarise(free)).analysis.front
    assert front is not None
    assert front.unit == "tokens"
    assert any(
        "by accuracy and tokens: baseline (by full); local (by full)" in one
        for one in answer(summarise(free)).more
    )


def test_a_system_that_is_dearer_by_its_ratings_alone_is_so_on_the_front(sweep: Sweep) -> None:
    """Equally accurate; one data set costs $1 more, for the scores that its selection needed."""
    cells = sweep({"full": 0.6})
    rated = []
    for cell in cells:
        assert cell.dataset is not None
        bill = replace(cell.dataset, price=cell.dataset.price + 1, scoring_calls=64)
        axes = {**cell.axes, "system": "full, low complexity"}
        rated.append(replace(cell, key=f"{cell.key}-low", axes=axes, dataset=bill))
    summary = summarise([*cells, *rated])
    front = only(summary).analysis.front
    assert front is not None
    assert [point.beaten_by for point in front.points] == [None, "full"]
    assert any("(full, low complexity, 64 rows: 64)" in note for note in main_tables(summary)[0].notes)


def test_growth_over_sizes(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5, "full": 0.5}, sizes=(64, 256, 1024, 4096), items=300)
    rng = np.random.default_rng(1)
    share = {64: 0.3, 256: 0.45, 1024: 0.6, 4096: 0.75}
    grown = [
        replace(cell, right=tuple(bool(one) for one in rng.random(300) < share[int(cell.axes["size"])]))
        if cell.axes["system"] == "full"
        else cell
        for cell in cells
    ]
    summary = summarise(grown)
    baseline, full = only(summary).analysis.growth
    assert full.slope.difference == pytest.approx(0.075, abs=0.02)
    assert full.against is not None
    assert full.against.decided
    assert baseline.against is None
    assert full.ceiling is not None
    assert any(
        "each doubling of the rows adds" in one and "more to full than to baseline" in one
        for one in answer(summary).more
    )
    assert "Accuracy over sizes: lab, tiny" in [table.title for table in analysis_tables(summary)]


def test_a_flat_line_has_no_exponent(sweep: Sweep) -> None:
    cells = sweep({"full": 0.5}, sizes=(64, 256, 1024, 4096), seeds=1)
    flat = [replace(cell, right=cells[0].right) for cell in cells]
    (table,) = [one for one in analysis_tables(summarise(flat)) if one.title.startswith("Accuracy over")]
    assert table.rows[0][1][-1] == "–"


def test_three_sizes_have_a_slope_and_no_ceiling(sweep: Sweep) -> None:
    (one,) = only(summarise(sweep({"full": 0.5}, sizes=(64, 256, 1024)))).analysis.growth
    assert one.ceiling is None
    assert one.sizes == (64, 256, 1024)


def test_the_way_to_the_teacher(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.3, "full": 0.6}, untuned=0.2, items=300)
    teacher = tuple(bool(one) for one in np.random.default_rng(2).random(300) < 0.9)
    summary = summarise([replace(cell, teacher_right=teacher, teacher_unanswered=30) for cell in cells])
    panel = only(summary)
    assert panel.teacher is not None
    gap = panel.rows[1].gap
    assert gap is not None
    assert gap.difference == pytest.approx((0.6 - 0.2) / (0.9 - 0.2), abs=0.08)
    assert any(re.search(r"full has gone \d+ % \[\d+, \d+\] of the way", one) for one in answer(summary).more)
    (table,) = main_tables(summary)
    assert "gap closed,\u00a0%" in table.columns
    assert [cells[0] for _, cells in table.rows] == ["untuned", "teacher", "baseline", "full"]
    assert table.rows[1][1][table.columns.index("no answer,\u00a0%")] == "10.0"
    level = summarise([replace(cell, teacher_right=cell.base_right) for cell in cells])
    assert all(row.gap is None for row in only(level).rows)
    assert any("there is no gap to close" in one for one in answer(level).more)


def test_strict_and_lenient_stand_side_by_side(sweep: Sweep) -> None:
    """Of each system and of whoever else was examined; what was not read so stays open."""
    cells = sweep({"full": 0.6}, seeds=2)
    teacher = {"teacher_right": (True,) * 120, "teacher_readings": {"log-probability": 0.5}}
    summary = summarise([replace(cell, **teacher) for cell in cells])
    (table,) = [one for one in analysis_tables(summary) if one.title.startswith("Accuracy by reading")]
    assert table.columns[2:] == (
        "counts,\u00a0%",
        "strict,\u00a0%",
        "lenient,\u00a0%",
        "log-probability,\u00a0%",
    )
    untuned, examined, full = (cells for _, cells in table.rows)
    assert (untuned[0], untuned[4:]) == ("untuned", ("20.0", "–"))
    assert (examined[0], examined[2:]) == ("teacher", ("100.0", "–", "–", "50.0"))
    strict = f"{100 * np.mean([np.mean(cell.right) for cell in cells]):.1f}"
    assert full[2:] == (strict, strict, "90.0", "–")


def test_an_interval_covers_other_items_too(sweep: Sweep) -> None:
    """Two equal runs spread by nothing over seeds, so that both intervals are over their 120 items."""
    cells = sweep({"full": 0.6}, seeds=2)
    (row,) = only(summarise([cells[0], replace(cells[1], right=cells[0].right)])).rows
    assert row.accuracy is not None
    assert row.with_items is not None
    assert (row.accuracy.over, row.accuracy.value) == ("items", row.with_items.difference)
    half = 1.98 * np.std(cells[0].right, ddof=1) / np.sqrt(120)
    assert row.accuracy.high - row.accuracy.value == pytest.approx(half, rel=0.15)
    assert row.with_items.high - row.accuracy.value == pytest.approx(half, rel=0.15)


def test_without_a_teacher_nothing_is_said_of_a_gap(sweep: Sweep) -> None:
    summary = summarise(sweep({"full": 0.6}))
    assert "gap closed,\u00a0%" not in main_tables(summary)[0].columns
    assert not any("gap" in one or "way" in one for one in answer(summary).more)


def test_overlap_with_the_test_items_stands_beside_the_score(sweep: Sweep) -> None:
    cells = [replace(cell, overlap=Overlap(13, 0.25, 0.1, 0.02, 0.0, None)) for cell in sweep({"full": 0.6})]
    summary = summarise(cells)
    (table,) = main_tables(summary)
    assert table.rows[-1][1][table.columns.index("seen,\u00a0%")] == "25.0"
    assert any(
        "up to 25.0 % of the test items have words in a row from a training row." in one
        for one in answer(summary).caveats
    )
    clean = [replace(cell, overlap=Overlap(13, 0.25, 0.1, 0.02, 0.0, 0.0)) for cell in cells]
    assert any(
        re.search(r"without them accuracies change by up to [56]\d\.", one)
        for one in answer(summarise(clean)).caveats
    )
    unknown = summarise([replace(cell, overlap=None) for cell in cells])
    assert main_tables(unknown)[0].rows[-1][1][table.columns.index("seen,\u00a0%")] == "–"


def test_the_papers_interval_and_the_design_are_told(sweep: Sweep) -> None:
    summary = summarise(sweep({"full": 0.6}, seeds=3, training_seeds=2))
    (row,) = only(summary).rows
    assert row.by_data_seed == (2, 2, 2)
    assert row.accuracy is not None
    assert row.accuracy.normal_half == pytest.approx(
        1.959964 * np.std(row.runs, ddof=1) / np.sqrt(6), abs=1e-6
    )
    (table,) = [one for one in analysis_tables(summary) if one.title.startswith("How sure")]
    assert table.rows[0][1][2] == "3 data seeds × 2 training seeds"
    assert main_tables(summary)[0].rows[-1][1][1] == "3 × 2"
