"""The schedule: K batches of varied company for every item."""

from collections import Counter
from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from simula.scoring import count_parts, schedule

SMALL = {"items": st.integers(1, 40), "size": st.integers(1, 10), "times": st.integers(1, 6)}


@given(**SMALL, seed=st.integers(0, 100))
def test_every_item_appears_k_times_and_never_twice_in_a_batch(
    items: int, size: int, times: int, seed: int
) -> None:
    plan = schedule(items, size, times, seed)
    size = min(size, items)
    assert all(len(batch) == len(set(batch)) == size for batch in plan.batches)
    counts = Counter(item for batch in plan.batches for item in batch)
    assert set(counts) == set(range(items))
    assert set(counts.values()) <= {times, times + 1}
    # Nobody is asked for more than is needed: less than one batch's worth of further places.
    assert plan.filled_up == sum(counts.values()) - items * times < size
    assert len(plan.batches) == -(-items * times // size)


@given(**SMALL, seed=st.integers(0, 100))
def test_the_parts_are_those_that_a_slow_search_finds(items: int, size: int, times: int, seed: int) -> None:
    plan = schedule(items, size, times, seed)
    unseen, parts = set(range(items)), 0
    while unseen:
        reached = {unseen.pop()}
        while grown := {i for batch in plan.batches if reached & set(batch) for i in batch} - reached:
            reached |= grown
        unseen -= reached
        parts += 1
    assert plan.parts == parts == count_parts(items, plan.batches)


@given(items=st.integers(1, 300), size=st.integers(2, 10), times=st.integers(3, 6), seed=st.integers(0, 100))
def test_it_is_connected_and_the_same_for_the_same_seed(items: int, size: int, times: int, seed: int) -> None:
    plan = schedule(items, size, times, seed)
    assert plan.parts == 1
    assert plan == schedule(items, size, times, seed)


def test_another_seed_gives_other_company() -> None:
    assert schedule(50, 5, 5, 0) != schedule(50, 5, 5, 1)


def test_the_company_is_varied() -> None:
    plan = schedule(1000, 5, 5, 0)
    met = Counter(pair for batch in plan.batches for pair in combinations(sorted(batch), 2))
    # 10,000 meetings among half a million possible pairs: about a hundred happen twice.
    assert len(met) > 9800


def test_batches_of_one_and_a_single_appearance_cannot_be_connected_and_say_so() -> None:
    assert schedule(10, 1, 5, 0).parts == 10
    assert schedule(10, 5, 1, 0).parts == 2
    assert schedule(5, 5, 1, 0).parts == 1
