"""The shift over nodes: by hand, by a simulation, and what holds for any data."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from simula.metrics.shift import FactorShift, NodeCounts, distance_by_chance, most_shifted
from simula.metrics.shift import shifts as shifts_of_counts
from simula.mix import Choice, Mix

PLANNED = {
    "animal": {("cat",): 0.2, ("cat", "lion"): 0.2, ("cat", "lynx"): 0.2, ("dog",): 0.2},
    "place": {("house",): 0.25, ("wood",): 0.25},
    "idle": {("nothing",): 0.0},
}
"""A mix holds an animal with probability 0.8, then 3 times in 4 a cat; a place with 0.5."""


def mixes(counts: dict[tuple[str, ...], int], factor: str = "animal") -> list[Mix]:
    return [
        Mix(strategy=0, choices=(Choice(factor=factor, path=path),))
        for path, count in counts.items()
        for _ in range(count)
    ]


def shifts(planned: dict[str, dict], candidates: list[Mix], accepted: list[Mix]) -> list[FactorShift]:
    return shifts_of_counts(planned, NodeCounts(candidates), NodeCounts(accepted))


def test_a_hand_worked_example() -> None:
    candidates = mixes({("cat",): 20, ("cat", "lion"): 40, ("dog",): 40})
    accepted = mixes({("cat", "lion"): 30, ("dog",): 10})
    animal, place = shifts(PLANNED, candidates, accepted)
    cat, dog = animal.nodes
    assert (cat.node, cat.planned, cat.candidate_share) == ("cat", pytest.approx(0.75), 0.6)
    assert (cat.accepted_share, cat.acceptance) == (0.75, 0.5)
    assert (dog.planned, dog.candidate_share, dog.accepted_share, dog.acceptance) == (
        pytest.approx(0.25),
        0.4,
        0.25,
        0.25,
    )
    assert animal.distance == pytest.approx(0)
    # Accepted and refused: 30 and 30 of the cats, 10 and 30 of the dogs; expected 24, 36, 16, 24.
    assert animal.chi_square == pytest.approx(36 / 24 + 36 / 36 + 36 / 16 + 36 / 24)
    assert animal.degrees == 1
    assert animal.p_value == pytest.approx(0.01242, abs=1e-5)
    assert animal.least_expected == pytest.approx(16)
    assert (place.factor, place.accepted, place.distance, place.p_value) == ("place", 0, None, None)


def test_the_distance_is_the_share_of_rows_at_another_node() -> None:
    rows = mixes({("cat",): 1, ("dog",): 3})
    (animal, _) = shifts(PLANNED, rows, rows)
    assert animal.distance == pytest.approx(0.5)
    # Of 4 rows, 3 ± 1, 0, … are cats: binomial(4, 0.75) has a mean absolute deviation of 0.6328.
    assert animal.distance_by_chance == pytest.approx(0.6328125 / 4)


@given(
    st.dictionaries(st.sampled_from(list(PLANNED["animal"])), st.integers(0, 30)),
    st.dictionaries(st.sampled_from(list(PLANNED["animal"])), st.integers(0, 30)),
)
def test_what_holds_for_any_rows(accepted, refused) -> None:
    rows = mixes(accepted)
    animal, _ = shifts(PLANNED, [*rows, *mixes(refused)], rows)
    assert animal.accepted == sum(accepted.values())
    assert animal.candidates == animal.accepted + sum(refused.values())
    if animal.accepted:
        assert animal.distance is not None
        assert 0 <= animal.distance <= 1
        assert sum(node.accepted_share for node in animal.nodes) == pytest.approx(1)
    if animal.candidates:
        assert sum(node.candidate_share for node in animal.nodes) == pytest.approx(1)
    if not sum(refused.values()):
        assert all(node.candidate_share == node.accepted_share for node in animal.nodes)
        assert animal.p_value is None
    if animal.p_value is not None:
        assert 0 <= animal.p_value <= 1


@given(st.lists(st.floats(0.01, 1), min_size=2, max_size=8), st.integers(1, 400))
def test_the_distance_by_chance_is_the_mean_deviation_of_the_counts(weights, rows) -> None:
    shares = [weight / sum(weights) for weight in weights]
    counts = np.arange(rows + 1)
    slow = sum(float(np.sum(np.abs(counts / rows - p) * binom.pmf(counts, rows, p))) for p in shares) / 2
    assert distance_by_chance(shares, rows) == pytest.approx(slow, abs=1e-9)


def test_the_distance_by_chance_is_that_of_drawn_rows() -> None:
    shares = np.array([0.5, 0.3, 0.15, 0.05])
    counts = np.random.default_rng(0).multinomial(200, shares, size=20_000)
    drawn = np.abs(counts / 200 - shares).sum(axis=1) / 2
    assert distance_by_chance(list(shares), 200) == pytest.approx(
        drawn.mean(), abs=4 * drawn.std() / 20_000**0.5
    )


def test_one_node_alone_cannot_be_off() -> None:
    assert distance_by_chance([1.0], 50) == pytest.approx(0)
    (shift,) = shifts({"only": {("one",): 1.0}}, mixes({("one",): 9}, "only"), mixes({("one",): 5}, "only"))
    assert (shift.distance, shift.distance_by_chance, shift.p_value) == (0, pytest.approx(0), None)


def test_the_most_shifted_come_first() -> None:
    candidates = mixes({("cat",): 75, ("dog",): 25}) + mixes({("house",): 50, ("wood",): 50}, "place")
    accepted = mixes({("cat",): 20, ("dog",): 20}) + mixes({("house",): 44, ("wood",): 36}, "place")
    found = shifts(PLANNED, candidates, accepted)
    assert most_shifted(found, 3) == [
        ("animal: cat", "75.0%", "50.0%", "26.7%"),
        ("animal: dog", "25.0%", "50.0%", "80.0%"),
        ("place: house", "50.0%", "55.0%", "88.0%"),
    ]
    assert len(most_shifted(found, 9)) == 4
    plain = found[0].to_json()
    assert plain["nodes"][0]["acceptance"] == pytest.approx(20 / 75)
    assert plain["accepted"] == 40


@pytest.mark.parametrize(
    ("candidates", "accepted", "problem"),
    [
        (mixes({("cow",): 1}), [], "nodes of 'animal' that are not planned: cow"),
        (mixes({("cow",): 1}, "beast"), [], "no strategy plans: beast"),
        ([], mixes({("cat",): 1}), "more rows than candidates for 'animal: cat'"),
    ],
)
def test_rows_of_another_plan_are_an_error(candidates, accepted, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        shifts(PLANNED, candidates, accepted)
