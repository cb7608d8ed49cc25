"""How good a taxonomy is beside an expert's: four scores from labelled nodes (Section 3, Tables 2 and 3).

Intervals take each node as drawn by itself. In truth those of one branch rise and fall together, so that they
are rather too narrow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from simula.evaluation.statistics import wilson
from simula.metrics.taxonomy_quality import LABELS, Label

Floats = npt.NDArray[np.float64]
Labels = Sequence[Label | None]
"""One a node; None where it is undecided, which counts nowhere."""
ScoreName = Literal["completeness", "soundness", "novelty", "coverage"]
SCORES: tuple[ScoreName, ...] = ("completeness", "soundness", "novelty", "coverage")
_ENDS = (0.025, 0.975)
_OVER, _EXCLUSIVE = LABELS.index("good_overlapping"), LABELS.index("good_exclusive")


@dataclass(frozen=True, slots=True)
class Score:
    """One score and the ends of its 95 % interval; None where it divides by nothing."""

    value: float | None
    low: float | None
    high: float | None
    interval: Literal["wilson", "bootstrap"]
    """Wilson's for a share of nodes; for a ratio of two trees' counts percentiles of a bootstrap over nodes,
    which are one number where no node, or every node, has the label."""


@dataclass(frozen=True, slots=True)
class Quality:
    """A tree beside T_E."""

    completeness: Score
    """Overlapping nodes of T_E by good ones of T_E: how much of T_E is found again."""
    soundness: Score
    """Good nodes by all, of the tree: how much of it is worth having."""
    novelty: Score
    """Good and exclusive nodes of the tree by good ones of T_E; may be above 1."""
    coverage: Score
    """Completeness and novelty together."""
    expert: Mapping[str, int]
    """Label to nodes of T_E; `undecided` are in no score."""
    nodes: Mapping[str, int]
    """Label to nodes of the tree."""


def quality(expert: Labels, own: Labels, draw: np.random.Generator, resamples: int) -> Quality:
    """The scores of one tree.

    Args:
        expert: of T_E's nodes, as they were labelled beside the tree.
        own: of the tree's nodes.
        draw: the generator of the bootstrap.
        resamples: of it. Nodes of either tree are drawn with replacement among its own; the few resamples
            without a good node of T_E are left out.
    """
    there, here = _counts(expert), _counts(own)
    redrawn = _ratios(_redrawn(there, draw, resamples), _redrawn(here, draw, resamples))
    values = _ratios(there[None], here[None])
    good, all_own = there[_OVER] + there[_EXCLUSIVE], here.sum()
    return Quality(
        completeness=_share(there[_OVER], good),
        soundness=_share(here[_OVER] + here[_EXCLUSIVE], all_own),
        novelty=_ratio(values["novelty"], redrawn["novelty"]),
        coverage=_ratio(values["coverage"], redrawn["coverage"]),
        expert=_told(expert),
        nodes=_told(own),
    )


@dataclass(frozen=True, slots=True)
class Difference:
    """A score of one tree minus that of another, with the ends of its 95 % interval by bootstrap."""

    value: float | None
    low: float | None
    high: float | None


def differences(
    first: tuple[Labels, Labels], second: tuple[Labels, Labels], draw: np.random.Generator, resamples: int
) -> dict[ScoreName, Difference]:
    """The scores of one tree minus those of another, both beside the same T_E.

    A node of T_E is drawn with both of its labels, as it stands before both trees; the trees' own nodes are
    drawn by themselves.

    Args:
        first: labels of T_E's nodes beside the first tree, and of that tree's nodes.
        second: the same of the second; T_E's nodes in the same order.
        draw: the generator of the bootstrap.
        resamples: of it.
    """
    kinds = len(LABELS) + 1
    pairs = [_kind(one) * kinds + _kind(two) for one, two in zip(first[0], second[0], strict=True)]
    joint = np.bincount(pairs, minlength=kinds**2)
    drawn = _redrawn(joint, draw, resamples).reshape(-1, kinds, kinds)
    sides = [(drawn.sum(axis=2), first), (drawn.sum(axis=1), second)]
    redrawn, values = [], []
    for there, (expert, own) in sides:
        here = _counts(own)
        redrawn.append(_ratios(there[:, : len(LABELS)], _redrawn(here, draw, resamples)))
        values.append(_ratios(_counts(expert)[None], here[None]))
    found: dict[ScoreName, Difference] = {}
    for name in SCORES:
        score = _ratio(values[0][name] - values[1][name], redrawn[0][name] - redrawn[1][name])
        found[name] = Difference(score.value, score.low, score.high)
    return found


def _kind(label: Label | None) -> int:
    return len(LABELS) if label is None else LABELS.index(label)


def _counts(labels: Labels) -> npt.NDArray[np.int64]:
    """Nodes of each label, shape (labels,), without the undecided ones."""
    return np.array([sum(found == label for found in labels) for label in LABELS], dtype=np.int64)


def _told(labels: Labels) -> dict[str, int]:
    counts = dict(zip(LABELS, _counts(labels).tolist(), strict=True))
    return {**counts, "undecided": sum(label is None for label in labels)}


def _redrawn(
    counts: npt.NDArray[np.int64], draw: np.random.Generator, resamples: int
) -> npt.NDArray[np.int64]:
    """Counts among as many nodes drawn with replacement, shape (resamples, kinds): they are multinomial."""
    total = int(counts.sum())
    shares = counts / total if total else np.full(len(counts), 1 / len(counts))
    return draw.multinomial(total, shares, size=resamples)


def _ratios(there: npt.NDArray[np.int64], here: npt.NDArray[np.int64]) -> dict[ScoreName, Floats]:
    """The scores from counts of T_E and of the tree, both (n, labels); NaN where one divides by nothing."""
    good = there[:, _OVER] + there[:, _EXCLUSIVE]
    completeness = _divided(there[:, _OVER], good)
    novelty = _divided(here[:, _EXCLUSIVE], good)
    return {
        "completeness": completeness,
        "soundness": _divided(here[:, _OVER] + here[:, _EXCLUSIVE], here.sum(axis=1)),
        "novelty": novelty,
        "coverage": completeness + novelty,
    }


def _divided(part: npt.NDArray[np.int64], whole: npt.NDArray[np.int64]) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(part), np.nan), where=whole > 0))


def _share(part: np.int64, whole: np.int64) -> Score:
    if not whole:
        return Score(None, None, None, "wilson")
    return Score(float(part / whole), *wilson(int(part), int(whole)), "wilson")


def _ratio(value: Floats, redrawn: Floats) -> Score:
    """A score and its percentile interval; `value` holds one number."""
    if np.isnan(value[0]):
        return Score(None, None, None, "bootstrap")
    low, high = np.quantile(redrawn[~np.isnan(redrawn)], _ENDS)
    return Score(float(value[0]), float(low), float(high), "bootstrap")
