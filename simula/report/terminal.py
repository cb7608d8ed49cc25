"""The report on the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich.console import Console
from rich.text import Text

from simula.metrics import Measure
from simula.report.analysis_tables import analysis_tables
from simula.report.answer import answer
from simula.report.measures.shown import Shown
from simula.report.summary import Summary
from simula.report.tables import detail_tables, main_tables
from simula.report.text_table import terminal
from simula.visible import visible

_STYLE = {"better": "bold green", "worse": "bold red", "open": "bold"}


def print_report(summary: Summary, measures: Mapping[Measure, Shown], console: Console) -> None:
    """Print the answer and the tables, and why cells failed; without a student, the measures."""
    if summary.panels or not measures:
        _print_answer(summary, console)
    else:
        for shown in measures.values():
            for table in shown.tables:
                console.print(*terminal(table, console), sep="\n")
                console.print()
    for key, reason in summary.failures:
        console.print(Text(visible(f"failed: {key}: {reason}"), style="red"))


def _print_answer(summary: Summary, console: Console) -> None:
    said = answer(summary)
    for finding in said.findings:
        where = f"{finding.where}: " if finding.where else ""
        console.print(Text.assemble(where, (finding.sentence, _STYLE[finding.verdict])))
    for sentence in said.more:
        console.print(Text(sentence))
    for caveat in said.caveats:
        console.print(Text(f"! {caveat}"))
    for table in (*main_tables(summary), *analysis_tables(summary), *detail_tables(summary)):
        console.print()
        console.print(*terminal(table, console), sep="\n")
