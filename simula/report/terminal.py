"""The report on the terminal."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from simula.report.analysis_tables import analysis_tables
from simula.report.answer import answer
from simula.report.summary import Summary
from simula.report.tables import detail_tables, main_tables
from simula.report.text_table import terminal

_STYLE = {"better": "bold green", "worse": "bold red", "open": "bold"}


def print_report(summary: Summary, console: Console) -> None:
    """Print the answer, the tables, and why cells failed."""
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
    for key, reason in summary.failures:
        console.print(Text(f"failed: {key}: {reason}", style="red"))
