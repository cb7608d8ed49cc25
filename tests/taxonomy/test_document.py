"""Taxonomies to YAML and back: equal content whatever the names, and one sentence a mistake."""

from pathlib import Path

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from simula.domain import Exclusion
from simula.errors import ConfigurationError
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.document import Document, read_form, to_yaml

ODD = [
    "on",
    "1.5",
    "null",
    "~",
    "a: b",
    "- x",
    "*y",
    "# z",
    "'",
    '"',
    "한국어",
    "नेपाली",
    "عربي",
    "a\u2028b",
    "a\x85",
    "c\nd",
    "{{ x }}",
    "<<",
]
NAMES = st.sampled_from(ODD) | st.text(st.characters(exclude_categories=["Cs"]), min_size=1).filter(str.strip)


def different(name: str) -> str:
    return " ".join(name.casefold().split())


NODES = st.recursive(
    st.builds(Node, name=NAMES, description=st.text(st.characters(exclude_categories=["Cs"]))),
    lambda below: st.builds(
        Node,
        name=NAMES,
        children=st.lists(below, max_size=3, unique_by=lambda n: different(n.name)).map(tuple),
    ),
    max_leaves=6,
)
TREES = st.lists(
    st.builds(
        Taxonomy,
        factor=NAMES,
        description=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
        children=st.lists(NODES, min_size=1, max_size=3, unique_by=lambda n: different(n.name)).map(tuple),
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda tree: different(tree.factor),
)


def all_together(trees: list[Taxonomy]) -> Taxonomies:
    factors = tuple(tree.factor for tree in trees)
    return Taxonomies(taxonomies=tuple(trees), strategies=(Strategy(factors=factors, weight=2.5),))


@given(TREES)
@example(
    [Taxonomy(factor=name, children=(Node(name=name, description=name),)) for name in ODD if name.strip()]
)
def test_what_is_written_is_read_back(trees: list[Taxonomy]) -> None:
    found = all_together(trees)
    text = to_yaml(found, "arithmetic-0123", "taxonomies.yaml")
    read = read_form(text, "taxonomies.yaml", Document)
    assert read.made_by == "arithmetic-0123"
    assert read.trees() == found
    assert read.trees().content() == found.content()
    # Any other reader of YAML sees the same.
    assert yaml.safe_load(text)["taxonomies"] == found.content()["taxonomies"]
    assert len(text.split("\n")) == len(text.splitlines()) + 1


def test_exclusions_and_always_go_with_them() -> None:
    tree = Taxonomy(factor="topic", always=True, children=(Node(name="war"),))
    other = Taxonomy(factor="audience", children=(Node(name="children"),))
    excluded = (Exclusion({"topic": ("war",), "audience": ("children",)}),)
    strategy = Strategy(factors=("topic", "audience"), weight=1, excluded=excluded)
    found = Taxonomies(taxonomies=(tree, other), strategies=(strategy,))
    assert read_form(to_yaml(found, "k", "f"), "f", Document).trees() == found


def test_names_are_taken_as_they_are_typed() -> None:
    text = """
taxonomies:
  - factor: yes
    children:
      - name: on
      - {name: 1.50, description: 007}
      - name: null
        children:
strategies:
  - factors: [yes]
    weight: 3
"""
    (tree,) = read_form(text, "f", Document).taxonomies
    assert tree.factor == "yes"
    assert [child.name for child in tree.children] == ["on", "1.50", "null"]
    assert tree.children[1].description == "007"
    assert read_form(text, "f", Document).strategies[0].weight == 3.0


def test_the_head_tells_how_to_edit_a_copy() -> None:
    text = to_yaml(all_together([Taxonomy(factor="f", children=(Node(name="n"),))]), "key", "taxonomies.yaml")
    assert "do not change it here" in text
    assert "cp taxonomies.yaml my_tree.yaml" in text
    assert "taxonomy.expansion.edited=my_tree.yaml" in text


GOOD = """\
made_by: cats-12
taxonomies:
  - factor: kind
    children:
      - name: lion
      - name: tiger
        children:
          - name: young
          - name: old
strategies:
  - factors: [kind]
    weight: 1
"""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("      - name: lion", "      - nmae: lion", "line 5: there is no key 'nmae'; did you mean name?"),
        (
            "    children:\n      - name: lion",
            "    childern:\n      - name: lion",
            "line 4: there is no key 'childern'",
        ),
        ("weight: 1", "wieght: 1", "line 12: there is no key 'wieght'; did you mean weight?"),
        ("made_by", "made", "line 1: there is no key 'made'; did you mean made_by?"),
        ("name: lion", "name:", "line 5: the key 'name' is needed here, with a value"),
        ("name: lion", "name: ' '", "line 5: the node has an empty name"),
        ("name: lion", "name: Tiger ", "line 6: 'tiger' stands twice in one place"),
        ("name: old", "name: young", "line 9: 'young' stands twice in one place"),
        ("name: lion", "name: [a]", "line 5: a text is expected here"),
        ("name: lion", "name: lion\n        name: cat", "line 6: the key 'name' stands twice"),
        ("      - name: lion", "      - lion", "line 5: keys and values are expected here"),
        ("[kind]", "[knd]", "f.yaml strategy 1 (knd): there is no factor 'knd'; did you mean kind?"),
        ("[kind]", "kind", "line 11: a list is expected here"),
        (
            "weight: 1",
            "weight: 0",
            "strategy 1 (kind): its weight is 0; a number above 0 and up to 1,000,000 is expected",
        ),
        ("weight: 1", "weight: much", "line 12: a number is expected here"),
        ("name: lion", "name: &a lion\n      - *a", "line 5: this stands elsewhere in the file too"),
        ("name: lion", "name: li: on", "line 5: it is not readable as YAML"),
        ("name: lion", "name: l\x07", "f.yaml: it is not readable as YAML"),
        (
            "  - factors: [kind]\n    weight: 1\n",
            "  []\n",
            "line 10: strategies is empty; at least one is needed",
        ),
        (
            GOOD[GOOD.index("    children") : GOOD.index("strategies")],
            "",
            "the factor 'kind' has no children",
        ),
        (
            GOOD[GOOD.index("taxonomies") : GOOD.index("strategies")],
            "",
            "the key 'taxonomies' is needed here",
        ),
        (GOOD, "- a\n", "the keys taxonomies and strategies are expected"),
        (GOOD, "", "the keys taxonomies and strategies are expected"),
    ],
)
def test_a_mistake_is_one_sentence_with_file_and_place(old: str, new: str, expected: str) -> None:
    assert read_form(GOOD, "f.yaml", Document).taxonomies
    assert old in GOOD
    with pytest.raises(ConfigurationError) as caught:
        read_form(GOOD.replace(old, new, 1), "f.yaml", Document)
    assert any(expected in problem for problem in caught.value.problems), caught.value.problems
    assert all(problem.startswith("f.yaml") and "\n" not in problem for problem in caught.value.problems)


def test_all_mistakes_of_a_kind_are_named_at_once() -> None:
    text = GOOD.replace("lion", "tiger").replace("old", "young").replace("[kind]", "[knd]")
    with pytest.raises(ConfigurationError) as caught:
        read_form(text, "f.yaml", Document)
    assert len(caught.value.problems) == 3


def test_a_tag_is_no_object(tmp_path: Path) -> None:
    """Neither as a name nor as a list of nodes."""
    mark = tmp_path / "made"
    made = f"!!python/object/apply:os.mkdir ['{mark}']"
    tree = Taxonomy(factor="f", children=(Node(name="x"),))
    text = to_yaml(Taxonomies(taxonomies=(tree,), strategies=()), "key", "f")
    for old, new in (("- name: x", f"- name: {made}"), ("children:", f"children: {made}\n    was:")):
        assert old in text
        with pytest.raises(ConfigurationError):
            read_form(text.replace(old, new), "f", Document)
    assert not mark.exists()
