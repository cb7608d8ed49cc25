"""Calibrated ratings of the points of one set or of several that were rated in one pool (Section 3.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any

import numpy as np

from simula.draws import generator
from simula.metrics.distribution import Distribution, axis, distribution
from simula.metrics.length import length_effect
from simula.metrics.points import Point
from simula.metrics.ranged import Floats, spearman
from simula.scoring import Estimates, ScoredBatch, ScoringSettings, compared, estimate, rate

KINDS: Mapping[str, str] = {"elo": "Elo", "bradley_terry": "Bradley–Terry"}
"""The ratings, and their names in tables."""


@dataclass(frozen=True, slots=True)
class RatedSet:
    """The points of one set; all arrays have one number a point."""

    name: str
    points: Sequence[Point]
    words: Floats
    """Of everything that the scorer sees: question, options, reasoning, answer."""
    raw: Floats
    """Mean raw score; not a number where no batch with the point could be read."""
    elo: Floats
    fitted: Estimates
    """Bradley and Terry's ratings."""
    appearances: Floats
    """Batches with the point that could be read."""

    def rating(self, kind: str) -> Floats:
        """One of `KINDS`, of the points that were rated."""
        values = self.elo if kind == "elo" else self.fitted.value
        return values[self.appearances > 0]


def rate_sets(
    sets: Mapping[str, Sequence[Point]], batches: Sequence[ScoredBatch], settings: ScoringSettings, seed: int
) -> list[RatedSet]:
    """The ratings of all sets in one pool.

    Args:
        sets: name to points; the batches' items are their places, one set behind the other.
        batches: as they were scored.
        settings: start, K-factor, scale and resamples.
        seed: of the resamples.
    """
    ends = list(accumulate((len(points) for points in sets.values()), initial=0))
    ratings = rate(batches, ends[-1], settings.elo)
    fitted = estimate(compared(batches, ends[-1]), settings.elo, settings.resamples, seed)
    raw = np.array([np.nan if rating.raw is None else rating.raw for rating in ratings])
    elo = np.array([rating.elo for rating in ratings])
    counts = np.array([float(rating.appearances) for rating in ratings])
    return [
        RatedSet(
            name=name,
            points=points,
            words=np.array([float(_words(point)) for point in points]),
            raw=raw[begin:end],
            elo=elo[begin:end],
            fitted=Estimates(fitted.value[begin:end], fitted.low[begin:end], fitted.high[begin:end]),
            appearances=counts[begin:end],
        )
        for (name, points), (begin, end) in zip(sets.items(), pairwise(ends), strict=True)
    ]


@dataclass(frozen=True, slots=True)
class Densities:
    """The density of each set's ratings on one axis, one of each kind."""

    places: Mapping[str, Floats]
    """Kind of rating to the axis."""
    sets: Mapping[str, Mapping[str, Distribution]]
    """Set to kind to the distribution; without the sets of which no point was rated."""


def densities(sets: Sequence[RatedSet], resamples: int, seed: int) -> Densities:
    """How the ratings of each set are distributed, with intervals over its points."""
    rated = [one for one in sets if (one.appearances > 0).any()]
    places = {kind: axis([one.rating(kind) for one in rated]) for kind in KINDS} if rated else {}
    return Densities(
        places,
        {
            one.name: {
                kind: distribution(
                    one.rating(kind), places[kind], generator(seed, number, kind, "points"), resamples
                )
                for kind in KINDS
            }
            for number, one in enumerate(rated)
        },
    )


def described(one: RatedSet, found: Mapping[str, Distribution], *, alone: bool) -> dict[str, Any]:
    """What a manifest says of a set: its numbers with their intervals, and what length explains of them.

    Args:
        one: the set.
        found: its distributions by kind of rating; empty where no point was rated.
        alone: it was rated by itself. What one point gains another loses, so that the mean is the start
            rating by construction: it has no interval.
    """
    seen = one.appearances > 0
    half = (one.fitted.high - one.fitted.low)[seen] / 2
    known = half[np.isfinite(half)]
    return {
        "set": one.name,
        "points": len(one.points),
        "unrated": int((~seen).sum()),
        "words_mean": float(one.words.mean()),
        "raw_mean": float(one.raw[seen].mean()) if seen.any() else None,
        # Of one point, as Bradley–Terry has it; not of the set's mean.
        "interval_half": float(known.mean()) if len(known) else None,
        "elo_and_bradley_terry": spearman(one.rating("elo"), one.rating("bradley_terry")),
        **{kind: _numbers(found[kind], alone=alone) if found else None for kind in KINDS},
        "length": {
            kind: effect.to_json() if (effect := length_effect(one.rating(kind), one.words[seen])) else None
            for kind in KINDS
        },
    }


def _numbers(found: Distribution, *, alone: bool) -> dict[str, Any]:
    said = found.to_json()
    return said | {"mean": [said["mean"][0], None, None]} if alone else said


def measures(said: Mapping[str, Any], attribute: str) -> dict[str, float]:
    """The numbers of a set that tables of all measures show, by name."""
    found: dict[str, float | None] = {
        f"raw {attribute}, mean": said["raw_mean"],
        f"half interval of a point's {attribute}": said["interval_half"],
        f"{attribute}: Elo and Bradley–Terry (Spearman)": said["elo_and_bradley_terry"],
    }
    for kind, name in KINDS.items():
        for number, ranged in (said[kind] or {}).items():
            if number != "points":
                found[f"{attribute} {name}, {number}"] = ranged[0]
        if effect := said["length"][kind]:
            found[f"{attribute} {name}, points a doubling of words"] = effect["slope"][0]
            found[f"{attribute} {name}, R² on words"] = effect["r2"]
    return {name: value for name, value in found.items() if value is not None}


def _words(point: Point) -> int:
    example = point.example
    return len(f"{example.text} {example.reasoning} {example.answer}".split())
