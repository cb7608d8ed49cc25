"""What a judge, or a person, says of the nodes of a taxonomy beside another one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Literal, TypeVar

from simula.taxonomy.tree import Path

K = TypeVar("K")
T = TypeVar("T")
Label = Literal["good_overlapping", "good_exclusive", "redundant", "bad"]
LABELS: tuple[Label, ...] = ("good_overlapping", "good_exclusive", "redundant", "bad")
"""As the paper names them (Section 3)."""


@dataclass(frozen=True, slots=True)
class Vote:
    """One labelling of one node."""

    label: Label
    match: Path | None
    """The node of the other taxonomy that means the same; None unless the label is good-and-overlapping."""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class LabelledNode:
    """A node with all its votes; none where no usable label came, which is never counted as a bad one."""

    path: Path
    votes: tuple[Vote, ...]

    @property
    def label(self) -> Label | None:
        """The most frequent label, of several the one that came first; None: undecided."""
        return _first_most(vote.label for vote in self.votes)

    @property
    def match(self) -> Path | None:
        """Of the votes for overlapping, the node that most name, where that is the label."""
        if self.label != "good_overlapping":
            return None
        return _first_most(vote.match for vote in self.votes if vote.match is not None)

    @property
    def reason(self) -> str:
        """Of the first vote for the label."""
        return next((vote.reason for vote in self.votes if vote.label == self.label), "")


def _first_most(items: Iterable[T]) -> T | None:
    # `most_common` keeps the order of first appearance among equals.
    return next((item for item, _ in Counter(items).most_common(1)), None)


@dataclass(frozen=True, slots=True)
class Noise:
    """How far votes on one node differ; with one vote nothing is known."""

    nodes: int
    """Nodes with two votes or more."""
    unanimous: int
    """Those with one label only."""
    disagreement: float | None
    """The chance that two votes on one node differ: the mean over nodes of the share of pairs that do."""


def noise(nodes: Iterable[LabelledNode]) -> Noise:
    """The judge's noise on nodes that it labelled several times."""
    shares = []
    for node in nodes:
        pairs = list(combinations([vote.label for vote in node.votes], 2))
        if pairs:
            shares.append(sum(one != two for one, two in pairs) / len(pairs))
    return Noise(len(shares), shares.count(0.0), sum(shares) / len(shares) if shares else None)


@dataclass(frozen=True, slots=True)
class Matches:
    """Whether the overlapping nodes of one tree are matched from the other side, too."""

    overlapping: int
    mutual: int
    """The named node overlaps, and names this one."""
    names_another: int
    """The named node overlaps with another node, as where a tree divides finer."""
    not_overlapping: int
    """One-sided: the other side does not call the named node overlapping."""


def matches(nodes: Sequence[LabelledNode], others: Sequence[LabelledNode]) -> Matches:
    """How the matches of `nodes` are seen from the other tree, whose nodes are `others`."""
    back = {node.path: node.match for node in others}
    found = Counter[str]()
    for node in nodes:
        if node.match is not None:
            answer = back.get(node.match)
            found["none" if answer is None else "mutual" if answer == node.path else "another"] += 1
    return Matches(found.total(), found["mutual"], found["another"], found["none"])


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two who labelled the same nodes agree."""

    nodes: int
    """Labelled by both."""
    share: float | None
    """Of them, those with the same label; None where there are none."""
    kappa: float | None
    """Cohen's κ (1960), (p − e)/(1 − e): p the share of equal labels, e that of independent labels of the
    same frequencies; 0 as by chance, 1 always. None where both always say one and the same."""


def agreement(first: Mapping[K, Label], second: Mapping[K, Label]) -> Agreement:
    """The agreement of two on the nodes that both have labelled."""
    from sklearn.metrics import cohen_kappa_score

    pairs = [(label, second[node]) for node, label in first.items() if node in second]
    if not pairs:
        return Agreement(0, None, None)
    ones, twos = zip(*pairs, strict=True)
    kappa = float(cohen_kappa_score(ones, twos)) if len({*ones, *twos}) > 1 else None
    return Agreement(len(pairs), sum(one == two for one, two in pairs) / len(pairs), kappa)
