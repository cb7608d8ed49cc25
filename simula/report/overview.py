"""A large grid at a glance: one sentence a panel, and one table of accuracy by system and size."""

from __future__ import annotations

from collections.abc import Iterator

from simula.report.answer import Finding, Verdict, finding
from simula.report.summary import Panel, Row, Summary
from simula.report.text_table import Line, TextTable

MANY = 4
"""Findings up to which all of them are the answer; of more the headlines are."""
_NOTHING = "–"


def headlines(summary: Summary) -> tuple[Finding, ...]:
    """For each panel its most accurate system at the largest finished size, and how sure that is."""
    return tuple(_headline(panel) for panel in summary.panels if any(row.accuracy for row in panel.rows))


def _headline(panel: Panel) -> Finding:
    known = [(row, row.accuracy) for row in panel.rows if row.accuracy is not None]
    size = max(row.size for row, _ in known)
    best, accuracy = max((one for one in known if one[0].size == size), key=lambda one: one[1].value)
    value, low, high = (100 * share for share in (accuracy.value, accuracy.low, accuracy.high))
    parts = [f"{best.system} is the most accurate at {size:,} rows, {value:.1f} % [{low:.1f}, {high:.1f}]"]
    verdict: Verdict = "open"
    if best.difference is not None:
        compared = finding(panel.title, best.system, panel.reference, best.difference)
        verdict = compared.verdict
        parts.append(compared.sentence)
    others = [row for row in panel.at(size) if row is not best and row.difference and row.difference.decided]
    for side, wanted in (("above", True), ("below", False)):
        if told := [row.system for row in others if _above(row) is wanted]:
            parts.append(f"told to be {side} {panel.reference} at this size: {', '.join(told)}")
    return Finding(panel.title, "; ".join(parts), verdict)


def _above(row: Row) -> bool:
    return row.difference is not None and row.difference.decided and row.difference.difference > 0


def overview(summary: Summary) -> TextTable | None:
    """Accuracy of every system at every size, all panels in one table; None of a single size and panel."""
    sizes = sorted({size for panel in summary.panels for size in panel.sizes})
    if len(summary.panels) * len(sizes) < 2:
        return None
    several = len(summary.panels) > 1
    lines = [line for panel in summary.panels for line in _lines(panel, sizes, several)]
    notes = (
        "Accuracy in percent with its 95 % interval, as in the tables of each panel. ▲ told to be above the"
        " reference at the 5 % level (Holm, over all of the report), ▼ below it; others cannot be told.",
    )
    columns = (*(("where",) if several else ()), "system", *(f"{size:,}\u00a0rows" for size in sizes))
    return TextTable("All accuracies", columns, tuple(lines), 1 + several, notes)


def _lines(panel: Panel, sizes: list[int], several: bool) -> Iterator[Line]:
    for system in panel.systems:
        rows = {row.size: row for row in panel.rows if row.system == system}
        name = f"{system} (reference)" if system == panel.reference else system
        cells = (_cell(rows[size]) if size in rows else _NOTHING for size in sizes)
        states = {bool(row.accuracy) for row in rows.values()}
        named = (panel.title, name) if several else (name,)
        yield Line((*named, *cells), "none" if states == {False} else "")


def _cell(row: Row) -> str:
    if row.accuracy is None:
        return ", ".join(f"{count} {state}" for state, count in row.states.items())
    value, low, high = (100 * share for share in (row.accuracy.value, row.accuracy.low, row.accuracy.high))
    mark = ("▲" if _above(row) else "▼") if row.difference is not None and row.difference.decided else ""
    return f"{value:.1f} [{low:.1f}, {high:.1f}]{mark and ' '}{mark}"
