"""Selections of a data set by rating: the complexity splits of Section 4."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from pydantic import Field

from simula.draws import generator
from simula.errors import ConfigurationError, unknown
from simula.generation import Candidate
from simula.settings import Settings
from simula.taxonomy.tree import Path


class SelectionSettings(Settings):
    """Which rows of the data set a student is trained on."""

    which: Literal["everything", "low", "high", "mixed"] = "everything"
    """All rows; or in each taxonomy node those with the lowest ratings, with the highest, or as many of both
    together (the paper's "all")."""
    share: float = Field(0.4, gt=0, le=0.5)
    """Share of a node's rows that a selection takes: 0.4, paper."""
    factor: str | None = None
    """Factor whose nodes part the rows. Null: the first of those
    that most rows have; the paper does not say which."""
    min_rows: int = Field(5, ge=1)
    """A node with fewer rows is taken together with its parent. The paper is silent: 5."""

    @property
    def rated(self) -> bool:
        """Whether it needs ratings."""
        return self.which != "everything"

    @property
    def kept(self) -> float:
        """The share of the rows that is trained on, about."""
        return self.share if self.rated else 1.0


@dataclass(frozen=True, slots=True)
class Selection:
    """Some rows of a data set, and how they were found."""

    rows: list[Candidate]
    """In slot order."""
    counts: dict[str, int | str]
    """For manifests: rows before and after, groups, what was merged or left out."""


@dataclass(frozen=True, slots=True)
class Groups:
    """Rows parted by their node of one factor."""

    factor: str
    """Empty where no row has any factor."""
    rows: dict[Path | None, list[Candidate]]
    """By node; () is the rest of the factor, None are the rows without it."""
    merged_nodes: int
    merged_rows: int
    """Rows that stand with their node's parent, or its parent, since the node had too few."""


def select(
    rows: Sequence[Candidate], ratings: Mapping[int, float], settings: SelectionSettings, seed: int
) -> Selection:
    """The rows to train on.

    In each group of n rated rows `low` are the k lowest and `high` the k highest, where k is `share` · n
    rounded to the nearest number and at most n / 2: so the two are disjoint. `mixed` draws k of both
    together: half from the low, half from the high, the odd one from either. Equal ratings stand in the
    order of their slots.

    Args:
        rows: of one data set, in slot order.
        ratings: slot to Elo; a row without one is left out and counted.
        settings: which, and how rows are grouped.
        seed: of the draws of `mixed`.

    Raises:
        ConfigurationError: no row has the factor that the settings name.
    """
    rated = [row for row in rows if row.slot in ratings]
    groups = group_rows(rated, settings)
    chosen: list[Candidate] = []
    for path, members in groups.rows.items():
        ordered = sorted(members, key=lambda row: (ratings[row.slot], row.slot))
        draw = generator(seed, "selection", groups.factor, *_named(path))
        chosen += _of_group(ordered, settings, draw)
    counts: dict[str, int | str] = {
        "which": settings.which,
        "rows_before": len(rows),
        "rows": len(chosen),
        "unrated_rows": len(rows) - len(rated),
        "factor": groups.factor,
        "groups": len(groups.rows),
        "groups_too_small": sum(not _taken(len(members), settings) for members in groups.rows.values()),
        "merged_nodes": groups.merged_nodes,
        "merged_rows": groups.merged_rows,
        "rows_without_factor": len(groups.rows.get(None, [])),
    }
    return Selection(rows=sorted(chosen, key=lambda row: row.slot), counts=counts)


def group_rows(rows: Sequence[Candidate], settings: SelectionSettings) -> Groups:
    """The rows by their node of one factor, as deep as they were drawn; small nodes with their parents.

    From the deepest level up, a node with fewer than `min_rows` rows joins its parent; at the top it joins
    the rest of the factor, which stays a group however small. Where no factor is named and none is common
    to all rows, it is the one that most rows have; rows without it are a group of their own.

    Raises:
        ConfigurationError: no row has the factor that the settings name.
    """
    factor = _factor(rows, settings.factor)
    found: dict[Path | None, list[Candidate]] = {}
    for row in rows:
        path = next((choice.path for choice in row.mix.choices if choice.factor == factor), None)
        found.setdefault(path, []).append(row)
    nodes = 0
    joined: set[int] = set()
    for level in range(max((len(path) for path in found if path), default=0), 0, -1):
        for path in [path for path in found if path and len(path) == level]:
            if len(found[path]) < settings.min_rows:
                members = found.pop(path)
                found.setdefault(path[:-1], []).extend(members)
                nodes += 1
                joined.update(row.slot for row in members)
    return Groups(factor=factor, rows=found, merged_nodes=nodes, merged_rows=len(joined))


def _factor(rows: Sequence[Candidate], named: str | None) -> str:
    held = Counter(choice.factor for row in rows for choice in row.mix.choices)
    if named is None:
        # Of equally frequent ones `max` takes the first, in the order in which the mixes name them.
        return max(held, key=held.__getitem__, default="")
    if named not in held:
        raise ConfigurationError(f"selection.factor={named}: {unknown(named, sorted(held), 'factor')}")
    return named


def _taken(rows: int, settings: SelectionSettings) -> int:
    return min(rows // 2, math.floor(settings.share * rows + 0.5))


def _of_group(
    ordered: Sequence[Candidate], settings: SelectionSettings, draw: np.random.Generator
) -> list[Candidate]:
    """The selection within one group, whose rows come from the lowest to the highest."""
    k = _taken(len(ordered), settings)
    low, high = list(ordered[:k]), list(ordered[len(ordered) - k :])
    match settings.which:
        case "everything":
            return list(ordered)
        case "low":
            return low
        case "high":
            return high
        case "mixed":
            from_low = (k + int(draw.integers(2))) // 2
            places = [*draw.permutation(k)[:from_low], *(k + draw.permutation(k)[: k - from_low])]
            return [[*low, *high][place] for place in places]


def _named(path: Path | None) -> tuple[str, ...]:
    return ("without",) if path is None else ("node", *path)
