"""A large grid at a glance."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from simula.report import CellResult
from simula.report.effects_figure import draw_effects
from simula.report.overview import headlines, overview
from simula.report.ratings_figure import draw_ratings
from simula.report.summary import Summary, summarise

Sweep = Callable[..., list[CellResult]]


def grid(sweep: Sweep) -> Summary:
    """Two domains, two sizes; in the second domain the reference is best."""
    first = sweep({"baseline": 0.3, "local": 0.8, "full": 0.9}, sizes=(64, 256), domain="law")
    return summarise([*first, *sweep({"baseline": 0.9, "full": 0.2}, sizes=(64, 256), domain="maths")])


def test_each_panel_has_its_most_accurate_system_and_how_sure_that_is(sweep: Sweep) -> None:
    summary = grid(sweep)
    law, maths = headlines(summary)
    at_256 = {row.system: row for row in summary.panels[0].at(256)}
    accuracy, difference = at_256["full"].accuracy, at_256["full"].difference
    assert accuracy is not None
    assert difference is not None
    assert law.where == "law, tiny"
    assert law.verdict == "better"
    assert law.sentence.startswith(
        f"full is the most accurate at 256 rows, {100 * accuracy.value:.1f} %"
        f" [{100 * accuracy.low:.1f}, {100 * accuracy.high:.1f}];"
        f" full beats baseline by {100 * difference.difference:.1f} points"
    )
    assert law.sentence.endswith("; told to be above baseline at this size: local")
    assert maths.sentence.startswith("baseline is the most accurate at 256 rows")
    assert maths.sentence.endswith("; told to be below baseline at this size: full")
    assert maths.verdict == "open"


def test_a_system_that_no_seed_compares_is_said_to_lead_and_no_more(sweep: Sweep) -> None:
    cells = [
        replace(cell, status="running", items=(), right=())
        if (cell.axes["system"], cell.axes["seed"]) in {("baseline", 0), ("full", 1)}
        else cell
        for cell in sweep({"baseline": 0.3, "full": 0.9}, seeds=2)
    ]
    (found,) = headlines(summarise(cells))
    assert found.sentence.count(";") == 0
    assert found.verdict == "open"


def test_one_table_holds_every_accuracy_with_its_interval(sweep: Sweep) -> None:
    summary = grid(sweep)
    table = overview(summary)
    assert table is not None
    assert table.columns == ("where", "system", "64\u00a0rows", "256\u00a0rows")
    cells = {line.cells[:2]: line.cells[2:] for line in table.lines}
    assert list(cells) == [
        ("law, tiny", "baseline (reference)"),
        ("law, tiny", "local"),
        ("law, tiny", "full"),
        ("maths, tiny", "baseline (reference)"),
        ("maths, tiny", "full"),
    ]
    for panel in summary.panels:
        for row in panel.rows:
            name = f"{row.system} (reference)" if row.system == "baseline" else row.system
            cell = cells[panel.title, name][(64, 256).index(row.size)]
            assert row.accuracy is not None
            low, high = 100 * row.accuracy.low, 100 * row.accuracy.high
            assert cell.startswith(f"{100 * row.accuracy.value:.1f} [{low:.1f}, {high:.1f}]")
            told = row.difference is not None and row.difference.decided
            assert cell[-1] == (("▲" if panel.title.startswith("law") else "▼") if told else "]")


def test_of_what_is_not_finished_the_table_says_how_far_it_is(sweep: Sweep) -> None:
    cells = [
        replace(cell, status="running", items=(), right=()) if cell.axes["size"] == 256 else cell
        for cell in sweep({"baseline": 0.3, "full": 0.9}, sizes=(64, 256))
    ]
    table = overview(summarise(cells))
    assert table is not None
    assert table.columns[0] == "system"
    assert [line.cells[2] for line in table.lines] == ["3 running", "3 running"]


def test_a_single_size_has_no_table_of_its_own(sweep: Sweep) -> None:
    assert overview(summarise(sweep({"baseline": 0.3, "full": 0.9}))) is None


def test_effects_are_drawn_where_axes_vary(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.3, "full": 0.9})
    assert draw_effects(summarise(cells)) is None
    varied = [
        replace(cell, axes={**cell.axes, "critic": "double" if cell.axes["system"] == "full" else "none"})
        for cell in cells
    ]
    drawing = draw_effects(summarise(varied))
    assert drawing is not None
    assert drawing == draw_effects(summarise(varied))
    # One mark and its interval, and the line of no effect.
    assert drawing.svg.count('id="LineCollection_1"') == 1
    assert drawing.svg.count('id="LineCollection_2"') == 0


def test_ratings_are_drawn_with_their_interval() -> None:
    draw = np.random.default_rng(0)
    ratings = {"law": draw.normal(400, 60, 80), "maths": draw.normal(400, 20, 50), "empty": np.array([])}
    drawing = draw_ratings(ratings)
    assert drawing is not None
    # A band each, none for what holds no rating.
    assert drawing.svg.count('id="FillBetweenPolyCollection_') == 2
    assert drawing == draw_ratings(ratings)
    assert draw_ratings({"empty": np.array([])}) is None
