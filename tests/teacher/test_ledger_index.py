"""The index is a dictionary that holds the few further places of a key, too."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simula.teacher import ledger_index
from simula.teacher.ledger_index import LedgerIndex, short

keys = some.integers(0, 2**64 - 1) | some.integers(0, 9)
steps = some.lists(
    some.tuples(some.just("add"), some.lists(keys, max_size=9))
    | some.tuples(some.just("add_all"), some.lists(keys, max_size=9))
    | some.tuples(some.just("put"), some.lists(keys, max_size=3))
    | some.tuples(some.just("remove"), some.lists(keys, max_size=2)),
    max_size=12,
)


@given(steps=steps)
def test_it_holds_what_a_dictionary_of_lists_holds(steps: list[tuple[str, list[int]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_index, "RECENT", 4)
        index, plain = LedgerIndex(), dict[int, list[int]]()
        for number, (step, those) in enumerate(steps):
            places = [100 * number + i for i in range(len(those))]
            if step == "add_all":
                index.add_all(those, places)
                index.add_all(those, places)  # found by two readers at one time
            for key, place in zip(those, places, strict=True):
                if step == "remove":
                    if standing := plain.get(key):
                        index.remove(key, standing.pop(place % len(standing)))
                elif step == "put":
                    index.put(key, place)
                    plain.setdefault(key, []).insert(0, place)
                else:
                    plain.setdefault(key, []).append(place)
                    if step == "add":
                        index.add(key, place)
        assert {key: list(index.every(key)) for key in plain} == plain
        assert all(index.get(key) == (standing or [None])[0] for key, standing in plain.items())
        assert len(index) == sum(map(bool, plain.values()))
        assert all(index.get(key) is None for _, those in steps for key in those if key not in plain)


def test_a_key_with_one_place_takes_sixteen_bytes() -> None:
    index = LedgerIndex()
    index.add_all(range(100_000), range(100_000))
    assert index._keys.nbytes + index._places.nbytes == 16 * 100_000
    assert not index._further
    assert not index._recent


def test_short_keys_are_the_first_64_bits() -> None:
    assert short("f" * 20) == short(b"f" * 16) == 2**64 - 1
    assert short("00000000000a") == 10
