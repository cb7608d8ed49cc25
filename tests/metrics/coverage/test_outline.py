"""What a call shows of a taxonomy: all of it where it fits, else a level at a time."""

import pytest

from simula.errors import ConfigurationError
from simula.metrics.coverage import Outline, estimated_tokens
from simula.taxonomy import Node, Taxonomy

TREE = Taxonomy(
    factor="animal",
    children=(
        Node(name="cat", description="purrs\n  mostly", children=(Node(name="lion"), Node(name="lynx"))),
        Node(name="dog", children=(Node(name="hound", children=(Node(name="foxhound"),)), Node(name="pug"))),
        Node(name="axolotl"),
    ),
)


def test_numbered_lines_each_below_the_kind_it_divides() -> None:
    (view,) = Outline(TREE, tokens=1000, descriptions=True).views.values()
    assert view.text.splitlines() == [
        "1. cat: purrs mostly",
        "  2. lion",
        "  3. lynx",
        "4. dog",
        "  5. hound",
        "    6. foxhound",
        "  7. pug",
        "8. axolotl",
    ]
    assert list(view.paths) == [path for path, _ in TREE.nodes]
    assert (view.within, view.whole) == ((), True)
    assert not Outline(TREE, tokens=1000, descriptions=True).divided
    assert "purrs" not in Outline(TREE, tokens=1000, descriptions=False).views[()].text


def test_too_long_a_taxonomy_is_shown_level_by_level_and_what_fits_below_whole() -> None:
    outline = Outline(TREE, tokens=9, descriptions=False)
    assert outline.divided
    assert {path: (view.text, view.whole) for path, view in outline.views.items()} == {
        (): ("1. cat\n2. dog\n3. axolotl", False),
        ("cat",): ("1. lion\n2. lynx", True),
        ("dog",): ("1. hound\n  2. foxhound\n3. pug", True),
    }
    assert outline.views["dog",].paths == (("dog", "hound"), ("dog", "hound", "foxhound"), ("dog", "pug"))
    smaller = Outline(TREE, tokens=7, descriptions=False)
    assert smaller.views["dog",].text == "1. hound\n2. pug"
    assert smaller.views["dog", "hound"].text == "1. foxhound"


def test_a_level_that_no_call_can_show_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"the 3 kinds of 'animal' take about 6 tokens.*shows 5 "):
        _ = Outline(TREE, tokens=5, descriptions=False).views


def test_tokens_are_estimated_from_bytes() -> None:
    assert [estimated_tokens(text) for text in ("", "four", "fives", "한국")] == [0, 1, 2, 2]
