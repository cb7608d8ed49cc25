"""Test items of your own: a table with one item a row."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from pydantic import field_validator

from simula.errors import BenchmarkError
from simula.metrics import Columns
from simula.settings import Settings, incidental
from simula.store.benchmarks import TestItem
from simula.store.benchmarks.formats import FORMATS
from simula.store.measured_sets import content_of, read_points


class OwnItems(Settings):
    """A file of test items; which items they are is told by its content, wherever it lies."""

    path: Path = incidental()
    """The file, of one of the forms that `assessment.dataset` takes; a relative one counts from where the
    command was started."""
    columns: Columns = Columns()
    """Which of its columns hold question, options, answer and labels."""

    @field_validator("path")
    @classmethod
    def _there(cls, path: Path) -> Path:
        if path.suffix.lower() not in FORMATS:
            raise ValueError(f"the file's ending should be one of {', '.join(FORMATS)}")
        if not path.is_file():
            raise ValueError("there is no such file")
        return path

    def identity(self) -> dict[str, Any]:
        """Columns and the file's content."""
        return super().identity() | {"content": content_of(self.path)}

    def load(self, folder: Path) -> list[TestItem]:
        """All items, in the file's order. Raises BenchmarkError."""
        if self.columns.answer is None:
            raise BenchmarkError("benchmark.columns.answer=null: a test item needs its right answer.")
        points = read_points(self.path, self.columns, "benchmark.columns")
        if empty := next((point for point in points if not point.example.answer), None):
            raise BenchmarkError(f"{self.path}: the item {empty.id} has no answer ({self.columns.answer}).")
        return [TestItem(id=point.id, example=point.example, labels=point.labels) for point in points]
