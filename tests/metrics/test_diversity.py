"""What is told of a set's diversity, by name, and what is left out of it."""

from __future__ import annotations

import numpy as np
import pytest

from simula.metrics import DiversitySettings, diversity
from simula.metrics.distances import cluster_distances, global_shares

TEXTS = [f"a row about number {i} and {i % 7}" for i in range(40)]


def vectors(n: int = 40, width: int = 6) -> np.ndarray:
    wide = np.random.default_rng(0).normal(size=(n, width))
    return (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float32)


def test_measures_are_named_by_the_embedding_and_hold_their_intervals() -> None:
    settings = DiversitySettings(neighbours=4, piece=100)
    found = diversity(TEXTS, vectors(), settings, "tiny", seed=0)
    whole, near = "global distance (tiny)", "local distance (tiny)"
    assert list(found.measures) == [
        "words a row",
        *(f"distinct {grams}{of}" for grams in ("unigrams", "bigrams", "trigrams") for of in ("", " of 100")),
        whole,
        near,
        "Vendi score (tiny)",
    ]
    assert found.neighbours is not None
    assert found.measures[whole] == pytest.approx(global_shares(vectors()).mean())
    assert found.measures[near] == pytest.approx(cluster_distances(vectors(), found.neighbours.places).mean())
    for name, (low, high) in found.intervals.items():
        assert low < found.measures[name] < high
    assert found.left_out == ()


def test_the_same_seed_gives_the_same_and_another_moves_the_intervals_alone() -> None:
    settings = DiversitySettings(neighbours=4)
    first, again, other = (diversity(TEXTS, vectors(), settings, "tiny", seed) for seed in (0, 0, 1))
    assert (first.measures, first.intervals) == (again.measures, again.intervals)
    assert first.measures == other.measures
    assert first.intervals != other.intervals


def test_what_is_left_out_is_named() -> None:
    found = diversity(TEXTS[:2], vectors(2), DiversitySettings(), "tiny", seed=0)
    assert set(found.measures) == {
        "words a row",
        "distinct unigrams",
        "distinct bigrams",
        "distinct trigrams",
    }
    assert (found.intervals, found.neighbours) == ({}, None)
    assert found.left_out == (
        "there are fewer unigrams and bigrams and trigrams than assessment.diversity.piece=10000",
        "distances need three points",
    )
    large = diversity(TEXTS, vectors(), DiversitySettings(largest_spectrum=5, piece=10), "tiny", seed=0)
    assert "Vendi score (tiny)" not in large.measures
    (said,) = large.left_out
    assert "assessment.diversity.largest_spectrum=5" in said
