"""Each point's nearest neighbours: exact up to a size, beyond it approximate, with what that costs in truth.

faiss finds both; it is given inner products, which rank unit vectors as cosine distances do. Of points that
are equally far, some are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from simula.metrics.distances import Places, Vectors, cluster_distances

if TYPE_CHECKING:
    import faiss

    from simula.metrics.settings import DiversitySettings

_BLOCK = 1 << 16
"""Points that are looked up at once."""
_ROUNDING = 1e-6
"""Two inner products in float32 that differ by less are equal."""


@dataclass(frozen=True, slots=True)
class Check:
    """What approximate neighbours are worth, on a sample of points whose exact ones were found, too."""

    points: int
    """The sample's."""
    recall: float
    """The share of the approximate neighbours that are no farther than the farthest exact one."""
    local_exact: float
    """The local distance on the sample by exact neighbours."""
    local_approximate: float
    """The same by approximate ones."""


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The nearest neighbours of every point."""

    places: Places
    """(n, k), the point itself left out."""
    check: Check | None = None
    """None where they are exact."""
    searched_anew: int = 0
    """Points whose cells held too few others, so that their neighbours were found exactly."""


def nearest(vectors: Vectors, settings: DiversitySettings, draw: np.random.Generator) -> Neighbours:
    """The k nearest neighbours of every point, or all others where there are fewer.

    Args:
        vectors: unit vectors (n, d) with n > 1.
        settings: k (`neighbours`), and how neighbours are found among more than `exact_up_to` points.
        draw: what an approximate search draws from.
    """
    n, k = len(vectors), min(settings.neighbours, len(vectors) - 1)
    everyone = np.arange(n)
    if n <= settings.exact_up_to:
        return Neighbours(_exact(vectors, everyone, k))
    places = _approximate(vectors, k, settings, draw)
    lacking = np.flatnonzero((places < 0).any(axis=1))
    places[lacking] = _exact(vectors, lacking, k)
    sample = np.sort(draw.permutation(n)[: settings.recall_points])
    return Neighbours(places, _checked(vectors, sample, places[sample]), len(lacking))


def _exact(vectors: Vectors, points: Places, k: int) -> Places:
    """The neighbours of some points, (points, k)."""
    import faiss

    found = np.empty((len(points), k), dtype=np.int64)
    for start in range(0, len(points), _BLOCK):
        own = points[start : start + _BLOCK]
        _, places = faiss.knn(vectors[own], vectors, k + 1, metric=faiss.METRIC_INNER_PRODUCT)
        found[start : start + _BLOCK] = _others(places, own)
    return found


def _approximate(vectors: Vectors, k: int, settings: DiversitySettings, draw: np.random.Generator) -> Places:
    """The neighbours of all points (n, k), −1 where a point's cells hold fewer."""
    index = _index(vectors, settings, draw)
    # Points of one cell are looked up together: what they are compared with stays in the processor's cache.
    cells = np.concatenate(
        [
            index.quantizer.search(vectors[at : at + _BLOCK], 1)[1][:, 0]
            for at in range(0, len(vectors), _BLOCK)
        ]
    )
    order = np.argsort(cells, kind="stable")
    found = np.empty((len(vectors), k), dtype=np.int64)
    for start in range(0, len(order), _BLOCK):
        own = order[start : start + _BLOCK]
        _, places = index.search(vectors[own], k + 1)
        found[own] = _others(places, own)
    return found


def _index(vectors: Vectors, settings: DiversitySettings, draw: np.random.Generator) -> faiss.IndexIVFFlat:
    """An inverted file: points by the nearest of some centres, of which a search looks at a few.

    Not a graph (HNSW), whose edges depend on the order in which threads add points.
    """
    import faiss

    n, width = vectors.shape
    cells = min(settings.cells or round(4 * math.sqrt(n)), n)
    index = faiss.IndexIVFFlat(faiss.IndexFlatIP(width), width, cells, faiss.METRIC_INNER_PRODUCT)
    index.nprobe = min(settings.probes, cells)
    index.cp.seed = int(draw.integers(1 << 31))
    index.cp.min_points_per_centroid = 1
    learned_from = min(n, cells * settings.points_a_cell)
    index.train(vectors[np.sort(draw.permutation(n)[:learned_from])])
    for start in range(0, n, _BLOCK):
        index.add(vectors[start : start + _BLOCK])
    return index


def _others(places: Places, own: Places) -> Places:
    """The first k of k + 1 places (m, k + 1) that are not the point's own.

    Where more than k points are equal to it, it may not stand among them; then the last one is left out.
    """
    itself = places == own[:, None]
    itself[~itself.any(axis=1), -1] = True
    k = places.shape[1] - 1
    return np.asarray(places[~itself].reshape(-1, k), dtype=np.int64)


def _checked(vectors: Vectors, sample: Places, approximate: Places) -> Check:
    exact = _exact(vectors, sample, approximate.shape[1])
    farthest, similar = (
        np.einsum("rd,rkd->rk", vectors[sample], vectors[places]) for places in (exact, approximate)
    )
    return Check(
        points=len(sample),
        recall=float((similar >= farthest.min(axis=1, keepdims=True) - _ROUNDING).mean()),
        local_exact=float(cluster_distances(vectors, exact).mean()),
        local_approximate=float(cluster_distances(vectors, approximate).mean()),
    )
