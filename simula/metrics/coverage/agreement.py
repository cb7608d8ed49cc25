"""How well re-assignment and lineage agree on where points stand: the share agreed, and Cohen's κ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.taxonomy.tree import Path


@dataclass(frozen=True, slots=True)
class Agreement:
    """One factor at one level."""

    factor: str
    level: int
    points: int
    """Those drawn from a node at this level or below it, whose re-assignment could be read."""
    agreed: float
    """Share of the points that stand in the same node of the level both ways, between 0 and 1."""
    kappa: float | None
    """Cohen's κ; None where chance alone agrees on all."""


def agreements(
    factor: str, depth: int, lineage: Sequence[Path | None], assigned: Sequence[Path | None]
) -> list[Agreement]:
    """Of each level that some point was drawn from, down to `depth`.

    κ = (p_o − p_e) / (1 − p_e) (Cohen 1960): p_o is the share agreed, p_e = Σ_k p_k·q_k what it would be
    if both placed points at random, each with its own shares p and q of the nodes k of the level. Points
    that were assigned above the level, or nowhere, are a class of their own. Points that were drawn above the
    level are left out: what was drawn as "animal" may well be a cat.
    """
    from sklearn.metrics import cohen_kappa_score

    found = []
    both = [(one, other) for one, other in zip(lineage, assigned, strict=True) if one and other is not None]
    for level in range(1, depth + 1):
        pairs = [(one[:level], _node(other, level)) for one, other in both if len(one) >= level]
        if not pairs:
            continue
        number = {path: at for at, path in enumerate(dict.fromkeys(path for pair in pairs for path in pair))}
        drawn, placed = ([number[pair[side]] for pair in pairs] for side in (0, 1))
        agreed = sum(one == other for one, other in pairs) / len(pairs)
        kappa = float(cohen_kappa_score(drawn, placed)) if len(number) > 1 else None
        found.append(Agreement(factor, level, len(pairs), agreed, kappa))
    return found


def _node(path: Path, level: int) -> Path:
    """The node of the level at or above `path`; the empty path where there is none."""
    return path[:level] if len(path) >= level else ()
