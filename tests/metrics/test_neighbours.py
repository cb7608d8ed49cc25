"""Nearest neighbours: exact ones against sorting, approximate ones against exact ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import grouped_vectors
import numpy as np
import pytest

from simula.metrics import DiversitySettings
from simula.metrics.distances import Places, Vectors, cluster_distances
from simula.metrics.neighbours import nearest


def unit_vectors(n: int, width: int) -> Vectors:
    return grouped_vectors.unit_vectors(n, width, groups=20, spread=0.5)


def sorted_neighbours(vectors: Vectors, k: int) -> list[list[int]]:
    wide = vectors.astype(np.float64)
    order = [np.argsort(1 - wide @ vector, kind="stable") for vector in wide]
    return [[int(j) for j in near if j != i][:k] for i, near in enumerate(order)]


def sets(places: Places) -> list[set[int]]:
    return [set(row.tolist()) for row in places]


def drawn() -> np.random.Generator:
    return np.random.default_rng(1)


def test_up_to_a_size_neighbours_are_exact() -> None:
    vectors = unit_vectors(300, 8)
    found = nearest(vectors, DiversitySettings(exact_up_to=300), drawn())
    assert found.check is None
    assert sets(found.places) == [set(near) for near in sorted_neighbours(vectors, 10)]


def test_a_small_set_has_all_others_as_neighbours() -> None:
    found = nearest(unit_vectors(4, 3), DiversitySettings(), drawn())
    assert sets(found.places) == [{1, 2, 3}, {0, 2, 3}, {0, 1, 3}, {0, 1, 2}]


def test_a_point_is_never_its_own_neighbour_though_others_are_equal() -> None:
    vectors = np.repeat(np.eye(3, dtype=np.float32), 20, axis=0)
    found = nearest(vectors, DiversitySettings(neighbours=5), drawn())
    for i, places in enumerate(found.places):
        assert i not in places
        assert len(set(places.tolist())) == 5
        assert {place // 20 for place in places.tolist()} == {i // 20}


def test_beyond_it_they_are_approximate_and_their_recall_is_measured() -> None:
    vectors = unit_vectors(900, 8)
    exact = nearest(vectors, DiversitySettings(), drawn()).places
    few = nearest(vectors, DiversitySettings(exact_up_to=899, probes=4, recall_points=10_000), drawn())
    overlap = np.mean([len(a & b) / 10 for a, b in zip(sets(exact), sets(few.places), strict=True)])
    assert few.check is not None
    assert 0.5 < overlap < 1
    # On all points: the check's recall is the overlap, but for neighbours that are equally far.
    assert few.check.points == 900
    assert few.check.recall == pytest.approx(overlap, abs=1e-3)
    assert few.check.local_exact == pytest.approx(cluster_distances(vectors, exact).mean(), abs=1e-9)
    assert few.check.local_approximate == pytest.approx(
        cluster_distances(vectors, few.places).mean(), abs=1e-9
    )
    assert few.check.local_exact != few.check.local_approximate


def test_all_cells_searched_find_the_exact_neighbours() -> None:
    vectors = unit_vectors(900, 8)
    exact = nearest(vectors, DiversitySettings(), drawn()).places
    every = nearest(vectors, DiversitySettings(exact_up_to=10, probes=1000, recall_points=50), drawn())
    assert sets(every.places) == sets(exact)
    assert every.check is not None
    assert (every.check.points, every.check.recall) == (50, 1)
    assert every.check.local_exact == every.check.local_approximate


def test_points_whose_cells_hold_too_few_are_searched_anew() -> None:
    vectors = unit_vectors(300, 8)
    found = nearest(vectors, DiversitySettings(exact_up_to=10, cells=100, probes=1), drawn())
    assert 0 < found.searched_anew <= 300
    assert found.places.min() >= 0
    exact = [set(near) for near in sorted_neighbours(vectors, 10)]
    assert sum(a == b for a, b in zip(sets(found.places), exact, strict=True)) >= found.searched_anew


def test_the_same_draw_finds_the_same_and_vectors_in_a_file_do(tmp_path: Path) -> None:
    vectors = unit_vectors(900, 8)
    stored = np.memmap(tmp_path / "vectors", dtype=np.float32, mode="w+", shape=vectors.shape)
    stored[:] = vectors
    settings = DiversitySettings(exact_up_to=10, probes=4)
    first, again, read = (nearest(each, settings, drawn()) for each in (vectors, vectors, stored))
    assert (first.places == again.places).all()
    assert (first.places == read.places).all()
    assert first.check == again.check == read.check


@pytest.mark.parametrize("order", ["faiss, torch", "torch, faiss"])
def test_faiss_and_torch_share_a_process(order: str) -> None:
    """Each brings an OpenMP of its own; where two of them met, processes were known to hang or abort."""
    script = f"""
import numpy as np, {order}
faiss.omp_set_num_threads(2), torch.set_num_threads(2)
vectors = np.random.default_rng(0).normal(size=(2000, 64)).astype(np.float32)
vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
for _ in range(3):
    best = (torch.from_numpy(vectors) @ torch.from_numpy(vectors).T).topk(2).indices.numpy()
    _, places = faiss.knn(vectors, vectors, 2, metric=faiss.METRIC_INNER_PRODUCT)
print((best == places).all())
"""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script], capture_output=True, text=True, timeout=120
    )
    assert (done.returncode, done.stdout.strip()) == (0, "True"), done.stderr
