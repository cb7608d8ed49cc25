"""Each measure against a hand-worked example."""

from simula.metrics.coverage import level_ratios
from simula.mix import Choice, Mix
from simula.taxonomy import Node, Taxonomies, Taxonomy


def test_ancestors_of_a_reached_node_count_as_reached() -> None:
    animal = Taxonomy(
        factor="animal",
        children=(Node(name="cat", children=(Node(name="lion"), Node(name="lynx"))), Node(name="dog")),
    )
    place = Taxonomy(factor="place", children=(Node(name="house"), Node(name="wood")))
    domain = Taxonomies(taxonomies=(animal, place), strategies=())
    mix = Mix(
        strategy=0,
        choices=(Choice(factor="animal", path=("cat", "lion")), Choice(factor="place", path=("wood",))),
    )
    assert level_ratios(domain, [mix, mix]) == {"level 1": 2 / 4, "level 2": 1 / 2}
