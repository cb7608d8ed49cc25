"""`simula show`: what data sets there are, what one is, and the story of one of its rows."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from simula.domain import Domain
from simula.errors import ConfigurationError
from simula.generation import Candidate
from simula.report.story import print_story, shown
from simula.report.text_table import Line, TextTable, terminal
from simula.store.artifacts import Store
from simula.store.datasets import PUBLISHED, SHORT, StoredDataset, find_dataset, stored_datasets
from simula.store.rows import REFUSED, ROWS
from simula.store.slices import count, first_rows, row_at, row_of_slot
from simula.visible import empty

FIRST = 10
"""Rows of a data set that are shown, one line each."""
_AXES = (
    "recipe",
    "taxonomy",
    "scenarios",
    "complexity",
    "critic",
    "teacher",
    "judge",
    "double_judge",
    "data_seed",
)
_COUNTS = (
    "target",
    "candidates",
    "refinements",
    "complex_rows",
    "sequential_rows",
    "test_items_compared_with",
    "repaired",
    "asked_again",
    "unusable_tokens",
)


def list_datasets(root: Path, *, as_json: bool) -> int:
    """Print every data set of a store by the name that `show` takes, those that stopped short last.

    Args:
        root: the store.
        as_json: a list of objects, for programs.

    Returns:
        The exit code, 0.

    Raises:
        StoreError: what is known of a data set cannot be read.
    """
    found = stored_datasets(root)
    used = _used(root)
    listed = [
        {
            "dataset": _name(one),
            "rows": one.said()["rows"],
            "systems": sorted({str(axes["system"]) for axes in used.get(_place(one), ())}),
            "folder": str(one.folder),
        }
        for one in found
    ]
    if as_json:
        print(json.dumps(listed, indent=1, ensure_ascii=False))
        return 0
    console = Console()
    if not found:
        console.print(Text(f"no data sets in {empty(root)}; simula generate makes one"), soft_wrap=True)
        return 0
    lines = tuple(
        Line((str(one["dataset"]), f"{one['rows']:,}", ", ".join(one["systems"]))) for one in listed
    )
    table = TextTable(f"data sets in {root}", ("data set", "rows", "system"), lines, 1)
    console.print(*terminal(table, console), sep="\n")
    console.print(Text("simula show DATASET tells what one is, simula show DATASET ROW a row's story"))
    return 0


def _name(one: StoredDataset) -> str:
    """As `find_dataset` reads it."""
    return f"{SHORT}/{one.key}/{one.size}" if one.short else f"{one.key}/{one.size}"


def _place(one: StoredDataset) -> str:
    return f"{PUBLISHED}/{one.key}/{one.size}"


def show(root: Path, name: str, row: str | None, domain: Domain | None, *, as_json: bool) -> int:
    """Print a data set, or one row of it.

    Args:
        root: the store that the data set is looked for in.
        name: of the data set, as `find_dataset` reads it.
        row: its number in the data set, counted from 0, or `slot:17` for any slot, a refused one too.
        domain: the data set's own, to show a row as a student sees it.
        as_json: the manifest or the row as JSON, for programs.

    Returns:
        The exit code, 0.

    Raises:
        ConfigurationError: there is no such data set or row, or the domain is another one's.
    """
    found = find_dataset(root, name)
    if domain is not None and not found.key.startswith(f"{domain.name}-"):
        raise ConfigurationError(f"{found.key} is not a data set of the domain '{domain.name}'")
    console = Console()
    if row is None:
        if as_json:
            print(json.dumps(found.said(), indent=1, ensure_ascii=False))
        else:
            _print_dataset(root, found, console)
        return 0
    candidate = _row(found, row)
    if as_json:
        print(json.dumps(candidate.model_dump(mode="json"), indent=1, ensure_ascii=False))
        return 0
    console.print(Text(f"slot {candidate.slot} of {found.key}/{found.size}", style="bold"), soft_wrap=True)
    print_story(candidate, domain, console)
    return 0


def _row(found: StoredDataset, row: str) -> Candidate:
    rows = found.folder / ROWS
    wanted = re.fullmatch(r"(slot:)?(\d+)", row)
    if not wanted:
        raise ConfigurationError(f"'{row}' is not a row: its number, such as 17, or slot:17 is expected")
    number = int(wanted[2])
    if not wanted[1]:
        if (candidate := row_at(rows, number)) is not None:
            return candidate
        raise ConfigurationError(
            f"there is no row {number}: {found.size} holds {count(rows):,}, counted from 0"
        )
    for name in (ROWS, REFUSED):
        if (candidate := row_of_slot(found.folder / name, number)) is not None:
            return candidate
    slots = count(rows) + count(found.folder / REFUSED)
    raise ConfigurationError(f"there is no slot {number}: {found.size} tried {slots:,}, counted from 0")


def _print_dataset(root: Path, found: StoredDataset, console: Console) -> None:
    said = found.said()
    console.print(Text(f"{found.key}/{found.size}", style="bold"), soft_wrap=True)
    if found.short:
        console.print(Text("the run stopped short of its target; this is what was kept", style="yellow"))
    console.print(_facts(root, found, said))
    for table in (_refused(said), _teachers(said)):
        if table.lines:
            console.print()
            console.print(*terminal(table, console), sep="\n")
    console.print(Text("\nfirst rows", style="bold"))
    for number, candidate in enumerate(first_rows(found.folder / ROWS, FIRST)):
        example = candidate.example
        text = f"{example.question} → {example.answer}" if example else ""
        line = Text.assemble((f"{number:>3}  ", "dim"), shown(" ".join(text.split())))
        console.print(line, no_wrap=True, overflow="ellipsis")
    console.print(Text(f"\n{found.folder}", style="dim"), soft_wrap=True)


def _facts(root: Path, found: StoredDataset, said: Mapping[str, Any]) -> Table:
    table = Table(box=None, show_header=False, pad_edge=False)
    axes = next(iter(_used(root).get(_place(found), ())), {})
    for name in _AXES:
        if axes.get(name) not in (None, "", "null"):
            table.add_row(name.replace("_", " "), str(axes[name]))
    for name, key in said.get("inputs", {}).items():
        table.add_row(f"made from {name}", key)
    table.add_row("rows", f"{said['rows']:,}")
    for name in (name for name in _COUNTS if name in said):
        table.add_row(name.replace("_", " "), f"{said[name]:,}")
    if letters := said.get("right_letters"):
        table.add_row("right letters", ", ".join(f"{letter} {times:,}" for letter, times in letters.items()))
    if made := said.get("made"):
        table.add_row("made by", f"simula {made['versions']['simula']}, revision {made['git_revision']}")
    return table


def _used(root: Path) -> dict[str, list[dict[str, Any]]]:
    """A data set's place in the store, to the axes of the cells that use it."""
    found: dict[str, list[dict[str, Any]]] = {}
    for path in sorted(Store(root).cells.glob("*.json")):
        record = json.loads(path.read_text(encoding="utf-8"))
        found.setdefault(record["artifacts"].get("dataset"), []).append(record["axes"])
    return found


def _refused(said: Mapping[str, Any]) -> TextTable:
    lines = tuple(
        Line((why, f"{times:,}", f"{100 * times / said['candidates']:.1f}"))
        for why, times in said["refused"].items()
    )
    return TextTable("refused candidates", ("why", "count", "% of candidates"), lines, 1)


def _teachers(said: Mapping[str, Any]) -> TextTable:
    lines = []
    for model, spent in said["teachers"].items():
        numbers = (f"{spent[name]:,}" for name in ("calls", "prompt", "cached", "completion"))
        others = [name for name in spent["answered"] if name != model]
        name = f"{model}; answered: {', '.join(spent['answered'])}" if others else model
        lines.append(Line((name, *numbers, f"{spent['usd']:.4f}")))
    columns = ("teacher", "calls", "tokens read", "cached", "written", "price,\u00a0$")
    return TextTable("teachers", columns, tuple(lines), 1)
