"""Somebody else's set becomes points, or one sentence says which row is not as the columns say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from simula.domain import Example
from simula.errors import BenchmarkError, ConfigurationError
from simula.metrics import Columns, Point
from simula.store.benchmarks import TestItem
from simula.store.measured_sets import content_of, file_of, points_of_items, read_points

QUIZ = Columns(question="q", answer="a", options=("o",), id="n", labels=("level",))


def written(folder: Path, *rows: dict[str, Any]) -> Path:
    path = folder / "set.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


@pytest.mark.parametrize("said", ["C", "c", 2, "2", "pear"])
def test_an_answer_is_a_letter_a_place_or_an_option(tmp_path: Path, said: str | int) -> None:
    path = written(tmp_path, {"q": " Which? ", "a": said, "o": ["fig", "plum", "pear"], "n": 7, "level": 3})
    (point,) = read_points(path, QUIZ)
    assert point == Point(
        id="7",
        example=Example(question="Which?", options=("fig", "plum", "pear"), answer="C"),
        labels={"level": "3"},
    )
    assert (point.level, point.labels) == ("3", {"level": "3"})


def test_options_may_be_columns_and_ids_places(tmp_path: Path) -> None:
    rows = [{"question": f"{i}?", "answer": "B", "one": "yes", "two": f"no {i}"} for i in range(3)]
    path = tmp_path / "set.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    points = read_points(path, Columns(options=("one", "two")))
    assert [point.id for point in points] == ["1", "2", "3"]
    assert points[1].example == Example(question="1?", options=("yes", "no 1"), answer="B")
    assert points[1].mix is None
    assert points[1].level is None


@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_first_line_of_a_table_names_its_columns(tmp_path: Path, mark: str) -> None:
    path = tmp_path / "set.CSV"
    path.write_text(f"{mark}q,a,level\nWhat?,4,\nWho?,5,hard\n", encoding="utf-8")
    points = read_points(file_of(str(path), tmp_path), Columns(question="q", answer="a", labels=("level",)))
    assert [(point.example.question, point.example.answer, point.level) for point in points] == [
        ("What?", "4", None),
        ("Who?", "5", "hard"),
    ]


def test_json_is_a_list_or_lines(tmp_path: Path) -> None:
    rows = [{"question": "What?", "answer": 4}, {"question": "Who?", "answer": 5}]
    listed, lines = tmp_path / "listed.json", written(tmp_path, *rows)
    listed.write_text(json.dumps(rows, indent=1))
    assert read_points(listed, Columns()) == read_points(lines, Columns())
    listed.write_text("[1]")
    with pytest.raises(BenchmarkError, match="it holds '1' where an object is expected"):
        read_points(listed, Columns())
    lines.write_text('{"question": "What?", "answer": 4}\n{"question"\n')
    with pytest.raises(BenchmarkError, match="line 2 is no JSON"):
        read_points(lines, Columns())


def test_a_text_alone_is_a_point(tmp_path: Path) -> None:
    path = written(tmp_path, {"text": "a story"}, {"text": "another"})
    points = read_points(path, Columns(question="text", answer=None))
    assert [point.example for point in points] == [
        Example(question=t, answer="") for t in ("a story", "another")
    ]


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ({"question": "?", "answer": 1, "o": ["x"]}, "there are 1 options where 2 to 26 are expected"),
        (
            {"question": "?", "answer": "D", "o": ["x", "y"]},
            "the answer 'D' is not one of the letters A to B",
        ),
        ({"question": None, "answer": "A", "o": ["x", "y"]}, "column 'question' holds None"),
        ({"answer": "A", "o": ["x", "y"]}, "there is no column 'question', only 'answer', 'o'"),
        ({"question": "?", "o": ["x", "y"]}, "there is no column 'answer', only 'question', 'o'"),
    ],
)
def test_the_first_wrong_row_is_named(tmp_path: Path, row: dict[str, Any], problem: str) -> None:
    path = written(tmp_path, {"question": "?", "answer": 0, "o": ["x", "y"]}, row)
    with pytest.raises(BenchmarkError) as caught:
        read_points(path, Columns(options=("o",)))
    assert str(caught.value) == f"{path}, row 2: {problem}" + str(caught.value).partition(problem)[2]
    assert str(caught.value).endswith("assessment.columns says which columns are read.")


def test_ids_differ_and_a_set_is_not_empty(tmp_path: Path) -> None:
    row = {"question": "?", "answer": "1", "n": 4}
    with pytest.raises(BenchmarkError, match="rows 2 and 3: both have the id '4'"):
        read_points(written(tmp_path, row | {"n": 3}, row, row), Columns(id="n"))
    with pytest.raises(
        BenchmarkError, match="row 1: there is no column 'nr', only 'question', 'answer', 'n'"
    ):
        read_points(written(tmp_path, row), Columns(id="nr"))
    with pytest.raises(BenchmarkError, match="holds no data point"):
        read_points(written(tmp_path), Columns())


def test_a_set_is_known_by_its_content(tmp_path: Path) -> None:
    one = written(tmp_path, {"question": "?", "answer": "1"})
    known = content_of(one)
    moved = one.rename(tmp_path / "moved.jsonl")
    assert content_of(moved) == known
    assert content_of(written(tmp_path, {"question": "?", "answer": "2"})) != known


def test_a_set_that_is_not_there_is_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"assessment\.dataset=no\.jsonl: there is no such file"):
        file_of("no.jsonl", tmp_path)
    with pytest.raises(ConfigurationError, match="there is no data set in"):
        file_of("gsm8k-all", tmp_path)
    (tmp_path / "set.txt").write_text("text")
    with pytest.raises(ConfigurationError, match=r"the file's ending should be one of \.tsv"):
        file_of(str(tmp_path / "set.txt"), tmp_path)
    with pytest.raises(ConfigurationError, match="is not of the form hub:owner/name"):
        file_of("hub:gsm8k", tmp_path)


def test_test_items_keep_their_labels() -> None:
    item = TestItem(id="x/1", example=Example(question="?", answer="2"), labels={"level": "4"})
    assert points_of_items([item])[0].level == "4"
