"""How different a set's points are: distances of their vectors (Section 3.2), Vendi score, distinct words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from simula.draws import generator
from simula.metrics.distances import Vectors, global_shares, local_shares
from simula.metrics.distinct import Distinct, distinct
from simula.metrics.neighbours import Neighbours, nearest
from simula.metrics.ranged import Ranged
from simula.metrics.resampling import bootstrapped
from simula.metrics.settings import DiversitySettings
from simula.metrics.vendi import vendi_score

_GRAMS = ("unigrams", "bigrams", "trigrams")
_PURPOSE = "diversity"


@dataclass(frozen=True, slots=True)
class Spread:
    """How far apart the points' vectors are."""

    whole: Ranged
    """The global distance."""
    near: Ranged
    """The local distance."""
    neighbours: Neighbours
    vendi: float | None
    """The Vendi score; None where it would take too long (`DiversitySettings.largest_spectrum`)."""


def spread(vectors: Vectors, settings: DiversitySettings, seed: int) -> Spread:
    """Distances of unit vectors (n, d) with n > 2.

    Args:
        vectors: in memory or in a file (`numpy.memmap`).
        settings: neighbours and intervals.
        seed: of what is drawn: resamples, the sample that checks approximate neighbours.
    """
    neighbours = nearest(vectors, settings, generator(seed, _PURPOSE, "neighbours"))
    return Spread(
        whole=bootstrapped(global_shares(vectors), generator(seed, _PURPOSE, "global"), settings.resamples),
        near=bootstrapped(
            local_shares(vectors, neighbours.places), generator(seed, _PURPOSE, "local"), settings.resamples
        ),
        neighbours=neighbours,
        vendi=vendi_score(vectors, settings.largest_spectrum),
    )


def wording(texts: Sequence[str], settings: DiversitySettings, seed: int) -> tuple[Distinct, ...]:
    """Distinct-1, -2 and -3; pieces of equal length are cut in a drawn order, as a set may be sorted."""
    order = generator(seed, _PURPOSE, "pieces").permutation(len(texts))
    return distinct([texts[place] for place in order], len(_GRAMS), settings.piece)


@dataclass(frozen=True, slots=True)
class Diversity:
    """What is told of a set."""

    measures: dict[str, float]
    """Name to number."""
    intervals: dict[str, tuple[float, float]]
    """The ends of the 95 % interval of those measures that have one."""
    neighbours: Neighbours | None
    """None where there are too few points for distances."""
    left_out: tuple[str, ...]
    """What was not measured, and why, in sentences."""


def diversity(
    texts: Sequence[str], vectors: Vectors, settings: DiversitySettings, embedding: str, seed: int
) -> Diversity:
    """All of it; what needs more points or words than there are is left out, and named.

    Args:
        texts: of the points.
        vectors: their unit vectors (n, d).
        settings: neighbours, intervals, pieces.
        embedding: what made the vectors: a part of the names of what is measured on them, so that vectors by
            different embeddings are never taken for one measure.
        seed: of what is drawn.
    """
    measures, left_out = _words(texts, settings, seed)
    if len(texts) < 3:
        return Diversity(measures, {}, None, (*left_out, "distances need three points"))
    apart = spread(vectors, settings, seed)
    whole, near = f"global distance ({embedding})", f"local distance ({embedding})"
    measures |= {whole: apart.whole.value, near: apart.near.value}
    if apart.vendi is None:
        left_out.append(
            f"{len(texts):,} points and {vectors.shape[1]:,} numbers a vector are both above"
            f" assessment.diversity.largest_spectrum={settings.largest_spectrum}: there is no Vendi score"
        )
    else:
        measures[f"Vendi score ({embedding})"] = apart.vendi
    if (check := apart.neighbours.check) is not None:
        measures[f"recall of neighbours ({embedding})"] = check.recall
    intervals = {whole: apart.whole[1:], near: apart.near[1:]}
    return Diversity(measures, intervals, apart.neighbours, tuple(left_out))


def _words(
    texts: Sequence[str], settings: DiversitySettings, seed: int
) -> tuple[dict[str, float], list[str]]:
    """Measures of the words, and what was left out."""
    measures = {"words a row": sum(len(text.split()) for text in texts) / max(1, len(texts))}
    short = []
    for found, grams in zip(wording(texts, settings, seed), _GRAMS, strict=True):
        measures[f"distinct {grams}"] = found.share
        if found.of_equal is None:
            short.append(grams)
        else:
            measures[f"distinct {grams} of {settings.piece:,}"] = found.of_equal
    if not short:
        return measures, []
    named = " and ".join(short)
    return measures, [f"there are fewer {named} than assessment.diversity.piece={settings.piece}"]
