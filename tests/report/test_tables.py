"""The tables on terminals of several widths and in Markdown; the golden text shows a partial grid."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from rich.cells import cell_len
from rich.console import Console

from simula.report import CellResult, DatasetSummary
from simula.report.analysis_tables import analysis_tables
from simula.report.summary import summarise
from simula.report.tables import detail_tables, main_tables
from simula.report.terminal import print_report
from simula.report.text_table import Line, TextTable, escaped, markdown, terminal

Sweep = Callable[..., list[CellResult]]
GOLDEN = Path(__file__).parent / "golden"


def partial_grid(sweep: Sweep) -> list[CellResult]:
    """Two systems at two sizes: a cell has failed, one runs, one is not there, a data set fell short."""
    cells = sweep({"baseline": 0.5, "full": 0.6}, sizes=(64, 4000), seeds=2)
    cells[2] = replace(cells[2], status="failed", reason="no model 'x'", items=(), right=(), dataset=None)
    cells[3] = replace(cells[3], status="running", items=(), right=(), dataset=None)
    cells[4] = replace(cells[4], dataset=replace(cells[4].dataset, accepted=41))
    cells[5] = replace(cells[5], dataset=replace(cells[5].dataset, accepted=41))
    del cells[-1]
    return cells


def printed(results: list[CellResult], width: int) -> str:
    console = Console(width=width, file=io.StringIO(), color_system=None)
    print_report(summarise(results), {}, console)
    return console.file.getvalue()


def golden(name: str, text: str) -> str:
    """The stored text; SIMULA_UPDATE_GOLDEN=1 stores this one."""
    if os.environ.get("SIMULA_UPDATE_GOLDEN"):
        (GOLDEN / name).write_text(text, encoding="utf-8")
    return (GOLDEN / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [80, 120])
def test_terminal(sweep: Sweep, width: int) -> None:
    text = "\n".join(line.rstrip() for line in printed(partial_grid(sweep), width).splitlines()) + "\n"
    assert text == golden(f"terminal_{width}.txt", text)


def test_markdown_form(sweep: Sweep) -> None:
    summary = summarise(partial_grid(sweep))
    tables = (*main_tables(summary), *analysis_tables(summary), *detail_tables(summary))
    text = "\n\n".join(markdown(table) for table in tables)
    assert text + "\n" == golden("tables.md", text + "\n")


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_no_line_is_wider_than_the_terminal_and_no_number_is_cut(sweep: Sweep, width: int) -> None:
    results = partial_grid(sweep)
    text = printed(results, width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text
    for _, cells in main_tables(summarise(results))[0].rows:
        for cell in cells[2:]:
            assert cell in text


def test_a_free_data_set_costs_0_and_a_cheap_one_is_not_0(sweep: Sweep) -> None:
    for price, shown in ((0.0, "0"), (0.0042, "0.0042"), (12.3456, "12.35")):
        cells = [replace(cell, dataset=DatasetSummary(1, 1, 1, price=price)) for cell in sweep({"full": 0.5})]
        (table,) = main_tables(summarise(cells))
        assert table.rows[-1][1][table.columns.index("price,\u00a0$")] == shown


def test_no_cells_print_one_sentence() -> None:
    assert printed([], 80) == "No cell is finished yet, so there is no answer.\n"


def test_failed_cells_print_their_reason_without_markup(sweep: Sweep) -> None:
    cells = [
        replace(cell, status="failed", reason="[red]no[/red] key", items=(), right=())
        for cell in sweep({"full": 0.5}, seeds=1)
    ]
    assert "failed: lab-full-n64-s0: [red]no[/red] key" in printed(cells, 80)


def test_text_of_a_model_cannot_break_a_markdown_table() -> None:
    text = "a | b\n<script>`x` *y* [z](http://w) \\"
    assert escaped(text) == r"a \| b \<script\>\`x\` \*y\* [z]\(http://w) \\"
    table = TextTable("t", ("reason", "n"), (Line((text, "1")),), 1)
    assert markdown(table).count("\n") == 4


def test_names_are_broken_between_words_where_there_is_room() -> None:
    lines = (
        Line(("fig6_small", "local_global_complex", "undecided: requirements", "12.3", "9.9 [1.0, 22.2]")),
    )
    table = TextTable("names", ("experiment", "system", "reason", "share", "distance"), lines, 3)
    shown = Console(file=io.StringIO(), width=80)
    shown.print(*terminal(table, shown), sep="\n")
    assert isinstance(shown.file, io.StringIO)
    said = shown.file.getvalue().split()
    assert said.count("fig6_small") == said.count("local_global_complex") == said.count("requirements") > 0
