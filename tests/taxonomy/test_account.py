"""What the manifest says of taxonomies, and what a person reads of it."""

from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.account import EXAMPLES, changes, contents, sentences


def tree(factor: str, **kinds: str) -> Taxonomy:
    """A tree of two levels: kind to its kinds, separated by spaces."""
    children = tuple(
        Node(name=name, children=tuple(Node(name=kind) for kind in below.split()))
        for name, below in kinds.items()
    )
    return Taxonomy(factor=factor, children=children)


def together(*trees: Taxonomy) -> Taxonomies:
    factors = tuple(tree.factor for tree in trees)
    return Taxonomies(taxonomies=trees, strategies=(Strategy(factors=factors, weight=1),))


def test_names_in_several_branches_of_one_taxonomy_are_reported_and_kept() -> None:
    found = together(tree("place", shop="Box till", home="box bed"), tree("thing", box="till"))
    said = contents(found)
    assert said["nodes_by_level"] == [3, 5]
    assert said["repeated_names"] == {
        "count": 1,
        "examples": [{"factor": "place", "name": "Box", "paths": [["shop", "Box"], ["home", "box"]]}],
    }
    assert "such as 'Box' in place: shop > Box; home > box" in sentences(said)[-1]


def test_all_repeats_are_counted_and_some_are_shown() -> None:
    names = " ".join(f"n{i}" for i in range(EXAMPLES + 5))
    said = contents(together(tree("place", shop=names, home=names)))["repeated_names"]
    assert (said["count"], len(said["examples"])) == (EXAMPLES + 5, EXAMPLES)


def test_an_edit_is_told_by_nodes() -> None:
    before = together(tree("place", shop="till", home="bed"))
    shop = Node(name="shop", description="sells", children=(Node(name="till"), Node(name="shelf")))
    after = together(Taxonomy(factor="place", children=(shop,)))
    assert changes(before, after) == {"added": 1, "removed": 2, "described_anew": 1}
    assert changes(before, before) == {"added": 0, "removed": 0, "described_anew": 0}
    said = sentences(contents(after) | {"edited": {"from": "cats-1"} | changes(before, after)})
    assert said[0] == "edited by a person, from cats-1: nodes added 1, removed 2, described anew 1"


def test_what_the_reviews_did_is_told() -> None:
    review = {
        "factors": {"kept": ["a"], "edited": ["b"], "added": [], "rejected": ["c", "d"]},
        "children": {"proposed": 9, "kept": 6, "edited": 1, "added": 2, "rejected": 2},
    }
    said = sentences(
        contents(together(tree("place", shop=""))) | {"review": review, "leaves_above_the_last_level": 4}
    )
    assert said == [
        "factors: 4 proposed; the review kept 1, edited 1 (b), added 0, rejected 2 (c, d)",
        "children: 9 proposed; the reviews edited 1, added 2, rejected 2",
        "leaves above the last level: 4",
    ]
