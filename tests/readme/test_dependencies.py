"""docs/dependencies.md has every dependency, and no other; and what it names of the code exists."""

import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def rows(title: str) -> list[list[str]]:
    """The cells of the table below a heading."""
    (part,) = re.findall(rf"^## {title}\n(.*?)(?=^## |\Z)", TEXT, re.DOTALL | re.MULTILINE)
    lines = [line for line in part.splitlines() if line.startswith("| ")][1:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def names(requirements: list[str]) -> list[str]:
    return sorted({re.split(r"[<>=~!\[ ;]", one)[0] for one in requirements})


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("To run", PROJECT["dependencies"]),
        ("Where asked for", [one for group in PROJECT["optional-dependencies"].values() for one in group]),
    ],
)
def test_the_table_is_what_pyproject_asks_for(title: str, wanted: list[str]) -> None:
    found = rows(title)
    assert sorted(cells[0] for cells in found) == names(wanted)
    assert all(len(cells) == 4 and all(cells) for cells in found)


def test_what_is_written_by_hand_is_where_the_table_says() -> None:
    named = [
        name
        for _, where, _ in rows("What is written by hand, and why")
        for name in re.findall(r"`([^`]+)`", where)
    ]
    assert len(named) > 15
    assert [name for name in named if not list((ROOT / "simula").glob(name))] == []
