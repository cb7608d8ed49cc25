"""The sentences, for results of every kind."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from simula.report import CellResult
from simula.report.answer import Answer, answer
from simula.report.summary import summarise

Sweep = Callable[..., list[CellResult]]


def said(results: list[CellResult]) -> Answer:
    return answer(summarise(results))


def test_a_clear_difference(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.5, "full": 0.7}))
    (finding,) = found.findings
    assert finding.verdict == "better"
    assert finding.where == "lab, tiny, 64 rows"
    assert re.fullmatch(
        r"full beats baseline by \d+\.\d points \[\d+\.\d, \d+\.\d\], 3 seeds, 120 items",
        finding.sentence,
    )


def test_a_difference_the_other_way_names_the_better_system_first(sweep: Sweep) -> None:
    (finding,) = said(sweep({"baseline": 0.7, "full": 0.5})).findings
    assert finding.verdict == "worse"
    assert re.match(r"baseline beats full by \d+\.\d points \[\d+\.\d, \d+\.\d\]", finding.sentence)


def test_no_difference_says_what_could_have_been_seen(sweep: Sweep) -> None:
    (finding,) = said(sweep({"baseline": 0.5, "full": 0.5})).findings
    assert finding.verdict == "open"
    assert re.fullmatch(
        r"cannot tell full from baseline: difference -?\d+\.\d points \[-\d+\.\d, \d+\.\d\], 3 seeds,"
        r" 120 items; this design detects \d+\.\d points or more",
        finding.sentence,
    )


def test_what_a_few_items_cannot_tell_is_said_without_impossible_numbers(sweep: Sweep) -> None:
    """One seed of four items, of which the two differ in three: an interval by t would reach -119 points."""
    first, second = (
        replace(cell, right=right, base_right=(False,) * 4)
        for cell, right in zip(
            sweep({"baseline": 0.5, "full": 0.5}, seeds=1, items=4),
            ((True, True, False, False), (False, False, True, False)),
            strict=True,
        )
    )
    found = said([first, second])
    (finding,) = found.findings
    assert finding.sentence.endswith("1 seed, 4 items; so small a design detects no difference at all")
    numbers = [
        float(one) for one in re.findall(r"[-+]?\d+\.\d", " ".join((finding.sentence, *found.caveats)))
    ]
    assert numbers
    assert max(map(abs, numbers)) <= 100


def test_several_comparisons_say_that_they_are_corrected(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.5, "local": 0.5, "full": 0.7}))
    assert len(found.findings) == 2
    assert all("corrected for 2 comparisons" in finding.sentence for finding in found.findings)


def test_one_system_is_held_against_the_untuned_student(sweep: Sweep) -> None:
    (finding,) = said(sweep({"full": 0.6}, untuned=0.1)).findings
    assert re.match(r"full beats the untuned student by (4|5)\d\.\d points \[", finding.sentence)


def test_one_seed_is_said_with_mcnemars_p(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.5, "full": 0.7}, seeds=1))
    assert "1 seed, 120 items" in found.findings[0].sentence
    assert any("one seed for baseline and full" in one and "exact p: full" in one for one in found.caveats)


def test_seeds_on_one_data_set_are_said(sweep: Sweep) -> None:
    shared = "share one data set"
    alone = said(sweep({"baseline": 0.5, "full": 0.7}, seeds=1, training_seeds=3))
    assert any(shared in caveat for caveat in alone.caveats)
    assert "1 data seed × 3 training seeds, 120 items" in alone.findings[0].sentence
    drawn = said(sweep({"baseline": 0.5, "full": 0.7}, seeds=3, training_seeds=2))
    assert not any(shared in caveat for caveat in drawn.caveats)
    assert "3 data seeds × 2 training seeds, 120 items" in drawn.findings[0].sentence


def test_students_that_tuning_did_not_lift(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.2, "full": 0.4}, untuned=0.6))
    assert found.findings[0].verdict == "better"
    (caveat,) = [one for one in found.caveats if "untuned" in one]
    assert "no tuned student is shown to be above the untuned one" in caveat
    assert re.search(r"baseline -\d+\.\d points \[.*\]; full -\d+\.\d points", caveat)


def test_one_student_that_tuning_did_not_lift(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.5, "full": 0.8}, untuned=0.5))
    (caveat,) = [one for one in found.caveats if "untuned" in one]
    assert ": baseline is not shown to be above the untuned one" in caveat
    assert "full" not in caveat


def test_answers_at_chance(sweep: Sweep) -> None:
    at_chance = "cannot be told from blind guessing (25.0 %)"
    found = said(sweep({"baseline": 0.25, "full": 0.6}, chance=0.25))
    assert next(one for one in found.caveats if at_chance in one).count("baseline") == 1
    assert not any("guessing" in one for one in said(sweep({"full": 0.6}, chance=0.25)).caveats)


def test_a_caveat_of_several_sizes_is_said_once(sweep: Sweep) -> None:
    found = said(sweep({"baseline": 0.5, "full": 0.7}, sizes=(64, 4000), seeds=1, training_seeds=3))
    assert [one for one in found.caveats if one.startswith("lab, tiny, 64 and 4,000 rows: the seeds")]
    assert [finding.where for finding in found.findings] == ["lab, tiny, 64 rows", "lab, tiny, 4,000 rows"]


def test_an_unfinished_grid_is_said_first(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5, "full": 0.7})
    cells[0] = replace(cells[0], status="running", items=(), right=())
    found = said(cells)
    assert found.caveats[0] == "1 of 6 cells are not finished: 1 running."
    assert any("only on the seeds that the reference has too" in caveat for caveat in found.caveats)


def test_nothing_finished(sweep: Sweep) -> None:
    cells = [replace(cell, status="waiting", items=(), right=()) for cell in sweep({"full": 0.5})]
    for results in ([], cells):
        (finding,) = said(results).findings
        assert finding.sentence == "No cell is finished yet, so there is no answer."


def test_identical_answers_promise_no_detection(sweep: Sweep) -> None:
    cells = sweep({"baseline": 0.5, "full": 0.5}, seeds=1)
    cells[1] = replace(cells[1], right=cells[0].right)
    assert "detects" not in said(cells).findings[0].sentence
