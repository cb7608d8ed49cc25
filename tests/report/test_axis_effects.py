"""What each axis does, over a grid of systems: in numbers, in words, and why it cannot be told."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace

import pytest

from simula.evaluation.effects import Factorial
from simula.report import CellResult
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import answer
from simula.report.summary import Summary, summarise

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


def twins(cells: list[CellResult]) -> list[CellResult]:
    """Those of `full` as another system, which differs in a setting inside of an axis alone."""
    return [
        replace(cell, key=f"{cell.key}-b", axes={**cell.axes, "system": "mine"})
        for cell in cells
        if cell.axes["system"] == "full"
    ]


def effects(summary: Summary) -> Factorial:
    (panel,) = summary.panels
    assert panel.analysis.effects is not None
    return panel.analysis.effects


def test_effects_are_of_axes_and_in_words(sweep: Sweep) -> None:
    shares = {"baseline": 0.3, "local": 0.5, "global": 0.3, "local_global": 0.5, "full": 0.5}
    summary = summarise(systems(sweep, shares, seeds=4, items=400))
    found = effects(summary)
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
    assert effects(summary).effects[0].found.seeds == 2
    assert summary.panels[0].analysis.left_out == 1
    (table,) = [one for one in analysis_tables(summary) if one.title.startswith("What each axis does")]
    assert any("Finished cells left out" in note and note.endswith(": 1.") for note in table.notes)


def test_systems_of_the_same_axes_are_told_by_another(sweep: Sweep) -> None:
    """What differs inside of an axis alone is no effect of an axis."""
    cells = systems(sweep, {"baseline": 0.4, "full": 0.6})
    found = effects(summarise(cells + twins(cells)))
    assert not any(one.axis == "critic" for one in found.effects)


def test_rounding_is_no_effect(sweep: Sweep) -> None:
    """The same answers under two critics at three sizes: the model's weights add up to 0 only nearly."""
    cells = sweep({"baseline": 0.5}, sizes=(64, 128, 256), seeds=2)
    twin = [
        replace(cell, key=f"{cell.key}-t", axes={**cell.axes, "system": "full", "critic": "double"})
        for cell in cells
    ]
    summary = summarise([replace(c, axes={**c.axes, "critic": "none"}) for c in cells] + twin)
    found = effects(summary)
    (one,) = found.effects
    assert (one.found.difference, one.found.p, one.found.detectable) == (0, 1, 0)
    assert "lab, tiny: cannot tell an effect of critic" in answer(summary).more


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
    found = effects(summary)
    (critic,) = [one.found for one in found.effects if one.axis == "critic"]
    assert critic.difference == pytest.approx(0.2, abs=0.06)
    assert critic.decided
    assert found.blocks == ("learning_rate",)
    said = answer(summary)
    assert any("critic, double instead of none, adds" in one for one in said.more)
    wanted = f"the learning rates 0.005 and 0.01 stand apart, each as a system of its own: {why}"
    assert any(re.search(wanted, one) for one in said.caveats)


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
    said = answer(summarise(cells + twins(cells))).more
    assert any("what each axis does cannot be told: systems of the same axes differ" in one for one in said)
