import numpy as np

from simula.draws import balanced, entropy, generator


def test_a_draw_depends_on_every_part_and_on_nothing_else() -> None:
    first = generator(0, 3, "node", "product").integers(1 << 30)
    generator(0, 3, "scenario").integers(1 << 30)
    assert generator(0, 3, "node", "product").integers(1 << 30) == first
    others = [
        generator(*where).integers(1 << 30) for where in [(1, 3, "node"), (0, 4, "node"), (0, 3, "nodes")]
    ]
    assert len({first, *others}) == 4


def test_parts_do_not_run_into_each_other() -> None:
    assert entropy("ab", "c") != entropy("a", "bc")
    assert entropy(1, "1") != entropy("1", 1)


def test_draws_are_those_of_numpy_s_default_generator() -> None:
    usual = np.random.default_rng(entropy(3, "node"))
    assert (
        generator(3, "node").integers(1 << 40, size=50).tolist() == usual.integers(1 << 40, size=50).tolist()
    )


def test_places_are_those_of_the_block_s_permutation() -> None:
    for slot in (0, 7, 19, 20, 41):
        whole = generator(5, slot // 20, "complex").permutation(20)
        assert balanced(20, 5, slot, "complex") == whole[slot % 20]
