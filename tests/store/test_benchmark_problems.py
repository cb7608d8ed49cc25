"""What is wrong with a benchmark's file is one sentence that names the file, and the row where it is one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from benchmark_files import (
    LEXAM_HEADER,
    MCQ_HEADER,
    RCM_HEADER,
    loaded_math,
    math_problem,
    source,
    write_jsonl,
    write_tsv,
    write_xlsx,
)

from simula.errors import BenchmarkError
from simula.store.benchmarks import (
    CtiMcq,
    CtiRcm,
    Expected,
    Gsm8k,
    Lexam,
    Mmlu,
)


@pytest.mark.parametrize(
    ("choices", "gold", "message"),
    [
        ("['i', 'ii']", 2, "right choice 2 is not a number from 0 to 1"),
        ("['i', 'ii']", -1, "right choice -1"),
        ("i, ii", 0, "not a list of texts|not a Python list"),
        ("__import__('os').getcwd()", 0, "not a Python list"),
        # Letters name 2 to 26.
        (str(["o"] * 27), 0, "there are 27 options"),
        ("['o']", 0, "there are 1 options"),
    ],
)
def test_lexam_refuses_odd_rows(tmp_path: Path, choices: str, gold: int, message: str) -> None:
    where = write_xlsx(tmp_path / "mcqs.xlsx", LEXAM_HEADER, ("q", choices, gold, "c", "en", "1"))
    with pytest.raises(BenchmarkError, match=message):
        Lexam(source=where, expected=Expected(items=1)).load(tmp_path)


def test_a_csv_row_that_ends_early_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "logic_test.csv").write_text("question,choice0,choice1,answer\nP?,no,yes\n")
    settings = Mmlu(source=source("{part}_test.csv"), subjects=("logic",), expected=Expected(items=1))
    with pytest.raises(BenchmarkError, match=r"logic_test\.csv, row 1: the right choice None"):
        settings.load(tmp_path)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"level": "5"}, r"1\.json|row 1: the level '5' is not of the form"),
        ({"solution": "It is 4."}, "row 1: the solution has no answer"),
    ],
)
def test_a_problem_without_a_level_or_an_answer_is_refused(
    tmp_path: Path, changes: dict[str, str], message: str
) -> None:
    (tmp_path / "algebra").mkdir()
    (tmp_path / "algebra/1.json").write_text(json.dumps(math_problem(1) | changes))
    with pytest.raises(BenchmarkError, match=message):
        loaded_math(tmp_path, "{part}", 1)


def test_a_damaged_problem_and_a_missing_subject_are_named(tmp_path: Path) -> None:
    (tmp_path / "algebra").mkdir()
    (tmp_path / "algebra/7.json").write_text("{")
    with pytest.raises(BenchmarkError, match=r"7\.json is damaged"):
        loaded_math(tmp_path, "{part}", 1)
    (tmp_path / "algebra/7.json").write_text(json.dumps(math_problem(1)))
    with pytest.raises(BenchmarkError, match="geometry is missing"):
        loaded_math(tmp_path, "{part}", 1)


def test_a_row_that_is_not_as_it_should_be_is_named(tmp_path: Path) -> None:
    good = ("u", "q", "a", "b", "c", "d", "p", "A")
    where = write_tsv(tmp_path / "mcq.tsv", MCQ_HEADER, good, (*good[:7], "E"))
    with pytest.raises(BenchmarkError, match=r"mcq\.tsv, row 2: the answer 'E' is not one of the letters"):
        CtiMcq(source=where, expected=Expected(items=2)).load(tmp_path)


@pytest.mark.parametrize(
    ("column", "items", "message"),
    [
        ("Question", 1, "no column 'question', only 'Question', 'answer'"),
        ("question", 1319, "holds 1 items of this benchmark where 1319 are expected"),
    ],
)
def test_a_missing_column_and_another_number_of_items_are_named(
    tmp_path: Path, column: str, items: int, message: str
) -> None:
    where = write_jsonl(tmp_path / "test.jsonl", {column: "q", "answer": "#### 1"})
    with pytest.raises(BenchmarkError, match=message):
        Gsm8k(source=where, expected=Expected(items=items)).load(tmp_path)


def test_a_row_that_ends_early_is_an_error(tmp_path: Path) -> None:
    where = write_tsv(tmp_path / "rcm.tsv", RCM_HEADER, ("u/CVE-1-1", "text", "p"))
    with pytest.raises(BenchmarkError, match="row 1: column 'GT' holds None"):
        CtiRcm(source=where, expected=Expected(items=1)).load(tmp_path)


def test_two_items_of_one_id_are_an_error(tmp_path: Path) -> None:
    line = ("q", "['a', 'b']", 0, "c", "en", "same")
    where = write_xlsx(tmp_path / "mcqs.xlsx", LEXAM_HEADER, line, line)
    with pytest.raises(BenchmarkError, match="more than one item with the id 'lexam/same'"):
        Lexam(source=where, expected=Expected(items=2)).load(tmp_path)


def test_a_missing_file_says_where_to_get_it_and_where_to_put_it(tmp_path: Path) -> None:
    settings = Lexam(source=source("lexam/MCQs_test.xlsx"), expected=Expected(items=1660))
    with pytest.raises(BenchmarkError, match="is missing") as caught:
        settings.load(tmp_path)
    assert "https://example.org/benchmark" in str(caught.value)
    assert str(tmp_path / "lexam/MCQs_test.xlsx") in str(caught.value)


@pytest.mark.parametrize("name", ["test.jsonl", "test.xlsx", "test.parquet"])
def test_a_damaged_file_is_an_error_that_names_it(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"\x00\xff not what the ending says")
    with pytest.raises(BenchmarkError, match=rf"{name} is damaged or not a"):
        Gsm8k(source=source(name), expected=Expected(items=1)).load(tmp_path)


def test_an_unknown_ending_is_an_error_that_lists_the_known(tmp_path: Path) -> None:
    (tmp_path / "test.txt").write_text("question,answer\n")
    with pytest.raises(BenchmarkError, match=r"\.tsv, \.csv, \.json, \.jsonl, \.xlsx, \.parquet"):
        Gsm8k(source=source("test.txt"), expected=Expected(items=1)).load(tmp_path)
