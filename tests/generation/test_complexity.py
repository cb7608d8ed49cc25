from hypothesis import given
from hypothesis import strategies as some

from simula.generation.scenarios import BLOCK, is_complex
from simula.generation.settings import Complexity


@given(steps=some.integers(0, BLOCK), seed=some.integers(0, 10**9), block=some.integers(0, 10**6))
def test_the_fraction_is_exact_in_every_block(steps: int, seed: int, block: int) -> None:
    settings = Complexity(fraction=steps / BLOCK)
    slots = range(block * BLOCK, (block + 1) * BLOCK)
    assert sum(is_complex(settings, seed, slot) for slot in slots) == steps


def test_a_slot_that_is_complex_stays_complex_at_a_larger_fraction() -> None:
    for slot in range(200):
        chosen = [is_complex(Complexity(fraction=c), 0, slot) for c in (0.1, 0.3, 0.5, 0.9)]
        assert chosen == sorted(chosen)


def test_the_seed_decides_which() -> None:
    half = Complexity(fraction=0.5)
    assert [is_complex(half, 0, s) for s in range(40)] != [is_complex(half, 1, s) for s in range(40)]
