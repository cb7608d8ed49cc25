"""Sets of one name, told apart by what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simula.report.measures.shown import Measured
from simula.stages.bench import MECHANISM

_ANY = ("domain", "teacher", "embedding", "double_judge")
"""Axes that any measured set may differ in."""
_OWN = (*MECHANISM, "judge", "tokens", "size", "data_seed")
"""Those that only rows of ours have."""


def particulars(axes: Mapping[str, Any], manifest: Mapping[str, Any]) -> dict[str, str]:
    """What may tell a measured set from others of its name: what to its value.

    Args:
        axes: of the cell.
        manifest: of the measure; `file` in it is of a file alone (`simula.stages.measures.points`).
    """
    file = manifest.get("file")
    found = {name: str(axes[name]) for name in (_ANY if file else _ANY + _OWN) if name in axes}
    if file:
        found |= {f"columns.{name}": _column(column) for name, column in file["columns"].items()}
        found |= {"rows": f"{file['rows']:,}", "content": file["content"]}
    return found


def _column(named: str | Sequence[str] | None) -> str:
    """As the configuration names it."""
    if isinstance(named, str):
        return named
    return "null" if named is None else f"[{', '.join(named)}]"


def told_apart(sets: Sequence[Measured]) -> list[Measured]:
    """Each set by a name of its own: beside one that several have stands what they differ in.

    Where that is not known to differ, their keys do.
    """
    named = [replace(one, name=_beside(one, _differing(one, sets))) for one in sets]
    names = [one.name for one in named]
    return [
        one if names.count(one.name) == 1 else replace(one, name=_beside(one, {"key": one.folder.name}))
        for one in named
    ]


def _differing(one: Measured, sets: Sequence[Measured]) -> dict[str, str]:
    same = [other.told for other in sets if other.name == one.name]
    return {what: value for what, value in one.told.items() if len({told.get(what, "") for told in same}) > 1}


def _beside(one: Measured, differing: Mapping[str, str]) -> str:
    said = ", ".join(f"{what} {value}" for what, value in differing.items())
    return f"{one.name} ({said})" if said else one.name
