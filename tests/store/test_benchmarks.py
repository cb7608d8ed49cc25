"""The five benchmarks' loaders, on tiny files of the original formats."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
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
    GlobalMmlu,
    Gsm8k,
    Lexam,
    Mmlu,
    TestItem,
)
from simula.store.benchmarks.education import subject_labels


def mmlu_row(number: int, subject: str, **changes: Any) -> dict[str, Any]:
    return {
        "sample_id": f"{subject}/test/{number}",
        "subject": subject,
        "question": "질문 하나",
        **{f"option_{letter}": f"보기 {letter}" for letter in "abcd"},
        "answer": "C",
        "is_annotated": False,
    } | changes


def test_cti_mcq_keeps_quotation_marks_and_empty_options_and_lifts_a_lower_case_letter(
    tmp_path: Path,
) -> None:
    where = write_tsv(
        tmp_path / "mcq.tsv",
        MCQ_HEADER,
        ("u", '"Setuid" is used by', "x", 'the "y"', "z", "", "p", "b"),
        ("u", "Which? ", "a", "b", "", "d", "p", "C"),
    )
    first, second = CtiMcq(source=where, expected=Expected(items=2)).load(tmp_path)
    assert (first.id, first.example.question) == ("cti-mcq/1", '"Setuid" is used by')
    assert first.example.options == ("x", 'the "y"', "z", "")
    assert first.example.answer == "B"
    assert (second.id, second.example.answer, second.example.options[2]) == ("cti-mcq/2", "C", "")


def test_cti_rcm_is_named_by_the_cve(tmp_path: Path) -> None:
    url = "https://nvd.nist.gov/vuln/detail/CVE-2024-23848"
    where = write_tsv(tmp_path / "rcm.tsv", RCM_HEADER, (url, "A use-after-free.", "p", "CWE-416"))
    (item,) = CtiRcm(source=where, expected=Expected(items=1)).load(tmp_path)
    assert (item.id, item.example.question, item.example.answer) == (
        "cti-rcm/CVE-2024-23848",
        "A use-after-free.",
        "CWE-416",
    )


def test_lexam_reads_the_list_literal_and_the_number_of_the_right_choice(tmp_path: Path) -> None:
    where = write_xlsx(
        tmp_path / "mcqs.xlsx",
        LEXAM_HEADER,
        ("Welche?\ni. …", "['i', 'ii', 'i und ii', \"keine; it's open\"]", 3, "Steuerrecht", "de", "68f8"),
    )
    (item,) = Lexam(source=where, expected=Expected(items=1)).load(tmp_path)
    assert item.id == "lexam/68f8"
    assert item.example.options == ("i", "ii", "i und ii", "keine; it's open")
    assert item.example.answer == "D"


def test_gsm8k_takes_out_calculator_notes_and_thousands_separators(tmp_path: Path) -> None:
    rows = [
        {"question": "How many?", "answer": "He ran 3*3=<<3*3=9>>9 times.\n#### 9"},
        {"question": "How much?", "answer": "It is $1,450,000.\n#### 1,450,000"},
        {"question": "Left?", "answer": "She owes.\n#### -2.5"},
    ]
    where = write_jsonl(tmp_path / "test.jsonl", *rows)
    items = Gsm8k(source=where, expected=Expected(items=3)).load(tmp_path)
    assert [item.example.answer for item in items] == ["9", "1450000", "-2.5"]
    assert items[0].example.reasoning == "He ran 3*3=9 times."
    assert [item.id for item in items] == ["gsm8k/1", "gsm8k/2", "gsm8k/3"]


def test_the_hub_s_parquet_gives_the_same_checksum_as_the_original_json_lines(tmp_path: Path) -> None:
    rows = [{"question": "How many?", "answer": "Nine.\n#### 9"}, {"question": "And?", "answer": "#### 4"}]
    lines = Gsm8k(source=write_jsonl(tmp_path / "test.jsonl", *rows), expected=Expected(items=2))
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "test.parquet")
    from_lines = lines.load(tmp_path)
    assert Gsm8k(source=source("test.parquet"), expected=Expected(items=2)).load(tmp_path) == from_lines


@pytest.mark.parametrize("form", ["parquet", "json"])
def test_global_mmlu_keeps_the_chosen_subjects(tmp_path: Path, form: str) -> None:
    rows = [
        mmlu_row(0, "college_physics"),
        mmlu_row(0, "anatomy"),
        mmlu_row(1, "college_physics", answer="d"),
    ]
    if form == "parquet":
        pq.write_table(pa.Table.from_pylist(rows), tmp_path / "ko.parquet")
    else:
        write_jsonl(tmp_path / "ko.json", *rows)
    settings = GlobalMmlu(
        source=source(f"ko.{form}"), subjects=("college_physics",), expected=Expected(items=2)
    )
    first, second = settings.load(tmp_path)
    assert (first.id, first.example.question) == ("college_physics/test/0", "질문 하나")
    assert first.example.options == ("보기 a", "보기 b", "보기 c", "보기 d")
    assert (second.id, second.example.answer) == ("college_physics/test/1", "D")


def test_global_mmlu_and_cti_mcq_keep_every_option_there_is(tmp_path: Path) -> None:
    row = mmlu_row(0, "college_physics", option_e="보기 e", answer="E")
    where = write_jsonl(tmp_path / "ko.json", row)
    (item,) = GlobalMmlu(source=where, subjects=("college_physics",), expected=Expected(items=1)).load(
        tmp_path
    )
    assert (item.example.options[4], item.example.answer) == ("보기 e", "E")
    assert item.labels == {"subject": "college_physics", "level": "3"}
    header = (*MCQ_HEADER[:6], "Option E", *MCQ_HEADER[6:])
    where = write_tsv(tmp_path / "mcq.tsv", header, ("u", "q", "a", "b", "c", "d", "e", "p", "e"))
    (item,) = CtiMcq(source=where, expected=Expected(items=1)).load(tmp_path)
    assert (item.example.options, item.example.answer) == (("a", "b", "c", "d", "e"), "E")


def test_lexam_keeps_every_option_and_the_items_language(tmp_path: Path) -> None:
    choices = str([f"o{i}" for i in range(26)])
    where = write_xlsx(tmp_path / "mcqs.xlsx", LEXAM_HEADER, ("q", choices, 25, "c", "de", "1"))
    (item,) = Lexam(source=where, expected=Expected(items=1)).load(tmp_path)
    assert (len(item.example.options), item.example.answer) == (26, "Z")
    assert item.labels == {"language": "de"}
    row = {"question": "q", "choices": ["i", "ii"], "gold": 1, "language": "en", "id": "2"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "mcqs.parquet")
    (item,) = Lexam(source=source("mcqs.parquet"), expected=Expected(items=1)).load(tmp_path)
    assert (item.example.options, item.example.answer) == (("i", "ii"), "B")


def loaded_mmlu(folder: Path, file: str) -> list[TestItem]:
    settings = Mmlu(source=source(file), subjects=("physics", "logic"), expected=Expected(items=3))
    return settings.load(folder)


def test_mmlu_is_one_benchmark_in_its_three_forms(tmp_path: Path) -> None:
    rows = {
        "physics": [('Which, "a" or\nb?', ["w, x", "y", "z", "v"], 1), ("And?", ["1", "2", "3", "4"], 3)],
        "logic": [("P?", ["no", "yes", "both", "none", "either"], 4)],
    }
    for subject, questions in rows.items():
        with (tmp_path / f"{subject}_test.csv").open("w", newline="") as file:
            lines = csv.writer(file)
            count = len(questions[0][1])
            lines.writerow(["question", *(f"choice{i}" for i in range(count)), "answer"])
            lines.writerows([question, *options, place] for question, options, place in questions)
        with (tmp_path / f"{subject}_original.csv").open("w", newline="") as file:
            csv.writer(file).writerows(
                [question, *options, "ABCDE"[place]] for question, options, place in questions
            )
        table = [{"question": q, "subject": subject, "choices": o, "answer": a} for q, o, a in questions]
        pq.write_table(pa.Table.from_pylist(table), tmp_path / f"{subject}.parquet")
    items = loaded_mmlu(tmp_path, "{part}_test.csv")
    assert [item.id for item in items] == ["physics/test/0", "physics/test/1", "logic/test/0"]
    assert [item.example.answer for item in items] == ["B", "D", "E"]
    assert items[0].example.options == ("w, x", "y", "z", "v")
    assert items[2].labels == {"subject": "logic"}
    assert loaded_mmlu(tmp_path, "{part}_original.csv") == items
    assert loaded_mmlu(tmp_path, "{part}.parquet") == items


def test_math_is_one_benchmark_as_folders_and_as_parquet(tmp_path: Path) -> None:
    numbers = {"algebra": (1, 2, 10), "geometry": (4,)}
    for subject, of_subject in numbers.items():
        (tmp_path / "test" / subject).mkdir(parents=True)
        for number in of_subject:
            row = math_problem(number, f"Level {min(number, 5)}")
            (tmp_path / "test" / subject / f"{number}.json").write_text(json.dumps(row))
        table = [math_problem(number, f"Level {min(number, 5)}") for number in of_subject]
        pq.write_table(pa.Table.from_pylist(table), tmp_path / f"{subject}.parquet")
    items = loaded_math(tmp_path, "test/{part}", 4)
    assert [item.example.answer for item in items] == [rf"\frac{{{n}}}{{1}}" for n in (1, 2, 10, 4)]
    assert [item.labels["level"] for item in items] == ["1", "2", "5", "4"]
    assert [item.labels["subject"] for item in items] == ["algebra"] * 3 + ["geometry"]
    assert items[0].id.startswith("math/algebra/")
    assert loaded_math(tmp_path, "{part}.parquet", 4) == items
    assert loaded_math(tmp_path, "test/{part}", 1, levels=("5",)) == items[2:3]
    (tmp_path / "test/algebra/11.json").write_text(json.dumps(math_problem(10)))
    again = loaded_math(tmp_path, "test/{part}", 5)
    assert again[3].id == f"{items[2].id}-2"


def test_the_checksum_folds_white_space_and_sees_a_changed_answer(tmp_path: Path) -> None:
    write_jsonl(tmp_path / "old.jsonl", {"question": "How many?", "answer": "Nine.\n#### 9"})
    write_jsonl(tmp_path / "spaced.jsonl", {"question": "How  many?", "answer": "Nine.\n####  9"})
    write_jsonl(tmp_path / "new.jsonl", {"question": "How many?", "answer": "Ten.\n#### 10"})

    def load(file: str, checksum: str) -> None:
        Gsm8k(source=source(file), expected=Expected(items=1, checksum=checksum)).load(tmp_path)

    with pytest.raises(BenchmarkError, match=r"checksum \w{12} where wrong is expected") as caught:
        load("old.jsonl", "wrong")
    right = str(caught.value).rpartition("checksum=")[2].split()[0]
    load("old.jsonl", right)
    load("spaced.jsonl", right)
    with pytest.raises(BenchmarkError, match=f"where {right} is expected"):
        load("new.jsonl", right)


def test_the_level_of_an_mmlu_subject_is_the_school_that_it_names() -> None:
    assert subject_labels("elementary_mathematics")["level"] == "1"
    assert subject_labels("high_school_physics") == {"subject": "high_school_physics", "level": "2"}
    assert subject_labels("conceptual_physics") == {"subject": "conceptual_physics"}
