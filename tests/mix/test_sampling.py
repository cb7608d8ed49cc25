from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some

from simula.draws import generator
from simula.mix import draw_mix
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy, TaxonomySettings

TREE = Taxonomy(
    factor="animal",
    children=(
        Node(name="cat", children=(Node(name="lion"), Node(name="lynx"), Node(name="tom"))),
        Node(name="dog"),
    ),
)
PLACE = Taxonomy(factor="place", children=(Node(name="house"), Node(name="wood")))
BOTH = Taxonomies(
    taxonomies=(TREE, PLACE),
    strategies=(Strategy(factors=("animal", "place"), weight=3), Strategy(factors=("animal",), weight=1)),
)
SLOTS = range(4000)


def drawn(settings: TaxonomySettings) -> Counter[tuple[str, ...]]:
    return Counter(draw_mix(BOTH, settings, 0, slot).choices[0].path for slot in SLOTS)


def test_the_top_level_alone_without_global_coverage() -> None:
    assert set(drawn(TaxonomySettings(levels="top"))) == {("cat",), ("dog",)}


def test_a_uniform_level_then_a_uniform_node() -> None:
    counts = drawn(TaxonomySettings())
    assert counts[("cat",)] / len(SLOTS) == pytest.approx(1 / 4, abs=0.03)
    assert counts[("cat", "lion")] / len(SLOTS) == pytest.approx(1 / 6, abs=0.03)


def test_uniform_over_all_nodes() -> None:
    counts = drawn(TaxonomySettings(node_distribution="uniform_node"))
    assert all(count / len(SLOTS) == pytest.approx(1 / 5, abs=0.03) for count in counts.values())
    assert len(counts) == 5


def test_strategies_are_drawn_by_weight() -> None:
    mixes = [draw_mix(BOTH, TaxonomySettings(), 0, slot) for slot in SLOTS]
    assert sum(len(mix.choices) == 2 for mix in mixes) / len(SLOTS) == pytest.approx(0.75, abs=0.03)


def test_systems_that_differ_only_in_levels_draw_the_same_strategies() -> None:
    for slot in range(50):
        top = draw_mix(BOTH, TaxonomySettings(levels="top"), 7, slot)
        deep = draw_mix(BOTH, TaxonomySettings(levels="all"), 7, slot)
        assert top.strategy == deep.strategy


@given(weights=some.lists(some.integers(1, 10), min_size=1, max_size=6), slot=some.integers(0, 10**6))
def test_a_strategy_is_the_one_that_numpy_s_choice_draws(weights: list[int], slot: int) -> None:
    strategies = tuple(Strategy(factors=("place",), weight=weight) for weight in weights)
    taxonomies = Taxonomies(taxonomies=(PLACE,), strategies=strategies)
    p = np.array(weights, dtype=float)
    usual = generator(1, slot, "strategy").choice(len(weights), p=p / p.sum())
    assert draw_mix(taxonomies, TaxonomySettings(), 1, slot).strategy == usual
