"""Tiny files of the benchmarks' original formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import openpyxl

from simula.store.benchmarks import (
    Expected,
    Math,
    Source,
    TestItem,
)

MCQ_HEADER = ("URL", "Question", "Option A", "Option B", "Option C", "Option D", "Prompt", "GT")
RCM_HEADER = ("URL", "Description", "Prompt", "GT")
LEXAM_HEADER = ("question", "choices", "gold", "course", "language", "id")


def source(file: str) -> Source:
    return Source(file=file, origin="https://example.org/benchmark")


def write_tsv(path: Path, *lines: tuple[str, ...]) -> Source:
    path.write_text("\r\n".join("\t".join(line) for line in lines), encoding="utf-8", newline="")
    return source(path.name)


def write_xlsx(path: Path, *lines: tuple[Any, ...]) -> Source:
    book = openpyxl.Workbook()
    for line in lines:
        book.worksheets[0].append(line)
    book.save(path)
    return source(path.name)


def write_jsonl(path: Path, *rows: dict[str, Any]) -> Source:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return source(path.name)


def math_problem(number: int, level: str = "Level 5") -> dict[str, str]:
    return {
        "problem": f"What is ${number} + 0$?",
        "level": level,
        "type": "Algebra",
        "solution": f"It is $\\boxed{{\\frac{{{number}}}{{1}}}}$.",
    }


def loaded_math(folder: Path, file: str, items: int, **changes: Any) -> list[TestItem]:
    return Math(
        source=source(file), subjects=("algebra", "geometry"), expected=Expected(items=items), **changes
    ).load(folder)
