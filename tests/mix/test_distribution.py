"""The exact distribution against all mixes written out, and against the frequencies of draws."""

from collections import Counter
from itertools import product
from math import sqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mix_trees import SETTINGS, TREES, excluding, strategies, taxonomies
from scipy.stats import chisquare

from simula.draws import generator
from simula.mix import MixDistribution, draw_mix, permitted_share, planned
from simula.mix.nodes import draw_node, node_probabilities
from simula.taxonomy import Strategy, TaxonomySettings

settings_used = st.sampled_from(SETTINGS)
LABYRINTH = (
    {"audience": ("children",), "topic": ("war",)},
    {"topic": ("war", "siege"), "form": ("letter",)},
    {"audience": ("adults",), "topic": ("pets",), "form": ("poem",)},
    {"audience": ("adults", "parents"), "form": ("letter", "postcard")},
)


def written_out(strategy: Strategy, settings: TaxonomySettings) -> dict[tuple, float]:
    """Every permitted mix to the probability of drawing it, node by node, without any cleverness."""
    trees = [tree for factor in strategy.factors for tree in TREES if tree.factor == factor]
    found = {}
    for nodes in product(*(node_probabilities(tree, settings) for tree in trees)):
        paths = dict(zip(strategy.factors, (path for path, _, _ in nodes), strict=True))
        if not any(
            all(paths[factor][: len(path)] == path for factor, path in exclusion.root.items())
            for exclusion in strategy.excluded
        ):
            chance = 1.0
            for _, _, one in nodes:
                chance *= one
            found[tuple(paths.values())] = chance
    return found


@pytest.mark.parametrize("settings", SETTINGS)
@pytest.mark.parametrize("tree", TREES)
def test_the_probabilities_are_those_of_the_draw(tree, settings) -> None:
    chances = {path: chance for path, _, chance in node_probabilities(tree, settings)}
    assert sum(chances.values()) == pytest.approx(1)
    counts = Counter(draw_node(tree, settings, generator(0, n))[0] for n in range(5000))
    assert counts.keys() <= chances.keys()
    assert chisquare([counts[path] for path in chances], [5000 * c for c in chances.values()]).pvalue > 1e-4


@given(strategies(), settings_used)
def test_the_permitted_share_is_that_of_all_mixes_written_out(strategy, settings) -> None:
    share = permitted_share(taxonomies(strategy), strategy, settings)
    assert share == pytest.approx(sum(written_out(strategy, settings).values()), abs=1e-12)


@given(strategies(most=20))
def test_something_is_permitted_under_all_settings_or_under_none(strategy) -> None:
    shares = [permitted_share(taxonomies(strategy), strategy, settings) for settings in SETTINGS]
    assert len({share > 0 for share in shares}) == 1


@given(st.lists(strategies(most=4), min_size=1, max_size=3), settings_used)
def test_planned_shares_are_those_of_all_mixes_written_out(chosen, settings) -> None:
    mixes = [written_out(strategy, settings) for strategy in chosen]
    if not all(mixes):
        return
    expected: Counter = Counter()
    total = sum(strategy.weight for strategy in chosen)
    for strategy, found in zip(chosen, mixes, strict=True):
        for paths, chance in found.items():
            for factor, path in zip(strategy.factors, paths, strict=True):
                expected[factor, path] += strategy.weight / total * chance / sum(found.values())
    shares = planned(taxonomies(*chosen), settings)
    assert {
        (factor, path): pytest.approx(share, abs=1e-12)
        for factor, nodes in shares.items()
        for path, share in nodes.items()
        if share
    } == dict(expected)
    assert {factor: list(nodes) for factor, nodes in shares.items()} == {
        tree.factor: [path for path, _ in tree.nodes] for tree in TREES
    }


@pytest.mark.parametrize("settings", SETTINGS)
def test_draws_come_as_planned(settings) -> None:
    """Every node's frequency is within 4 standard deviations of its planned share."""
    found = taxonomies(excluding(*LABYRINTH, weight=3), Strategy(factors=("form", "topic"), weight=1))
    draws = 4000
    mixes = [draw_mix(found, settings, 0, slot) for slot in range(draws)]
    counts = Counter((choice.factor, choice.path) for mix in mixes for choice in mix.choices)
    for factor, nodes in planned(found, settings).items():
        for path, share in nodes.items():
            deviation = abs(counts[factor, path] / draws - share)
            assert deviation <= 4 * sqrt(share * (1 - share) / draws), (factor, path)


@pytest.mark.parametrize("settings", SETTINGS)
def test_a_mix_drawn_directly_comes_as_one_drawn_again_and_again(settings) -> None:
    strategy = excluding(*LABYRINTH)
    distribution = MixDistribution(taxonomies(strategy), strategy, settings)
    expected = written_out(strategy, settings)
    counts = Counter(tuple(path for path, _ in distribution.draw(generator(0, slot))) for slot in range(5000))
    assert counts.keys() <= expected.keys()
    scale = 5000 / sum(expected.values())
    observed = [counts[mix] for mix in expected]
    assert chisquare(observed, [scale * chance for chance in expected.values()]).pvalue > 1e-4
