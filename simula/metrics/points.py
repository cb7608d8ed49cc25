"""One data point of any set that is measured: ours, somebody else's, or a benchmark's test items."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from simula.domain import Example
from simula.generation import Candidate
from simula.mix import Mix


@dataclass(frozen=True, slots=True)
class Point:
    """One data point; what is not known of it is None or empty."""

    id: str
    """Stable over runs and machines: the slot, the test item's id, or the row's place in its file."""
    example: Example
    mix: Mix | None = None
    """The nodes that it was made from: its lineage."""
    complex: bool = False
    """Whether its scenario was rewritten to be harder."""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)
    """What people said of it, such as its level or subject."""

    @property
    def level(self) -> str | None:
        """The human level, where the set has one."""
        return self.labels.get("level")


def points_of(rows: Iterable[Candidate]) -> list[Point]:
    """The accepted rows of a data set of ours, in slot order; `mix` is None where its recipe draws none."""
    return [
        Point(
            id=str(row.slot),
            example=row.example,
            mix=row.mix if row.mix.choices else None,
            complex=row.complex,
        )
        for row in rows
        if row.example is not None
    ]
