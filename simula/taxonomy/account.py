"""What is worth telling of taxonomies: their manifest's part, and the sentences that people read of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from simula.taxonomy.expansion import Builder
from simula.taxonomy.tree import Path, Taxonomies

EXAMPLES = 10
"""Repeated names shown at most; all are counted."""
_TOLD = {
    "factors over": "left out; taxonomy.expansion.max_factors",
    "children over": "left out; taxonomy.expansion.max_children, of one node",
    "frontier over": "nodes not divided further; taxonomy.expansion.max_frontier, of one level",
    "unreadable": "replies; a stronger teacher, teacher.max_tokens or dataset.attempts may help",
    "refused": "requests, by the teacher",
}
"""What a warning counts, and which setting it hangs on, by how it begins."""


def contents(found: Taxonomies) -> dict[str, Any]:
    """Counts of what taxonomies hold, and the names that stand in several branches of one of them."""
    repeated = [(tree.factor, paths) for tree in found.taxonomies for paths in tree.repeated]
    return {
        "factors": [tree.factor for tree in found.taxonomies],
        "nodes": sum(found.nodes_by_level),
        "nodes_by_level": found.nodes_by_level,
        "strategies": len(found.strategies),
        "repeated_names": {
            "count": len(repeated),
            "examples": [
                {"factor": factor, "name": paths[0][-1], "paths": [list(path) for path in paths]}
                for factor, paths in repeated[:EXAMPLES]
            ],
        },
    }


def making(builder: Builder) -> dict[str, Any]:
    """What the reviews changed, what was not divided, and what was capped or lost."""
    return {
        "review": {
            "factors": {what: list(names) for what, names in builder.factor_review.items()},
            "children": dict(builder.child_review),
        },
        "leaves_above_the_last_level": builder.leaves.total(),
        "warnings": dict(sorted(builder.counts.items())),
    }


def changes(before: Taxonomies, after: Taxonomies) -> dict[str, int]:
    """Nodes that an edit added, removed and described anew; a renamed or moved one is removed and added."""
    old, new = _descriptions(before), _descriptions(after)
    return {
        "added": len(new.keys() - old.keys()),
        "removed": len(old.keys() - new.keys()),
        "described_anew": sum(new[place] != old[place] for place in new.keys() & old.keys()),
    }


def _descriptions(found: Taxonomies) -> dict[tuple[str, Path], str]:
    return {(tree.factor, path): node.description for tree in found.taxonomies for path, node in tree.nodes}


def sentences(manifest: Mapping[str, Any]) -> list[str]:
    """What a person is told of taxonomies: where they come from, what the reviews did."""
    said = []
    if (edited := manifest.get("edited")) is not None:
        said.append(_edited(edited))
    review = manifest.get("review", {})
    if factors := review.get("factors"):
        proposed = sum(len(factors[what]) for what in ("kept", "edited", "rejected"))
        done = ", ".join(_named(what, factors[what]) for what in ("kept", "edited", "added", "rejected"))
        said.append(f"factors: {proposed} proposed; the review {done}")
    if children := review.get("children"):
        done = ", ".join(f"{what} {children.get(what, 0):,}" for what in ("edited", "added", "rejected"))
        said.append(f"children: {children.get('proposed', 0):,} proposed; the reviews {done}")
    if leaves := manifest.get("leaves_above_the_last_level"):
        said.append(f"leaves above the last level: {leaves:,}")
    repeated = manifest["repeated_names"]
    if repeated["count"]:
        first = repeated["examples"][0]
        places = "; ".join(" > ".join(path) for path in first["paths"][:3])
        said.append(
            f"names in several branches of one taxonomy: {repeated['count']:,}, "
            f"such as '{first['name']}' in {first['factor']}: {places}"
        )
    return said


def warnings(manifest: Mapping[str, Any]) -> list[str]:
    """One sentence for each thing that was capped or lost."""
    counted: Mapping[str, int] = manifest.get("warnings", {})
    return [f"{what}: {count:,}{_told(what)}" for what, count in counted.items()]


def _told(what: str) -> str:
    return next((f" {told}" for start, told in _TOLD.items() if what.startswith(start)), "")


def _named(what: str, names: list[str]) -> str:
    shown = f" ({', '.join(names)})" if names and what != "kept" else ""
    return f"{what} {len(names)}{shown}"


def _edited(edited: Mapping[str, Any]) -> str:
    if edited["from"] is None:
        return "edited by a person; the file does not say (made_by) from what"
    if "added" not in edited:
        return f"edited by a person, from {edited['from']}, which is not in this store as it was made"
    return (
        f"edited by a person, from {edited['from']}: nodes added {edited['added']:,}, "
        f"removed {edited['removed']:,}, described anew {edited['described_anew']:,}"
    )
