"""Level ratios, empty branches and lineage on a small taxonomy, by hand; large sets in little time."""

import time

import numpy as np
import pytest

from simula.metrics.coverage import Coverage, coverage, curve_sizes, places_by_lineage, points_by_node
from simula.metrics.coverage.levels import EmptyBranch
from simula.mix import Choice, Mix
from simula.taxonomy import Node, Taxonomies, Taxonomy

CAT = Node(name="cat", children=(Node(name="lion"), Node(name="lynx")))
FISH = Node(
    name="fish", children=(Node(name="carp"), Node(name="pike", children=(Node(name="muskellunge"),)))
)
ANIMAL = Taxonomy(factor="animal", children=(CAT, Node(name="dog"), FISH))
PLACE = Taxonomy(factor="place", children=(Node(name="house"), Node(name="wood")))
MOOD = Taxonomy(factor="mood", children=(Node(name="gay"),))
DOMAIN = Taxonomies(taxonomies=(ANIMAL, PLACE, MOOD), strategies=())
PLACES = {
    "animal": [("cat", "lion"), ("cat", "lion"), ("dog",), (), None],
    "place": [("wood",), ("wood",), (), ("wood",), ("house",)],
    "mood": [(), (), (), None, None],
}


def mix(**paths: tuple[str, ...]) -> Mix:
    return Mix(strategy=0, choices=tuple(Choice(factor=factor, path=path) for factor, path in paths.items()))


def test_ancestors_of_a_reached_node_count_as_reached() -> None:
    found = coverage(DOMAIN, PLACES, [5])
    # Factors: animal and place of three. Level 1: cat, dog, house, wood of six. Level 2: lion of four.
    assert [(one.level, one.reached, one.nodes) for one in found.levels] == [
        (0, 2, 3),
        (1, 4, 6),
        (2, 1, 4),
        (3, 0, 1),
    ]
    assert [(one.level, one.share) for one in found.factors["animal"]] == [(1, 2 / 3), (2, 1 / 4), (3, 0)]
    assert [one.share for one in found.factors["place"]] == [1]
    assert [one.share for one in found.factors["mood"]] == [0]
    assert found.nowhere == {"animal": 1, "place": 1, "mood": 3}
    assert found.unknown == {"animal": 1, "place": 0, "mood": 2}
    for one in (*found.levels, *found.factors["animal"]):
        assert one.curve[-1].share == pytest.approx(one.share)
        assert one.at(5) == one.curve[-1]
        assert one.at(4) is None
        assert one.reached <= one.reachable.nodes <= one.nodes


def test_the_curve_of_a_factor_is_that_of_its_own_nodes() -> None:
    found = coverage(DOMAIN, PLACES, [1, 2, 5])
    # Of two of the five points: house misses 6 of 10 pairs, wood 1 of 10.
    two = found.factors["place"][0].at(2)
    assert two is not None
    assert two.share == pytest.approx((2 - 0.6 - 0.1) / 2)
    alone = coverage(Taxonomies(taxonomies=(PLACE,), strategies=()), {"place": PLACES["place"]}, [1, 2, 5])
    assert alone.levels[1] == found.factors["place"][0] == alone.factors["place"][0]


def test_the_topmost_empty_nodes_are_the_empty_branches() -> None:
    assert coverage(DOMAIN, PLACES, [5]).empty == (
        EmptyBranch("animal", ("fish",), 4),
        EmptyBranch("animal", ("cat", "lynx"), 1),
        EmptyBranch("mood", (), 1),
    )


def test_points_are_counted_at_their_node_and_above() -> None:
    assert points_by_node({"animal": PLACES["animal"]}) == {
        ("animal", ()): 3,
        ("animal", ("cat",)): 2,
        ("animal", ("cat", "lion")): 2,
        ("animal", ("dog",)): 1,
    }


def test_lineage_is_what_the_mixes_hold() -> None:
    mixes = [mix(animal=("cat", "lion"), place=("wood",)), None, mix(animal=("cow",), weather=("rain",))]
    assert places_by_lineage(DOMAIN, mixes) == {
        "animal": [("cat", "lion"), None, None],
        "place": [("wood",), None, None],
        "mood": [None, None, None],
    }


def test_coverage_is_read_back_as_it_was_written() -> None:
    import json

    found = coverage(DOMAIN, PLACES, [1, 5])
    assert Coverage.from_json(json.loads(json.dumps(found.to_json()))) == found


def test_a_large_set_takes_seconds() -> None:
    draw = np.random.default_rng(0)
    trees = tuple(
        Taxonomy(
            factor=f"factor {at}",
            children=tuple(
                Node(name=str(top), children=tuple(Node(name=str(low)) for low in range(8)))
                for top in range(8)
            ),
        )
        for at in range(4)
    )
    paths = [(str(top), str(low)) for top in range(8) for low in range(8)]
    points = 50_000
    places = {
        tree.factor: [paths[at] for at in draw.zipf(1.5, size=points).clip(max=64) - 1] for tree in trees
    }
    before = time.process_time()
    found = coverage(Taxonomies(taxonomies=trees, strategies=()), places, curve_sizes(points, 40, (1000,)))
    assert time.process_time() - before < 10
    assert found.levels[2].share == 1
    assert found.levels[2].curve[0].share == pytest.approx(4 / 256)
