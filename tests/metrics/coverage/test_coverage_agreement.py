"""κ by hand and by a slow re-computation."""

import random

import pytest

from simula.metrics.coverage import agreements
from simula.taxonomy.tree import Path

A, B = ("a",), ("b",)
A1, A2, B1 = ("a", "1"), ("a", "2"), ("b", "1")


def slow_kappa(pairs: list[tuple[Path, Path]]) -> float:
    labels = {label for pair in pairs for label in pair}
    n = len(pairs)
    agreed = sum(one == other for one, other in pairs) / n
    chance = sum(
        sum(one == label for one, _ in pairs) / n * sum(other == label for _, other in pairs) / n
        for label in labels
    )
    return (agreed - chance) / (1 - chance)


def test_a_hand_worked_example() -> None:
    lineage = [A1, A1, A2, B1, A, None, B]
    assigned = [A1, A2, A2, A, A1, A1, None]
    one, two = agreements("animal", 2, lineage, assigned)
    # Level 1: a-a four times, b-a once; left out are the point without lineage and the one without an answer.
    assert (one.factor, one.level, one.points, one.agreed) == ("animal", 1, 5, 0.8)
    assert one.kappa == pytest.approx(0)  # p_e = 4/5 · 1, the share agreed
    # Level 2: a1-a1, a1-a2, a2-a2, b1-above. p_e = (2·1 + 1·2) / 16.
    assert (two.points, two.agreed) == (4, 0.5)
    assert two.kappa == pytest.approx((0.5 - 0.25) / 0.75)


def test_kappa_equals_a_slow_recomputation() -> None:
    draw = random.Random(0)
    places: list[Path] = [(), A, B, A1, A2, B1]
    lineage = [draw.choice(places[1:]) for _ in range(200)]
    assigned = [one if draw.random() < 0.6 else draw.choice(places) for one in lineage]
    for found in agreements("f", 2, lineage, assigned):
        level = found.level
        pairs = [
            (one[:level], other[:level] if len(other) >= level else ())
            for one, other in zip(lineage, assigned, strict=True)
            if len(one) >= level
        ]
        assert found.points == len(pairs)
        assert found.kappa == pytest.approx(slow_kappa(pairs))


def test_where_there_is_one_node_alone_there_is_no_kappa() -> None:
    (only,) = agreements("f", 1, [A, A], [A, A])
    assert (only.agreed, only.kappa) == (1, None)
    assert agreements("f", 2, [None, A], [A, None]) == []
