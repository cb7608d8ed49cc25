"""The shift between the planned distribution over nodes and that of the accepted rows.

Critics and filters do not refuse uniformly: a data set has fewer rows of the nodes that are hard to fill.
A factor that is in some strategies only is described given that a mix holds it, and a node stands for
itself and all that lies below it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simula.mix import Mix
from simula.taxonomy.tree import Path


class NodeCounts:
    """How many mixes hold each node of a factor."""

    def __init__(self, mixes: Iterable[Mix] = ()) -> None:
        """Count some mixes; `add` counts more."""
        self._found: dict[str, Counter[Path]] = {}
        for mix in mixes:
            self.add(mix)

    def add(self, mix: Mix) -> None:
        """Count one mix."""
        for choice in mix.choices:
            self._found.setdefault(choice.factor, Counter())[choice.path] += 1

    def by_factor(self) -> dict[str, Counter[Path]]:
        """Factor to node to mixes; a copy."""
        return {factor: Counter(counts) for factor, counts in self._found.items()}


@dataclass(frozen=True, slots=True)
class NodeShift:
    """One node of a factor's top level; shares are of the mixes that hold the factor, between 0 and 1."""

    node: str
    planned: float
    candidates: int
    """Mixes drawn with this node, or with one below it."""
    accepted: int
    """Those that became rows."""
    candidate_share: float
    accepted_share: float

    @property
    def acceptance(self) -> float | None:
        """Accepted by candidates; None where there was no candidate."""
        return self.accepted / self.candidates if self.candidates else None


@dataclass(frozen=True, slots=True)
class FactorShift:
    """How one factor came out: its top level by node, all levels in one number."""

    factor: str
    nodes: tuple[NodeShift, ...]
    candidates: int
    """Mixes that hold the factor."""
    accepted: int
    """Rows whose mix holds it."""
    distance: float | None
    """Total variation from planned to accepted: the share of rows that would have to be of another node.
    None without rows."""
    distance_by_chance: float | None
    """The mean of `distance` if each row's node were drawn as planned, by itself. None without rows."""
    node_distance: float | None
    """`distance` over the nodes of all levels as they were drawn, where refusals may empty deep ones."""
    node_distance_by_chance: float | None
    chi_square: float | None
    """Pearson's statistic of nodes by accepted or not; None where all or none were accepted, or one node
    was drawn."""
    degrees: int | None
    p_value: float | None
    """Probability of so large a statistic if acceptance did not depend on the node."""
    least_expected: float | None
    """The smallest expected count of the test; under 5 the p-value is rough."""

    def to_json(self) -> dict[str, Any]:
        """Plain values, with the acceptance of each node."""
        nodes = [asdict(node) | {"acceptance": node.acceptance} for node in self.nodes]
        return asdict(self) | {"nodes": nodes}

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> FactorShift:
        """What `to_json` wrote."""
        nodes = ({k: v for k, v in node.items() if k != "acceptance"} for node in said["nodes"])
        return cls(**{**said, "nodes": tuple(NodeShift(**node) for node in nodes)})


def shifts(
    planned: Mapping[str, Mapping[Path, float]], candidates: NodeCounts, accepted: NodeCounts
) -> list[FactorShift]:
    """The shift of every factor that some strategy holds, in the order of `planned`.

    Args:
        planned: factor to node to the probability that a mix holds it, as `simula.mix.planned` gives it.
        candidates: of the mixes of all slots, accepted ones included.
        accepted: of the mixes of the rows.

    Raises:
        ValueError: a mix holds a node that is not planned, or a node has more rows than candidates.
    """
    drawn, kept = candidates.by_factor(), accepted.by_factor()
    found = []
    for factor, nodes in planned.items():
        if total := sum(nodes.values()):
            shares = {path: share / total for path, share in nodes.items()}
            found.append(_shift(factor, shares, drawn.pop(factor, Counter()), kept.pop(factor, Counter())))
    if strangers := sorted(drawn.keys() | kept.keys()):
        raise ValueError(f"mixes hold factors that no strategy plans: {', '.join(strangers)}")
    return found


def most_shifted(found: Sequence[FactorShift], count: int) -> list[tuple[str, str, str, str]]:
    """Rows of a table: node, planned, accepted, acceptance; the largest change of share comes first."""
    nodes = [(shift, node) for shift in found for node in shift.nodes if shift.accepted]
    nodes.sort(key=lambda item: -abs(item[1].accepted_share - item[1].planned))
    return [
        (
            f"{shift.factor}: {node.node}",
            f"{node.planned:.1%}",
            f"{node.accepted_share:.1%}",
            "–" if node.acceptance is None else f"{node.acceptance:.1%}",
        )
        for shift, node in nodes[:count]
    ]


def distance_by_chance(shares: Sequence[float], rows: int) -> float:
    """The mean total variation between `shares` and the shares of so many rows drawn by them; exact.

    A node's count is binomial, and its mean absolute deviation is 2ν(1 − p)·P(X = ν) with
    ν = ⌊np⌋ + 1 (de Moivre, 1730); the total variation is half their sum, divided by n.
    """
    # Not scipy.stats, which takes two seconds to import.
    from scipy.special import gammaln, xlog1py, xlogy

    p = np.asarray(shares, dtype=float)
    p = p[p < 1]  # a node that every row holds deviates by nothing
    above = np.floor(rows * p) + 1
    ways = gammaln(rows + 1) - gammaln(above + 1) - gammaln(rows - above + 1)
    chances = np.exp(ways + xlogy(above, p) + xlog1py(rows - above, -p))
    return float(np.sum(above * (1 - p) * chances) / rows)


def _shift(
    factor: str, paths: Mapping[Path, float], drawn_paths: Counter[Path], kept_paths: Counter[Path]
) -> FactorShift:
    if strangers := sorted((drawn_paths.keys() | kept_paths.keys()) - paths.keys()):
        names = ", ".join(" > ".join(path) for path in strangers)
        raise ValueError(f"mixes hold nodes of '{factor}' that are not planned: {names}")
    if more := [path for path in kept_paths if kept_paths[path] > drawn_paths[path]]:
        name = " > ".join(more[0])
        raise ValueError(f"more rows than candidates for '{factor}: {name}'; rows are candidates, too")
    planned, drawn, kept = (_top(shares) for shares in (paths, drawn_paths, kept_paths))
    candidates, accepted = drawn_paths.total(), kept_paths.total()
    nodes = tuple(
        NodeShift(
            node=name,
            planned=share,
            candidates=int(drawn[name]),
            accepted=int(kept[name]),
            candidate_share=drawn[name] / candidates if candidates else 0.0,
            accepted_share=kept[name] / accepted if accepted else 0.0,
        )
        for name, share in planned.items()
    )
    return FactorShift(
        factor=factor,
        nodes=nodes,
        candidates=candidates,
        accepted=accepted,
        distance=_distance(planned, kept, accepted) if accepted else None,
        distance_by_chance=distance_by_chance(list(planned.values()), accepted) if accepted else None,
        node_distance=_distance(paths, kept_paths, accepted) if accepted else None,
        node_distance_by_chance=distance_by_chance(list(paths.values()), accepted) if accepted else None,
        **_independence(
            np.array([(kept[name], drawn[name] - kept[name]) for name in planned if drawn[name]])
        ),
    )


def _top(shares: Mapping[Path, float]) -> dict[str, float]:
    """Shares or counts of nodes added up by their top-level nodes."""
    found: dict[str, float] = defaultdict(float)
    for path, share in shares.items():
        found[path[0]] += share
    return found


def _distance(planned: Mapping[Any, float], kept: Mapping[Any, float], accepted: int) -> float:
    """Total variation between planned shares and those of the rows."""
    return sum(abs(kept[path] / accepted - share) for path, share in planned.items()) / 2


def _independence(table: NDArray[np.int64]) -> dict[str, Any]:
    """Whether acceptance depends on the node; `table` holds accepted and refused by node, (nodes, 2)."""
    if len(table) < 2 or not table.sum(axis=0).all():
        return dict.fromkeys(("chi_square", "degrees", "p_value", "least_expected"))
    from scipy.special import chdtrc

    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    # Without Yates's correction, which would hold for two nodes only.
    statistic, degrees = float(((table - expected) ** 2 / expected).sum()), len(table) - 1
    return {
        "chi_square": statistic,
        "degrees": degrees,
        "p_value": float(chdtrc(degrees, statistic)),
        "least_expected": float(expected.min()),
    }
