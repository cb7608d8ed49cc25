"""A table of text, and its forms: Markdown and the terminal's."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.console import Console, RenderableType
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

from simula.visible import visible

Tone = Literal["", "untuned", "partial", "none"]
_STYLE: dict[Tone, str] = {"": "", "untuned": "italic", "partial": "yellow", "none": "dim"}

_WORD = 20
"""Longest word of a name that a narrow terminal does not break."""


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table, shorter than the table where nothing more is known."""

    cells: tuple[str, ...]
    tone: Tone = ""
    """Whether all of its cells are finished, some, or none; or that it is the untuned student's."""


@dataclass(frozen=True, slots=True)
class TextTable:
    """A table; its first `keys` columns name the row and are left-aligned, the others are numbers."""

    title: str
    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    keys: int
    notes: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[tuple[Tone, tuple[str, ...]], ...]:
        """Tone and cells of every line, each as long as there are columns."""
        width = len(self.columns)
        return tuple((line.tone, line.cells + ("",) * (width - len(line.cells))) for line in self.lines)


def markdown(table: TextTable) -> str:
    """The table in Markdown, with title and notes."""
    aligned = tuple(":--" if at < table.keys else "--:" for at in range(len(table.columns)))
    rows = [tuple(map(escaped, table.columns)), aligned]
    rows += [tuple(map(escaped, cells)) for _, cells in table.rows]
    body = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    notes = "  \n".join(escaped(note) for note in table.notes)
    return "\n\n".join(part for part in (f"### {escaped(table.title)}", body, notes) if part)


def escaped(text: str) -> str:
    """One line of Markdown that shows exactly this text: no table bar, tag or markup of a model's making."""
    return re.sub(r"([\\|`*<>]|(?<=\])\()", r"\\\1", " ".join(text.split()))


def terminal(table: TextTable, console: Console) -> Iterator[RenderableType]:
    """The table for this console; one that is too wide comes in blocks, each with the key columns."""
    yield Text(visible(table.title), style="bold")
    rest = range(table.keys, len(table.columns))
    alone = [_columns(table, [*range(table.keys), at]) for at in rest]
    word = _WORD if all(_fits(one, console, _WORD) for one in alone) else 0
    for at, block in enumerate(_blocks(table, console, word)):
        if at:
            yield Text()
        yield _rich(block, word)
    for note in table.notes:
        yield Text(visible(note), style="dim")


def _blocks(table: TextTable, console: Console, word: int) -> Iterator[TextTable]:
    names = list(range(table.keys))
    rest = list(range(table.keys, len(table.columns)))
    while rest:
        fitting = 1
        while fitting < len(rest) and _fits(_columns(table, names + rest[: fitting + 1]), console, word):
            fitting += 1
        yield _columns(table, names + rest[:fitting])
        rest = rest[fitting:]


def _columns(table: TextTable, chosen: Sequence[int]) -> TextTable:
    lines = (Line(tuple(cells[at] for at in chosen), tone) for tone, cells in table.rows)
    said = tuple(line for line in lines if any(line.cells[table.keys :]))
    return replace(table, columns=tuple(table.columns[at] for at in chosen), lines=said)


def _fits(table: TextTable, console: Console, word: int) -> bool:
    """Whether every number fits on one line; names may fold, and their words that are longer than `word`."""
    drawn = _rich(table, word)
    return Measurement.get(console, console.options.update(width=1000), drawn).minimum <= console.width


def _rich(table: TextTable, word: int) -> Table:
    """As rich draws it; words of names up to this length are not broken."""
    drawn = Table(box=SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
    for at, name in enumerate(table.columns):
        if at < table.keys:
            words = (part for _, cells in table.rows for part in visible(cells[at]).split())
            width = max(map(cell_len, words), default=0)
            drawn.add_column(Text(visible(name)), overflow="fold", min_width=min(width, word))
        else:
            heads = name.split(" ")
            width = max(map(cell_len, (*heads, *(cells[at] for _, cells in table.rows))))
            drawn.add_column(Text(visible("\n".join(heads))), justify="right", no_wrap=True, min_width=width)
    for tone, cells in table.rows:
        drawn.add_row(*(Text(visible(cell)) for cell in cells), style=_STYLE[tone])
    return drawn
