"""One's own test items: read, known by their content, and refused with one sentence."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.composition import cells
from simula.domain import Example
from simula.errors import BenchmarkError, ConfigurationError
from simula.metrics import Columns
from simula.stages.cell import check_benchmark, opened_bench
from simula.store.benchmarks import TestItem
from simula.store.own_items import OwnItems
from simula.teacher import Spending

ITEMS = """question,answer,level
A file name may hold '..'.,CWE-23,easy
Memory is used after it was freed.,CWE-416,
"""


def written(folder: Path, text: str = ITEMS, name: str = "test.csv") -> Path:
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text)
    return folder / name


def test_rows_are_items(tmp_path: Path) -> None:
    own = OwnItems(path=written(tmp_path), columns=Columns(labels=("level",)))
    assert own.load(tmp_path / "elsewhere") == [
        TestItem("1", Example(question="A file name may hold '..'.", answer="CWE-23"), {"level": "easy"}),
        TestItem("2", Example(question="Memory is used after it was freed.", answer="CWE-416"), {}),
    ]


def test_they_are_known_by_their_content_and_columns(tmp_path: Path) -> None:
    first = OwnItems(path=written(tmp_path / "a")).identity()
    assert OwnItems(path=written(tmp_path / "b")).identity() == first
    assert OwnItems(path=written(tmp_path / "c", ITEMS + "More.,CWE-59,\n")).identity() != first
    labelled = OwnItems(path=written(tmp_path / "a"), columns=Columns(labels=("level",)))
    assert labelled.identity() != first


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("", "^benchmark.path must be given: benchmark.path=…$"),
        ("benchmark.path=none.csv", "there is no such file"),
        ("benchmark.path={here}/test.doc", "ending should be one of"),
    ],
)
def test_a_file_that_is_not_there_is_said_at_once(tmp_path: Path, override: str, said: str) -> None:
    written(tmp_path, name="test.doc")
    with pytest.raises(ConfigurationError, match=said):
        cells(["benchmark=file", *filter(None, [override.format(here=tmp_path)])], sweep=False)


@pytest.mark.parametrize(
    ("text", "columns", "said"),
    [
        (
            ITEMS,
            Columns(question="text"),
            "row 1: there is no column 'text', only 'question', 'answer'.*; benchmark.columns says",
        ),
        (ITEMS, Columns(answer=None), "needs its right answer"),
        ("question,answer\nWhich?,\n", Columns(), "the item 1 has no answer"),
        ("question,answer\n", Columns(), "holds no data point"),
    ],
)
def test_items_that_cannot_be_read(tmp_path: Path, text: str, columns: Columns, said: str) -> None:
    own = OwnItems(path=written(tmp_path, text), columns=columns)
    with pytest.raises(BenchmarkError, match=said):
        own.load(tmp_path)


def checked(tmp_path: Path, text: str) -> None:
    overrides = ["benchmark=file", f"benchmark.path={written(tmp_path, text)}", f"paths.root={tmp_path}"]
    (cell,) = cells([*overrides, "domain=cwe_examples", "tracking=none"], sweep=False)
    check_benchmark(opened_bench(cell.config, Spending()), "evaluate")


def test_answers_are_of_the_domains_form(tmp_path: Path) -> None:
    checked(tmp_path, ITEMS)
    with pytest.raises(
        BenchmarkError, match=r"item 2: its right answer 'use after free' is none in the form of"
    ):
        checked(tmp_path, ITEMS.replace("CWE-416", "use after free"))
