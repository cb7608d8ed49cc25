"""Proposals united by name, and what a review changed of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.domain.names import folded

Named = list[dict[str, str]]
"""Factors or children as a teacher names them: `name` and `description` each."""


@dataclass(frozen=True, slots=True)
class Edit:
    """What one review did, by name; a renamed item is one rejected and one added."""

    kept: tuple[str, ...]
    """Left as they were."""
    edited: tuple[str, ...]
    """Described anew, or written in other capitals."""
    added: tuple[str, ...]
    rejected: tuple[str, ...]


def unite(items: Sequence[dict[str, str]]) -> Named:
    """The union by name, folding case and white space; the first wording stands."""
    kept: dict[str, dict[str, str]] = {}
    for item in items:
        name = " ".join(item["name"].split())
        if name:
            kept.setdefault(folded(name), {"name": name, "description": item["description"].strip()})
    return list(kept.values())


def compare(proposed: Named, reviewed: Named) -> Edit:
    """What became of united proposals in a review that was itself united."""
    before = {folded(item["name"]): item for item in proposed}
    after = {folded(item["name"]): item for item in reviewed}
    both = [(before[name], item) for name, item in after.items() if name in before]
    return Edit(
        kept=tuple(item["name"] for old, item in both if old == item),
        edited=tuple(item["name"] for old, item in both if old != item),
        added=tuple(item["name"] for name, item in after.items() if name not in before),
        rejected=tuple(item["name"] for name, item in before.items() if name not in after),
    )
