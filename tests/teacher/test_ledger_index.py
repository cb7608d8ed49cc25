"""The index is a dictionary in which the first place of a key stays."""

import pytest
from hypothesis import given
from hypothesis import strategies as some

from simula.teacher import ledger_index
from simula.teacher.ledger_index import LedgerIndex, short

keys = some.integers(0, 2**64 - 1) | some.integers(0, 9)
steps = some.lists(
    some.tuples(some.just("add"), some.lists(keys, max_size=9))
    | some.tuples(some.just("add_all"), some.lists(keys, max_size=9))
    | some.tuples(some.just("remove"), some.lists(keys, max_size=2)),
    max_size=12,
)


@given(steps=steps)
def test_it_holds_what_a_dictionary_holds(steps: list[tuple[str, list[int]]]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger_index, "RECENT", 4)
        index, plain = LedgerIndex(), dict[int, int]()
        for number, (step, those) in enumerate(steps):
            places = [100 * number + i for i in range(len(those))]
            if step == "add_all":
                index.add_all(those, places)
            for key, place in zip(those, places, strict=True):
                if step == "remove":
                    index.remove(key)
                    plain.pop(key, None)
                else:
                    plain.setdefault(key, place)
                    if step == "add":
                        index.add(key, place)
        assert {key: index.get(key) for key in plain} == plain
        assert len(index) == len(plain)
        assert all(index.get(key) is None for _, those in steps for key in those if key not in plain)


def test_short_keys_are_the_first_64_bits() -> None:
    assert short("f" * 20) == short(b"f" * 16) == 2**64 - 1
    assert short("00000000000a") == 10
