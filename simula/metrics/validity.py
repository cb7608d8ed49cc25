"""Whether scores say what people say: against human levels, and against the model's own mistakes (3.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, PositiveInt

from simula.metrics.ranged import Floats, Ranged, ranks
from simula.settings import Settings

_STARTS = 10
"""Random beginnings of KMeans, of which the best ending counts."""


class ValiditySettings(Settings):
    """Over which schedules the score is compared with people (Section 3.4, Table 5)."""

    batch_sizes: tuple[PositiveInt, ...] = Field((1, 2, 5, 10), min_length=1)
    """Items scored beside one another: 1, 2, 5 and 10, paper. With 1 there is no Elo."""
    appearances: tuple[PositiveInt, ...] = Field((1, 5, 10), min_length=1)
    """Batches that an item is in: 1, 5 and 10, paper."""
    clusters: int = Field(3, ge=2)
    """Clusters of KMeans on the scores: 3, paper."""
    resamples: int = Field(200, ge=20)
    """Bootstrap resamples of the items for the intervals, and permutations of their levels for what is by
    chance. The paper has neither: ours."""


@dataclass(frozen=True, slots=True)
class Validity:
    """How one score agrees with people; None where it cannot be computed."""

    points: int
    nmi: Ranged | None
    """Normalised mutual information of the scores' clusters and the levels: 0 to 1. It is not corrected for
    chance: scores that say nothing have more than 0, and no interval of theirs reaches down to it."""
    nmi_by_chance: Ranged | None
    """What it is under permuted levels: the mean, and the middle 95 %. Within them it says nothing."""
    ari: Ranged | None
    """Adjusted Rand index of the same: 0 by chance, at most 1."""
    ari_by_chance: Ranged | None
    """What that is under permuted levels."""
    auc: Ranged | None
    """Area under the ROC curve of a logistic regression of being right on the score: 0.5 says nothing. Its
    interval is of the regression as it was fitted on all items, so it holds 0.5 where that says nothing."""

    def to_json(self) -> dict[str, Any]:
        """For manifests."""
        ranged = {field.name: getattr(self, field.name) for field in fields(self) if field.name != "points"}
        return {"points": self.points, **{name: found and list(found) for name, found in ranged.items()}}


def validity(
    scores: Floats,
    levels: Sequence[str],
    right: NDArray[np.bool_] | None,
    settings: ValiditySettings,
    draw: np.random.Generator,
) -> Validity:
    """Agreement of a score with human levels and with what the model gets right, with 95 % intervals.

    Intervals: the bootstrap over items, percentiles; the clusters are found anew in each resample, beginning
    at those of all items. They say how far other items would move the numbers, not whether there is anything:
    for that the same clusters are compared with permuted levels.

    Args:
        scores: of each item.
        levels: what people say of each item; NMI and ARI do not mind in which order levels are named.
        right: whether the model answered each item rightly; None: it was not asked, or nobody knows.
        settings: clusters and resamples.
        draw: of KMeans' beginnings, the resamples and the permutations.
    """
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    named = np.unique(np.asarray(levels), return_inverse=True)[1]
    rounds = [draw.integers(len(scores), size=len(scores)) for _ in range(settings.resamples)]
    nmi: tuple[Ranged | None, Ranged | None] = (None, None)
    ari = nmi
    if len(np.unique(scores)) >= settings.clusters and len(set(levels)) > 1:
        beginnings = int(draw.integers(2**31))
        found, centres = _clusters(scores, settings.clusters, _STARTS, beginnings)
        whole = [at for at in rounds if len(np.unique(scores[at])) >= settings.clusters]
        redrawn = [(named[at], _clusters(scores[at], centres, 1, beginnings)[0]) for at in whole]
        chance = [(draw.permutation(named), found) for _ in range(settings.resamples)]
        nmi = _agreed(normalized_mutual_info_score, (named, found), redrawn, chance)
        ari = _agreed(adjusted_rand_score, (named, found), redrawn, chance)
    area = None if right is None else _auc_range(scores, right, rounds)
    return Validity(len(scores), *nmi, *ari, area)


_Pair = tuple[NDArray[np.int64], NDArray[np.int32]]
"""Levels and clusters of the same items, each by number."""


def _agreed(
    score: Callable[..., float], pair: _Pair, redrawn: Sequence[_Pair], chance: Sequence[_Pair]
) -> tuple[Ranged, Ranged]:
    """The agreement with its interval, and that of chance."""
    nothing = [score(*each) for each in chance]
    return Ranged.of(score(*pair), [score(*each) for each in redrawn]), Ranged.of(
        sum(nothing) / len(nothing), nothing
    )


_LEAST = 5
"""Items right, and wrong, below which there is no AUC: a resample holds the same few again and again, and its
interval would be far too narrow."""


def auc(scores: Floats, right: NDArray[np.bool_]) -> float | None:
    """The area under the ROC curve of a logistic regression of `right` on the scores, fitted on these items.

    With one variable the fitted probability rises or falls with the score, by the sign of its coefficient,
    which is that of the difference of the two groups' means: so the area is that of the scores themselves, or
    of their negatives.

    Returns:
        None where all items are right, or none.
    """
    area = _area(scores, right)
    return None if area is None else area if _rises(scores, right) else 1 - area


def _rises(scores: Floats, right: NDArray[np.bool_]) -> bool:
    return float(scores[right].mean()) >= float(scores[~right].mean())


def _area(scores: Floats, right: NDArray[np.bool_]) -> float | None:
    """Mann and Whitney's U by the number of pairs, ties counting half; None where there is no pair."""
    positive, items = int(right.sum()), len(right)
    if positive in (0, items):
        return None
    u = float(ranks(scores)[right].sum()) - positive * (positive + 1) / 2
    return u / (positive * (items - positive))


def _auc_range(
    scores: Floats, right: NDArray[np.bool_], rounds: Sequence[NDArray[np.int64]]
) -> Ranged | None:
    value = auc(scores, right)
    if value is None or min(int(right.sum()), int((~right).sum())) < _LEAST:
        return None
    sign = 1 if _rises(scores, right) else -1
    redrawn = [_area(sign * scores[at], right[at]) for at in rounds]
    return Ranged.of(value, [found for found in redrawn if found is not None])


def _clusters(
    scores: Floats, centres: int | Floats, starts: int, seed: int
) -> tuple[NDArray[np.int32], Floats]:
    """The cluster of each score by KMeans, and the clusters' centres, (k, 1)."""
    from sklearn.cluster import KMeans

    k, begin = (centres, "k-means++") if isinstance(centres, int) else (len(centres), centres)
    found = KMeans(k, init=begin, n_init=starts, random_state=seed).fit(scores[:, None])
    return found.labels_, found.cluster_centers_
