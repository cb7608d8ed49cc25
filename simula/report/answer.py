"""The report's first lines: which system did better, how sure that is, and what speaks against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from simula.evaluation.spread import design
from simula.evaluation.statistics import Comparison
from simula.report.besides import besides, overlap_caveats, rate_caveats
from simula.report.summary import Panel, Row, Summary

Verdict = Literal["better", "worse", "open"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One sentence for one panel and size."""

    where: str
    """Domain, student and size."""
    sentence: str
    verdict: Verdict
    """Of the system against the reference (or the untuned student), or that it cannot be told."""


@dataclass(frozen=True, slots=True)
class Answer:
    """Findings, what the grid shows besides, then what a reader must know before believing them."""

    findings: tuple[Finding, ...]
    caveats: tuple[str, ...]
    more: tuple[str, ...] = ()
    """Effects of axes that are told from none, the front, the gap to the teacher, growth with the size."""


def answer(summary: Summary) -> Answer:
    """What the results say, in sentences."""
    findings: list[Finding] = []
    caveats: list[str] = []
    for panel in summary.panels:
        sizes: dict[str, list[str]] = {}
        for size in panel.sizes:
            findings += _findings(panel, size, f"{panel.title}, {size:,} rows")
            for caveat in _caveats(panel, size):
                sizes.setdefault(caveat, []).append(f"{size:,}")
        caveats += [f"{panel.title}, {_and(where)} rows: {caveat}" for caveat, where in sizes.items()]
        caveats += [f"{panel.title}: {caveat}" for caveat in (*rate_caveats(panel), *overlap_caveats(panel))]
    if not findings:
        findings = [Finding("", "No cell is finished yet, so there is no answer.", "open")]
    more = tuple(sentence for panel in summary.panels for sentence in besides(panel))
    return Answer(tuple(findings), (*_grid_caveats(summary), *caveats), more)


def _findings(panel: Panel, size: int, where: str) -> Iterator[Finding]:
    rows = panel.at(size)
    for row in rows:
        if row.difference is not None:
            yield finding(where, row.system, panel.reference, row.difference)
    if all(row.difference is None for row in rows):
        for row in rows:
            if row.gain is not None:
                yield finding(where, row.system, "the untuned student", row.gain)


def finding(where: str, system: str, reference: str, found: Comparison) -> Finding:
    """What one comparison of a system with the reference says, and how sure it is."""
    made = f"{design(found.runs)}, {_count(found.items, 'item')}"
    if found.family > 1:
        made += f" (p = {found.p:.2g}, corrected for {found.family} comparisons)"
    if found.decided and found.difference > 0:
        return Finding(where, f"{system} beats {reference} by {_points(found)}, {made}", "better")
    if found.decided:
        return Finding(where, f"{reference} beats {system} by {_points(found, sign=-1)}, {made}", "worse")
    sentence = f"cannot tell {system} from {reference}: difference {_points(found)}, {made}"
    if found.detectable > 1:
        sentence += "; so small a design detects no difference at all"
    elif found.detectable > 0:
        sentence += f"; this design detects {100 * found.detectable:.1f} points or more"
    return Finding(where, sentence, "open")


def _caveats(panel: Panel, size: int) -> Iterator[str]:
    rows = [row for row in panel.at(size) if row.accuracy is not None]
    if not rows:
        return
    yield from _against_untuned(panel, rows)
    yield from _against_chance(panel, rows)
    yield from _replication(rows)


def _against_untuned(panel: Panel, rows: Sequence[Row]) -> Iterator[str]:
    """Where tuning did not help, a difference between systems says how they harm."""
    tested = [row for row in rows if row.gain is not None]
    below = [row for row in tested if not (row.gain and row.gain.decided and row.gain.difference > 0)]
    if panel.untuned is None or not below:
        return
    shown = "; ".join(f"{row.system} {_signed(row.gain)}" for row in below if row.gain)
    whole = "no tuned student is" if len(below) == len(tested) else f"{_list(below)} {_is(below)} not"
    yield (
        f"{whole} shown to be above the untuned one ({100 * panel.untuned.accuracy.value:.1f} %): {shown};"
        " a difference between systems is then no sign of useful data."
    )


def _against_chance(panel: Panel, rows: Sequence[Row]) -> Iterator[str]:
    if panel.chance is None:
        return
    guessing = [row for row in rows if row.accuracy and row.accuracy.low <= panel.chance]
    if guessing:
        yield (
            f"the answers of {_list(guessing)} cannot be told from blind guessing"
            f" ({100 * panel.chance:.1f} %)."
        )


def _replication(rows: Sequence[Row]) -> Iterator[str]:
    single = [row for row in rows if row.seeds == 1]
    if single:
        tests = [
            f"{row.system} {row.difference.mcnemar:.2g}"
            for row in single
            if row.difference and row.difference.mcnemar is not None
        ]
        exact = f"; McNemar's exact p: {', '.join(tests)}" if tests else ""
        yield (
            f"one seed for {_list(single)}: the interval covers the choice of test items, not the luck of"
            f" data and training{exact}."
        )
    if any(row.seeds > 1 and row.datasets == 1 for row in rows):
        yield (
            "the seeds of a system share one data set: the intervals cover training and test items, not"
            " another draw of the data."
        )
    if any(row.difference and row.difference.seeds < row.seeds for row in rows):
        yield "systems are compared only on the seeds that the reference has too."


def _grid_caveats(summary: Summary) -> Iterator[str]:
    unfinished = {state: count for state, count in summary.states.items() if state != "done"}
    if unfinished:
        states = ", ".join(f"{count} {state}" for state, count in unfinished.items())
        total = sum(summary.states.values())
        yield f"{sum(unfinished.values())} of {total} cells are not finished: {states}."


def _points(found: Comparison, sign: int = 1) -> str:
    low, high = sorted((sign * found.low, sign * found.high))
    return f"{100 * sign * found.difference:.1f} points [{100 * low:.1f}, {100 * high:.1f}]"


def _signed(found: Comparison) -> str:
    return f"{100 * found.difference:+.1f} points [{100 * found.low:+.1f}, {100 * found.high:+.1f}]"


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _list(rows: Sequence[Row]) -> str:
    return _and([row.system for row in rows])


def _and(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} and {last}" if first else last


def _is(rows: Sequence[Row]) -> str:
    return "is" if len(rows) == 1 else "are"
