"""Names that people and models write."""

from __future__ import annotations


def folded(name: str) -> str:
    """What two spellings of one name have in common."""
    return " ".join(name.casefold().split())
