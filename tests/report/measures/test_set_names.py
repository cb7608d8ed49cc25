"""Sets of one name are told apart by what they differ in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from simula.report.measures.names import particulars, told_apart
from simula.report.measures.shown import Measured

AXES = {"domain": "gsm8k", "teacher": "gemini_flash", "size": 100, "data_seed": 0, "system": "full"}


def of_file(key: str, rows: int = 30, content: str = "ab12", question: str = "text") -> Measured:
    columns = {"question": question, "answer": None}
    manifest = {"file": {"rows": rows, "content": content, "columns": columns}}
    return Measured("theirs.csv", manifest, Path(key), particulars(AXES, manifest))


def own(key: str, **axes: Any) -> Measured:
    return Measured("full", {}, Path(key), particulars(AXES | axes, {}))


def names(*sets: Measured) -> list[str]:
    return [one.name for one in told_apart(sets)]


def test_a_name_that_one_set_has_stays() -> None:
    assert names(of_file("a"), own("b")) == ["theirs.csv", "full"]


def test_the_same_file_by_other_columns() -> None:
    assert names(of_file("a"), of_file("b", question="body")) == [
        "theirs.csv (columns.question text)",
        "theirs.csv (columns.question body)",
    ]


def test_the_same_name_with_other_content() -> None:
    assert names(of_file("a"), of_file("b", rows=4000, content="cd34"), own("c")) == [
        "theirs.csv (rows 30, content ab12)",
        "theirs.csv (rows 4,000, content cd34)",
        "full",
    ]


def test_own_rows_by_their_axes() -> None:
    assert names(own("a"), own("b", size=1000)) == ["full (size 100)", "full (size 1000)"]
    # What does not decide a file's points is not said of it.
    assert "size" not in of_file("a").told


def test_what_is_not_known_to_differ_has_its_key() -> None:
    assert names(own("one-key"), own("other-key")) == ["full (key one-key)", "full (key other-key)"]
