"""The rows of a table in any of the formats that benchmarks are published in."""

from __future__ import annotations

import csv
import json
import re
import string
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from simula.errors import BenchmarkError

Row = Mapping[str, Any]
"""One row: column name to value."""


def read_rows(path: Path, *, headed: bool = False) -> list[Row]:
    """All rows of a file; by its ending: .tsv, .csv, .json or .jsonl (one object a line), .xlsx, .parquet.

    Of a folder: its .json files, a row each, in the order of the numbers in their names.

    Args:
        path: the file or folder.
        headed: the first line of a .csv names its columns, whatever it says; else only if it says `question`.

    Raises:
        BenchmarkError: the ending is not one of these, or the file is damaged.
    """
    if path.is_dir():
        return [row for file in sorted(path.glob("*.json"), key=_by_number) for row in _one_object(file)]
    reader = FORMATS.get(path.suffix.lower())
    if reader is None:
        raise BenchmarkError(f"{path} cannot be read: its ending should be one of {', '.join(FORMATS)}.")
    try:
        return _csv(path, headed=headed) if reader is _csv else reader(path)
    except (ValueError, KeyError, csv.Error, zipfile.BadZipFile) as problem:
        raise BenchmarkError(f"{path} is damaged or not a {path.suffix} file: {problem}") from problem


def text(row: Row, column: str) -> str:
    """The text of one cell, stripped. Raises ValueError where there is no such column or no text in it."""
    if column not in row:
        raise ValueError(f"there is no column {column!r}, only {', '.join(map(repr, row))}")
    value = row[column]
    if not isinstance(value, str):
        raise ValueError(f"column {column!r} holds {value!r} where a text is expected")
    return value.strip()


def letter(said: str, options: Sequence[str]) -> str:
    """The letter of the right option, in upper case. Raises ValueError where it is none of the options'."""
    letters = _letters(options)
    if said.upper() not in letters:
        raise ValueError(f"the answer {said.upper()!r} is not one of the letters A to {letters[-1]}")
    return said.upper()


def letter_at(place: object, options: Sequence[str]) -> str:
    """The letter of the option at a place, counted from 0; the place as a number or in digits.

    Raises ValueError where there is no such option.
    """
    letters = _letters(options)
    number = int(place) if isinstance(place, str) and place.strip().isdecimal() else place
    if not isinstance(number, int) or not 0 <= number < len(letters):
        raise ValueError(f"the right choice {place!r} is not a number from 0 to {len(letters) - 1}")
    return letters[number]


def _letters(options: Sequence[str]) -> str:
    if not 2 <= len(options) <= len(string.ascii_uppercase):
        raise ValueError(f"there are {len(options)} options where 2 to 26 are expected")
    return string.ascii_uppercase[: len(options)]


def _by_number(path: Path) -> tuple[int, str]:
    found = re.search(r"\d+", path.name)
    return int(found.group()) if found else 0, path.name


def _one_object(path: Path) -> list[Row]:
    try:
        return [json.loads(path.read_text(encoding="utf-8"))]
    except ValueError as problem:
        raise BenchmarkError(f"{path} is damaged or not a .json file: {problem}") from problem


def _csv(path: Path, *, headed: bool = False) -> list[Row]:
    """Rows by column name; where the first line is no header, by column number from 0."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        lines = [line for line in csv.reader(file) if line]
    header = lines.pop(0) if lines and (headed or "question" in lines[0]) else None
    # A line that ends early has no value in its last columns, and is found there.
    return [dict(zip(header or map(str, range(len(line))), line, strict=False)) for line in lines]


def _tsv(path: Path) -> list[Row]:
    # No quoting: in CTIBench's files a quotation mark is a quotation mark.
    with path.open(encoding="utf-8-sig", newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def _json_lines(path: Path) -> list[Row]:
    """One object a line, or one list of objects."""
    whole = path.read_text(encoding="utf-8-sig")
    rows = json.loads(whole) if whole.lstrip().startswith("[") else [*_lines(whole)]
    if strange := [row for row in rows if not isinstance(row, dict)]:
        raise ValueError(f"it holds {str(strange[0])[:40]!r} where an object is expected")
    return rows


def _lines(whole: str) -> Iterator[Any]:
    for number, line in enumerate(whole.split("\n"), start=1):
        if line.strip():
            try:
                yield json.loads(line)
            except ValueError as problem:
                raise ValueError(f"line {number} is no JSON: {problem}") from problem


def _xlsx(path: Path) -> list[Row]:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    try:
        lines = book.worksheets[0].iter_rows(values_only=True)
        header = [str(name) for name in next(lines, ())]
        return [
            dict(zip(header, line, strict=True)) for line in lines if any(cell is not None for cell in line)
        ]
    finally:
        book.close()


def _parquet(path: Path) -> list[Row]:
    import pyarrow.parquet

    rows: list[Row] = pyarrow.parquet.read_table(path).to_pylist()
    return rows


FORMATS: dict[str, Callable[[Path], list[Row]]] = {
    ".tsv": _tsv,
    ".csv": _csv,
    ".json": _json_lines,
    ".jsonl": _json_lines,
    ".xlsx": _xlsx,
    ".parquet": _parquet,
}
"""Ending to reader."""
