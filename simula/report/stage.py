"""What a single stage made, on the terminal: the tree of `simula taxonomy`, the numbers of the others."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from simula.report.tree import print_trees
from simula.stages.record import CellRecord
from simula.stages.taxonomy import STAGE, stored_taxonomies
from simula.store.artifacts import Store

_ARTIFACT = {"generate": "dataset", "assess": "assess", "train": "train"}
_HIDDEN = {"stage", "key", "inputs", "made", "templates", "teachers"}


def print_stage(command: str, store: Store, records: Sequence[CellRecord], console: Console) -> None:
    """Print what `command` made of each cell, shared artifacts once."""
    name = _ARTIFACT.get(command, command)
    for place in dict.fromkeys(record.artifacts[name] for record in records if name in record.manifests):
        manifest = next(r.manifests[name] for r in records if r.artifacts[name] == place)
        if command == "taxonomy":
            found = stored_taxonomies(store, place.removeprefix(f"{STAGE}/"))
            print_trees(found, manifest, store.root / place, console)
        else:
            _print_numbers(manifest, console)
        console.print(f"{store.root / place}", style="dim", soft_wrap=True)


def _print_numbers(manifest: dict[str, object], console: Console) -> None:
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, value in manifest.items():
        if name in _HIDDEN:
            continue
        for inner, number in value.items() if isinstance(value, dict) else [("", value)]:
            table.add_row(" ".join((name.replace("_", " "), inner)).strip(), _shown(number))
    console.print(table)


def _shown(value: object) -> str:
    return f"{value:,.4g}" if isinstance(value, float) else str(value)
