"""Any set of data points from where it is: a file of somebody else's, the hub, the store."""

from __future__ import annotations

import hashlib
import re
from functools import lru_cache
from pathlib import Path

from simula.domain import Example
from simula.errors import BenchmarkError, ConfigurationError
from simula.metrics import Columns, Point, points_of
from simula.store.benchmarks import TestItem
from simula.store.benchmarks.formats import FORMATS, Row, letter, letter_at, read_rows, text
from simula.store.benchmarks.source import Hub, fetch
from simula.store.datasets import find_dataset
from simula.store.rows import ROWS
from simula.store.rows import read_rows as read_candidates

BENCHMARK = "benchmark"
"""The name under which a domain's test items are measured."""
REAL = "real"
"""What tables and figures call these items, beside the names of systems."""
_HUB = re.compile(r"hub:([^/@]+/[^/@]+)/([^@]+)@([\w./-]+)")


def file_of(name: str, root: Path) -> Path:
    """The file that `assessment.dataset` means: on this machine, fetched from the hub, or of the store.

    Raises:
        ConfigurationError: there is no such file or data set.
        BenchmarkError: the hub does not give it.
    """
    if (hub := hub_of(name)) is not None:
        return fetch(hub, "Or name a file of this machine: assessment.dataset=path.jsonl.")
    path = Path(name)
    if path.is_file() and path.suffix.lower() not in FORMATS:
        raise ConfigurationError(
            f"assessment.dataset={name}: the file's ending should be one of {', '.join(FORMATS)}"
        )
    if path.suffix.lower() in FORMATS:
        if not path.is_file():
            raise ConfigurationError(f"assessment.dataset={name}: there is no such file")
        return path
    try:
        return find_dataset(root, name).folder / ROWS
    except ConfigurationError as error:
        raise ConfigurationError(
            f"assessment.dataset={name} is not {BENCHMARK}, no file that ends in {', '.join(FORMATS)}, and "
            f"no data set of the store: {error}"
        ) from error


def hub_of(name: str) -> Hub | None:
    """The file of the hub that `assessment.dataset` means; None where it means none.

    Raises:
        ConfigurationError: it means one, and does not say which.
    """
    if not name.startswith("hub:"):
        return None
    if not (found := _HUB.fullmatch(name)):
        raise ConfigurationError(
            f"assessment.dataset={name} is not of the form hub:owner/name/path/to/file.parquet@revision"
        )
    return Hub(repository=found.group(1), file=found.group(2), revision=found.group(3))


def content_of(path: Path) -> str:
    """Twelve hexadecimal digits of SHA-256 over a file: what a measured set is known by."""
    state = path.stat()
    return _content(path.resolve(), state.st_mtime_ns, state.st_size)


@lru_cache(maxsize=64)
def _content(path: Path, changed: int, size: int) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:12]


def read_points(path: Path, columns: Columns, named: str = "assessment.columns") -> list[Point]:
    """The data points of a file: a stored data set's rows, or any table's.

    Args:
        path: the file.
        columns: what its columns hold.
        named: the setting that says so.

    Raises:
        BenchmarkError: the file is damaged or empty, or a row is not as `columns` says; the first such row is
            named.
    """
    if path.name == ROWS:
        return points_of(read_candidates(path))
    points = []
    for number, row in enumerate(read_rows(path, headed=True), start=1):
        try:
            points.append(_point(number, row, columns))
        except ValueError as problem:
            raise BenchmarkError(
                f"{path}, row {number}: {problem}; {named} says which columns are read."
            ) from problem
    if not points:
        raise BenchmarkError(f"{path} holds no data point.")
    rows: dict[str, int] = {}
    for number, point in enumerate(points, start=1):
        if (first := rows.setdefault(point.id, number)) != number:
            raise BenchmarkError(
                f"{path}, rows {first} and {number}: both have the id {point.id!r}; {named}.id "
                "names a column in which every row has its own, or null: the place in the file."
            )
    return points


def points_of_items(items: list[TestItem]) -> list[Point]:
    """A benchmark's test items."""
    return [Point(id=item.id, example=item.example, labels=item.labels) for item in items]


def _point(number: int, row: Row, columns: Columns) -> Point:
    options = _options(row, columns)
    example = Example(
        question=text(row, columns.question),
        options=options,
        answer="" if columns.answer is None else _answer(row, columns.answer, options),
        reasoning="" if columns.reasoning is None else text(row, columns.reasoning),
    )
    for name in (*columns.labels, *([columns.id] if columns.id else [])):
        if name not in row:
            raise ValueError(f"there is no column {name!r}, only {', '.join(map(repr, row))}")
    return Point(
        id=str(row[columns.id]) if columns.id else str(number),
        example=example,
        labels={label: str(row[label]) for label in columns.labels if _said(row[label])},
    )


def _said(value: object) -> bool:
    """An empty cell, or a table's "not a number", which equals not even itself, says nothing."""
    return value not in (None, "") and value == value


def _options(row: Row, columns: Columns) -> tuple[str, ...]:
    if len(columns.options) == 1 and isinstance(listed := row.get(columns.options[0]), list | tuple):
        return tuple(str(option).strip() for option in listed)
    return tuple(text(row, name) for name in columns.options)


def _answer(row: Row, column: str, options: tuple[str, ...]) -> str:
    """Without options the value as text; with options their letter."""
    if column not in row:
        raise ValueError(f"there is no column {column!r}, only {', '.join(map(repr, row))}")
    value = row[column]
    if not options:
        if value is None or isinstance(value, list | dict):
            raise ValueError(f"column {column!r} holds {value!r} where an answer is expected")
        return str(value).strip()
    if isinstance(value, int):
        return letter_at(value, options)
    said = text(row, column)
    if options.count(said) == 1:
        return letter(chr(ord("A") + options.index(said)), options)
    return letter_at(said, options) if said.isdecimal() else letter(said, options)
