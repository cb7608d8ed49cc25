"""Of several learning rates the one that is shown, and what is said of them."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from simula.report import CellResult
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import answer
from simula.report.summary import summarise

Sweep = Callable[..., list[CellResult]]


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
    (panel,) = summary.panels
    assert panel.systems == ("baseline", "full")
    assert [row.rates.picked.rate for row in panel.rows if row.rates and row.rates.picked] == [0.005, 0.005]
    assert sum(summary.states.values()) == 12
    (caveat,) = [one for one in answer(summary).caveats if "learning rates" in one]
    assert re.search(r"0\.005 and 0\.01 one was chosen on held-out .* up to \d+\.\d points more", caveat)
    assert "Learning rates: lab, tiny" in [table.title for table in analysis_tables(summary)]


def test_the_learning_rate_may_be_chosen_on_the_test_and_that_is_said(sweep: Sweep) -> None:
    summary = summarise(two_rates(sweep, (0.8, 0.7)), "test")
    (panel,) = summary.panels
    assert {row.rates.picked.rate for row in panel.rows if row.rates and row.rates.picked} == {0.01}
    assert any("luck alone adds up to" in one for one in answer(summary).caveats)


@pytest.mark.parametrize("by", ["none", "validation"])
def test_rates_that_nothing_decides_stay_apart(sweep: Sweep, by: str) -> None:
    held_out = (0.8, 0.7) if by == "none" else (None, None)
    (panel,) = summarise(two_rates(sweep, held_out), by).panels
    assert panel.systems == (
        "baseline (learning_rate 0.005)",
        "baseline (learning_rate 0.01)",
        "full (learning_rate 0.005)",
        "full (learning_rate 0.01)",
    )


def test_one_axis_at_two_rates_is_averaged_over_them(sweep: Sweep) -> None:
    cells = [
        replace(cell, axes={**cell.axes, "critic": "double" if cell.axes["system"] == "full" else "none"})
        for cell in two_rates(sweep, (None, None))
    ]
    more = answer(summarise(cells)).more
    wanted = r"lab, tiny: critic, double instead of none, adds \d+\.\d points .* averaged over learning rates"
    assert any(re.match(wanted, one) for one in more)


def test_systems_of_different_learning_rates_are_said(sweep: Sweep) -> None:
    cells = [
        replace(cell, axes={**cell.axes, "learning_rate": 0.01 if cell.axes["system"] == "full" else 0.005})
        for cell in sweep({"baseline": 0.5, "full": 0.6})
    ]
    (caveat,) = [one for one in answer(summarise(cells)).caveats if "learning rates" in one]
    assert "(0.005: baseline; 0.01: full)" in caveat
