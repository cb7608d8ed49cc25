"""Each measure against a slow, obvious re-computation and a hand-worked example."""

import numpy as np
import pytest

from simula.embedding.lexical import tfidf
from simula.metrics.coverage import level_ratios
from simula.metrics.diversity import distinct_bigrams, global_distance, local_distance
from simula.mix import Choice, Mix
from simula.taxonomy import Node, Taxonomies, Taxonomy

RNG = np.random.default_rng(0)
VECTORS = RNG.normal(size=(60, 8))
VECTORS /= np.linalg.norm(VECTORS, axis=1, keepdims=True)


def slow_mean_distance(vectors: np.ndarray) -> float:
    n = len(vectors)
    return float(np.mean([1 - vectors[i] @ vectors[j] for i in range(n) for j in range(n) if i != j]))


def test_global_distance_equals_brute_force() -> None:
    assert global_distance(VECTORS) == pytest.approx(slow_mean_distance(VECTORS), abs=1e-9)


def test_local_distance_equals_brute_force() -> None:
    clusters = []
    for i, vector in enumerate(VECTORS):
        near = np.argsort(1 - VECTORS @ vector)
        clusters.append(slow_mean_distance(VECTORS[[j for j in near if j != i][:10]]))
    assert local_distance(VECTORS, 10) == pytest.approx(np.mean(clusters), abs=1e-9)


def test_a_hand_worked_example() -> None:
    # Two equal vectors and one orthogonal: distances 0, 1, 1.
    assert global_distance(np.array([[1.0, 0], [1, 0], [0, 1]])) == pytest.approx(2 / 3)
    assert distinct_bigrams(["a b c", "a b"]) == pytest.approx(2 / 3)


def test_equal_texts_are_at_distance_nothing() -> None:
    assert global_distance(tfidf(["one two", "one two", "one two"])) == pytest.approx(0, abs=1e-6)


def test_ancestors_of_a_reached_node_count_as_reached() -> None:
    animal = Taxonomy(
        factor="animal",
        children=(Node(name="cat", children=(Node(name="lion"), Node(name="lynx"))), Node(name="dog")),
    )
    place = Taxonomy(factor="place", children=(Node(name="house"), Node(name="wood")))
    domain = Taxonomies(taxonomies=(animal, place), strategies=())
    mix = Mix(
        strategy=0,
        choices=(Choice(factor="animal", path=("cat", "lion")), Choice(factor="place", path=("wood",))),
    )
    assert level_ratios(domain, [mix, mix]) == {"level 1": 2 / 4, "level 2": 1 / 2}
