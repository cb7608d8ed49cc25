"""A number of the paper's beside ours: what every table and figure here is made of."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from simula.report.text_table import Line, TextTable

REFERENCE = Path(__file__).with_name("reference")
"""The paper's numbers; the README there says where each was read."""

State = Literal["done", "running", "missing"]


@dataclass(frozen=True, slots=True)
class Ours:
    """Our number, its 95 % interval where it has one, and what it was computed on."""

    value: float
    low: float | None = None
    high: float | None = None
    on: str = ""


@dataclass(frozen=True, slots=True)
class Compared:
    """One number: what it is of, the paper's, ours."""

    where: Mapping[str, str | int]
    """What it is of, such as domain, system and level."""
    what: str
    """The measure."""
    paper: float | None
    """The paper's number; None where it prints none."""
    paper_half: float | None = None
    """Half of the paper's 95 % interval, where it states one."""
    ours: Ours | None = None
    state: State = "missing"
    """Of ours, where there is none."""
    note: str = ""
    """What of ours is not finished, such as "3 of 10 seeds"; a part of the mark."""

    @property
    def difference(self) -> float | None:
        """Ours minus the paper's."""
        return None if self.ours is None or self.paper is None else self.ours.value - self.paper

    @property
    def difference_half(self) -> tuple[float, float] | None:
        """The 95 % interval of the difference; None where ours has none.

        The two are independent, so that squares of half-widths add up; a number of the paper's without an
        interval is taken as exact, which makes this one too narrow.
        """
        if self.difference is None or self.ours is None or self.ours.low is None or self.ours.high is None:
            return None
        half = self.paper_half or 0.0
        below = math.hypot(self.ours.value - self.ours.low, half)
        above = math.hypot(self.ours.high - self.ours.value, half)
        return self.difference - below, self.difference + above

    @property
    def outside(self) -> bool:
        """Whether the interval of the difference leaves zero out."""
        bounds = self.difference_half
        return bounds is not None and not bounds[0] <= 0 <= bounds[1]

    @property
    def mark(self) -> str:
        """Missing, running or outside, and what is not finished; or nothing."""
        first = self.state if self.ours is None else "outside" if self.outside else ""
        return ", ".join(part for part in (first, self.note) if part)

    def record(self) -> dict[str, str | int | float | None]:
        """As plain values, one line of a CSV file."""
        bounds = self.difference_half or (None, None)
        return {
            **self.where,
            "measure": self.what,
            "paper": self.paper,
            "paper_ci95_half_width": self.paper_half,
            "ours": self.ours.value if self.ours else None,
            "ours_low": self.ours.low if self.ours else None,
            "ours_high": self.ours.high if self.ours else None,
            "difference": self.difference,
            "difference_low": bounds[0],
            "difference_high": bounds[1],
            "mark": self.mark,
            "computed_on": self.ours.on if self.ours else "",
        }


def reference(name: str) -> list[dict[str, str]]:
    """The rows of one of the paper's files."""
    with (REFERENCE / name).open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def number(said: str) -> float | None:
    """A reference file's number; None where the cell is empty."""
    return float(said) if said.strip() else None


def table(title: str, compared: Sequence[Compared], digits: int = 3) -> TextTable:
    """One line a number, with a mark where ours is missing, running, or not compatible with the paper's."""
    names = list(dict.fromkeys(name for one in compared for name in one.where))
    lines = tuple(_line(one, names, digits) for one in compared)
    grounds = list(dict.fromkeys(one.ours.on for one in compared if one.ours is not None and one.ours.on))
    return TextTable(
        title,
        (*names, "measure", "paper", "ours", "difference", "mark"),
        lines,
        len(names) + 1,
        (*_notes(compared), *(f"Ours: {on}." for on in grounds)),
    )


def _line(one: Compared, names: Sequence[str], digits: int) -> Line:
    cells = [str(one.where.get(name, "")) for name in names]
    paper = _shown(one.paper, digits)
    paper += f" ± {one.paper_half:.{digits}f}" if one.paper_half is not None else ""
    ours, difference = "–", "–"
    if one.ours is not None:
        ours = _shown(one.ours.value, digits) + _interval((one.ours.low, one.ours.high), digits)
    if one.difference is not None:
        difference = f"{one.difference:+.{digits}f}" + _interval(one.difference_half or (None, None), digits)
    return Line((*cells, one.what, paper, ours, difference, one.mark), "none" if one.ours is None else "")


def _shown(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"


def _interval(bounds: tuple[float | None, float | None], digits: int) -> str:
    low, high = bounds
    return "" if low is None or high is None else f" [{low:.{digits}f}, {high:.{digits}f}]"


def _notes(compared: Sequence[Compared]) -> Iterator[str]:
    missing = sum(one.ours is None for one in compared)
    if missing:
        yield f"{missing} of {len(compared)} numbers have no finished result of ours."
    yield (
        "Intervals: 95 %. outside: the interval of the difference leaves zero out; numbers of the paper's"
        " without an interval are taken as exact."
    )
