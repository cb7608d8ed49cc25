"""What a model or a server wrote cannot steer the terminal that it is printed on."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from rich.console import Console

from simula.cli import main
from simula.progress import Progress
from simula.report.status import _print
from simula.report.text_table import Line, TextTable, terminal
from simula.report.tree import print_trees
from simula.stages.record import CellRecord
from simula.store.artifacts import Store
from simula.sweep.state import Snapshot
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.account import contents

STEERS = "\x1b[2J\x1b]0;title\x07\x9b31m\r[/red][bold]"
SHOWN = "␛[2J␛]0;title␇␡31m␍[/red][bold]"


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO(), width=200, legacy_windows=False)


def said(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_a_tree(console: Console, tmp_path: Path) -> None:
    children = (Node(name=STEERS, description=STEERS),)
    trees = (Taxonomy(factor=STEERS, description=STEERS, children=children),)
    found = Taxonomies(taxonomies=trees, strategies=(Strategy(factors=(STEERS,), weight=1),))
    print_trees(found, contents(found) | {"warnings": {STEERS: 1}}, tmp_path, console)
    assert said(console).count(SHOWN) >= 5
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(said(console))


def test_a_table_and_a_report(console: Console) -> None:
    table = TextTable(
        title=STEERS, columns=(STEERS, STEERS), lines=(Line((STEERS, "1")),), notes=(STEERS,), keys=1
    )
    for part in terminal(table, console):
        console.print(part)
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(said(console))


def test_why_a_cell_failed(console: Console, tmp_path: Path) -> None:
    axes = dict.fromkeys(("experiment", "domain", "teacher", "student", "size", "seed", "data_seed"), "x")
    cells = [
        CellRecord(f"key-{number}", axes | {"system": system}, {"taxonomy": "t"}, "failed", STEERS, 1, {})
        for number, system in enumerate((STEERS, "full"))
    ]
    _print(cells, Snapshot(Store(tmp_path)), {}, console)
    assert SHOWN in said(console)
    assert not {"\x1b", "\x07", "\x9b", "\r"} & set(said(console))


def test_what_a_stage_says(console: Console) -> None:
    Progress("cell", console).line(STEERS)
    assert said(console) == f"[cell] {SHOWN}\n"


def test_an_error(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["simula", STEERS])
    with pytest.raises(SystemExit):
        main()
    assert SHOWN in capsys.readouterr().err
