"""Reading a provider's JSON, whatever stands there: what has another shape is as if it were absent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ABSURD = 10**12
"""No call has so many tokens, and no column for counts holds much more."""


def mapping(said: Any) -> Mapping[str, Any]:
    """An object; empty where it is none."""
    return said if isinstance(said, Mapping) else {}


def mappings(said: Any) -> list[Mapping[str, Any]]:
    """The objects of a list; none where it is no list."""
    return [item for item in said if isinstance(item, Mapping)] if isinstance(said, list) else []


def number(said: Any) -> float:
    """A number that is not negative, also as text; 0 where it is none."""
    try:
        return max(0.0, float(said))  # in this order a NaN gives 0
    except (TypeError, ValueError, OverflowError):
        return 0.0


def count(said: Any) -> int:
    """A whole number that is not negative, also as text; 0 where it is none, or no count of anything."""
    try:
        found = int(said)
        return found if 0 <= found < _ABSURD else 0
    except (TypeError, ValueError, OverflowError):
        return 0
