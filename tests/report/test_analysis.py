"""What a grid shows as a whole, and of several learning rates the one that is shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
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
PAPER = {
    "baseline": {"taxonomy": "top_level", "scenarios": "none", "complexity": "none", "critic": "none"},
    "local": {"taxonomy": "top_level", "scenarios": "five", "complexity": "half", "critic": "none"},
    "global": {"taxonomy": "all_levels", "scenarios": "none", "complexity": "none", "critic": "none"},
    "local_global": {"taxonomy": "all_levels", "scenarios": "five", "complexity": "half", "critic": "none"},
    "full": {"taxonomy": "all_levels", "scenarios": "five", "complexity": "half", "critic": "double"},
}


def systems(sweep: Sweep, shares: Mapping[str, float], **more: object) -> list[CellResult]:
    """Cells with the axes that the paper's systems choose."""
    cells = sweep(shares, **more)
    return [replace(cell, axes={**cell.axes, **PAPER[str(cell.axes["system"])]}) for cell in cells]


def only(summary: Summary) -> Panel:
    (panel,) = summary.panels
    return panel


def titles(summary: Summary) -> list[str]:
    return [table.title for table in analysis_tables(summary)]


def test_effects_are_of_axes_and_in_words(sweep: Sweep) -> None:
    shares = {"baseline": 0.3, "local": 0.5, "global": 0.3, "local_global": 0.5, "full": 0.5}
    summary = summarise(systems(sweep, shares, seeds=4, items=400))
    found = only(summary).analysis.effects
    assert found is not None
    by_axis = {one.axis: one.found for one in found.effects}
    assert by_axis["scenarios + complexity"].difference == pytest.approx(0.2, abs=0.06)
    assert by_axis["scenarios + complexity"].decided
    assert not by_axis["taxonomy"].decided
    assert len(found.confounded) == 2
    more = answer(summary).more
    wanted = r"lab, tiny: scenarios \+ complexity, five \+ half instead of none \+ none, adds \d+\.\d points"
    assert any(re.match(rf"{wanted} \[\d+\.\d, \d+\.\d\] if the axes add up, 4 seeds", one) for one in more)
    assert any("cannot tell an effect of taxonomy, critic: the sweep detects" in one for one in more)
    (table,) = [one for one in analysis_tables(summary) if one.title.startswith("What each axis does")]
    assert [cells[2] for _, cells in table.rows if "be told" in cells[2]] == ["cannot be told"] * 2
    assert any("Taken as one" in note and "scenarios + complexity" in note for note in table.notes)


def test_effects_take_the_seeds_that_all_have_and_say_what_they_left_out(sweep: Sweep) -> None:
    cells = systems(sweep, {"baseline": 0.4, "local": 0.5}, seeds=3)
    cells[0] = replace(cells[0], status="running", items=(), right=(), base_right=None)
    summary = summarise(cells)
    found = only(summary).analysis
    assert found.effects is not None
    assert found.effects.effects[0].found.seeds == 2
    assert found.left_out == 1
    (table,) = [one for one in analysis_tables(summary) if one.title.startswith("What each axis does")]
    assert any("Finished cells left out" in note and note.endswith(": 1.") for note in table.notes)


def test_systems_of_the_same_axes_are_told_by_another(sweep: Sweep) -> None:
    """Two systems differ in a setting inside of an axis alone: that is no effect of an axis."""
    cells = systems(sweep, {"baseline": 0.4, "full": 0.6})
    twin = [
        replace(cell, key=f"{cell.key}-b", axes={**cell.axes, "system": "mine"})
        for cell in cells
        if cell.axes["system"] == "full"
    ]
    found = only(summarise(cells + twin)).analysis.effects
    assert found is not None
    assert not any(one.axis == "critic" for one in found.effects)


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
    assert "Accuracy over sizes: lab, tiny" in titles(summary)


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


def test_rounding_is_no_effect(sweep: Sweep) -> None:
    """The same answers under two critics at three sizes: the model's weights add up to 0 only nearly."""
    cells = sweep({"baseline": 0.5}, sizes=(64, 128, 256), seeds=2)
    twin = [
        replace(cell, key=f"{cell.key}-t", axes={**cell.axes, "system": "full", "critic": "double"})
        for cell in cells
    ]
    summary = summarise([replace(c, axes={**c.axes, "critic": "none"}) for c in cells] + twin)
    found = only(summary).analysis.effects
    assert found is not None
    (one,) = found.effects
    assert (one.found.difference, one.found.p, one.found.detectable) == (0, 1, 0)
    assert "lab, tiny: cannot tell an effect of critic" in answer(summary).more


def test_without_a_teacher_nothing_is_said_of_a_gap(sweep: Sweep) -> None:
    summary = summarise(sweep({"full": 0.6}))
    assert "gap closed,\u00a0%" not in main_tables(summary)[0].columns
    assert not any("gap" in one or "way" in one for one in answer(summary).more)


def two_rates(sweep: Sweep, validation: tuple[float | None, float | None]) -> list[CellResult]:
    """Two systems at two learning rates; the second shows more on the test items."""
    found = []
    for rate, share, held_out in zip((0.005, 0.01), (0.5, 0.55), validation, strict=True):
        for cell in sweep({"baseline": share, "full": share + 0.1}):
            axes = {**cell.axes, "learning_rate": rate}
            found.append(replace(cell, key=f"{cell.key}-{rate}", axes=axes, validation=held_out))
    return found


def test_the_learning_rate_is_chosen_on_the_validation(sweep: Sweep) -> None:
    summary = summarise(two_rates(sweep, (0.8, 0.7)))
    panel = only(summary)
    assert panel.systems == ("baseline", "full")
    assert [row.rates.picked.rate for row in panel.rows if row.rates and row.rates.picked] == [0.005, 0.005]
    assert sum(summary.states.values()) == 12
    (caveat,) = [one for one in answer(summary).caveats if "learning rates" in one]
    assert re.search(r"0\.005 and 0\.01 one was chosen on held-out .* up to \d+\.\d points more", caveat)
    assert "Learning rates: lab, tiny" in titles(summary)


def test_the_learning_rate_may_be_chosen_on_the_test_and_that_is_said(sweep: Sweep) -> None:
    summary = summarise(two_rates(sweep, (0.8, 0.7)), "test")
    assert {row.rates.picked.rate for row in only(summary).rows if row.rates and row.rates.picked} == {0.01}
    assert any("luck alone adds up to" in one for one in answer(summary).caveats)


@pytest.mark.parametrize("by", ["none", "validation"])
def test_rates_that_nothing_decides_stay_apart(sweep: Sweep, by: str) -> None:
    held_out = (0.8, 0.7) if by == "none" else (None, None)
    panel = only(summarise(two_rates(sweep, held_out), by))
    assert panel.systems == (
        "baseline (learning_rate 0.005)",
        "baseline (learning_rate 0.01)",
        "full (learning_rate 0.005)",
        "full (learning_rate 0.01)",
    )


@pytest.mark.parametrize(
    ("by", "held_out", "why"),
    [
        ("none", 0.8, "evaluation.learning_rate_by=none chooses none"),
        ("validation", None, r"no rows were held out to choose by \(training.validation_share\)"),
    ],
)
def test_effects_are_there_where_rates_stay_apart(
    sweep: Sweep, by: str, held_out: float | None, why: str
) -> None:
    """The critic adds 20 points at either rate, the better rate 10: five systems, two rates."""
    shares = {"baseline": 0.3, "local": 0.3, "global": 0.3, "local_global": 0.3, "full": 0.5}
    cells = []
    for rate, more in ((0.005, 0.0), (0.01, 0.1)):
        raised = {name: share + more for name, share in shares.items()}
        cells += [
            replace(
                cell,
                key=f"{cell.key}-{rate}",
                axes={**cell.axes, "learning_rate": rate},
                validation=held_out,
            )
            for cell in systems(sweep, raised, items=400, seeds=6)
        ]
    summary = summarise(cells, by)
    found = only(summary).analysis.effects
    assert found is not None
    (critic,) = [one.found for one in found.effects if one.axis == "critic"]
    assert critic.difference == pytest.approx(0.2, abs=0.06)
    assert critic.decided
    assert found.blocks == ("learning_rate",)
    said = answer(summary)
    assert any("critic, double instead of none, adds" in one for one in said.more)
    wanted = f"the learning rates 0.005 and 0.01 stand apart, each as a system of its own: {why}"
    assert any(re.search(wanted, one) for one in said.caveats)


def test_one_axis_at_two_rates_is_averaged_over_them(sweep: Sweep) -> None:
    cells = [
        replace(cell, axes={**cell.axes, "critic": "double" if cell.axes["system"] == "full" else "none"})
        for cell in two_rates(sweep, (None, None))
    ]
    more = answer(summarise(cells)).more
    wanted = r"lab, tiny: critic, double instead of none, adds \d+\.\d points .* averaged over learning rates"
    assert any(re.match(wanted, one) for one in more)


def test_why_there_are_no_effects_is_said(sweep: Sweep) -> None:
    cells = systems(sweep, {"baseline": 0.4, "full": 0.6}, seeds=2)
    apart = [
        replace(cell, status="running", items=(), right=(), base_right=None)
        if (cell.axes["system"] == "full") == bool(cell.axes["seed"])
        else cell
        for cell in cells
    ]
    said = answer(summarise(apart)).more
    assert any("cannot be told: no seed is finished in all 2 combinations" in one for one in said)
    twin = [
        replace(cell, key=f"{cell.key}-b", axes={**cell.axes, "system": "mine"})
        for cell in cells
        if cell.axes["system"] == "full"
    ]
    said = answer(summarise(cells + twin)).more
    assert any("what each axis does cannot be told: systems of the same axes differ" in one for one in said)


def test_systems_of_different_learning_rates_are_said(sweep: Sweep) -> None:
    cells = [
        replace(cell, axes={**cell.axes, "learning_rate": 0.01 if cell.axes["system"] == "full" else 0.005})
        for cell in sweep({"baseline": 0.5, "full": 0.6})
    ]
    (caveat,) = [one for one in answer(summarise(cells)).caveats if "learning rates" in one]
    assert "(0.005: baseline; 0.01: full)" in caveat


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
