"""Expert taxonomies from three forms of text: the same tree, and one sentence a mistake."""

from __future__ import annotations

from pathlib import Path

import pytest

from simula.errors import ConfigurationError
from simula.store.expert import read_expert, shipped
from simula.taxonomy import Node, Taxonomy
from simula.taxonomy.expert import from_text

TREE = (
    Node(name="metals", description="they shine", children=(Node(name="iron"), Node(name="gold"))),
    Node(name="gases", children=(Node(name="noble", children=(Node(name="neon", description="red"),)),)),
)
OUTLINE = """\
# a comment

metals: they shine
\tiron
\tgold
- gases
  - noble
      * neon: red
"""
CSV = """\
path,description
metals,they shine
metals > iron,
 metals >  gold ,
gases > noble > neon,red
"""
YAML = """\
description: Texts about matter.
kind: grounded
source: us
taxonomies:
- factor: matter
  children:
  - {name: metals, description: they shine, children: [{name: iron}, {name: gold}]}
  - {name: gases, children: [{name: noble, children: [{name: neon, description: red}]}]}
"""

COLUMNS = "a column path (such as metals > iron), and perhaps one description, are expected"


@pytest.mark.parametrize(
    ("text", "file"),
    [(OUTLINE, "matter.txt"), (OUTLINE, "a/matter.md"), (CSV, "matter.csv"), (YAML, "matter.yaml")],
)
def test_all_forms_give_the_same_tree(text: str, file: str) -> None:
    found = from_text(text, file)
    assert found.taxonomy == Taxonomy(factor="matter", children=TREE)
    assert (found.name, found.depth) == ("matter", 3)
    assert (found.description, found.kind) == (
        ("Texts about matter.", "grounded") if file.endswith("yaml") else ("", None)
    )


def test_a_published_file_of_taxonomies_is_one_too() -> None:
    published = "made_by: x-1\n" + YAML.split("\n", 3)[3] + "strategies:\n- {factors: [matter], weight: 1}\n"
    assert from_text(published, "matter.yaml").taxonomy.children == TREE


@pytest.mark.parametrize(
    ("file", "text", "problems"),
    [
        (
            "m.txt",
            "iron\ngold\n iron\nIRON\n",
            ["m.txt line 4: 'iron' stands twice; merge the two, or rename one"],
        ),
        ("m.txt", "# nothing\n\n", ["m.txt holds no node"]),
        (
            "m.csv",
            "name\niron\n",
            [f"m.csv: {COLUMNS}; it has name"],
        ),
        (
            "m.csv",
            "",
            [f"m.csv: {COLUMNS}; it has none"],
        ),
        (
            "m.csv",
            "path,description\niron > > ore,\ngold,a,b\nlead,\nLead,\n",
            [
                "m.csv line 2: 'iron > > ore' has an empty name in its path",
                "m.csv line 3: it has more fields than there are columns; quote texts that hold commas",
                "m.csv line 5: 'lead' stands twice; merge the two, or rename one",
            ],
        ),
        (
            "m.json",
            "{}",
            ["m.json is no expert taxonomy: its ending should be one of .yaml, .yml, .csv, .txt, .md"],
        ),
        ("m.yaml", "- a\n", ["m.yaml: the key taxonomies is expected; it holds no keys and values"]),
        ("m.yaml", "taxonomies: []\n", ["m.yaml line 1: taxonomies is empty; at least one is needed"]),
        ("m.yaml", YAML + "knid: x\n", ["m.yaml line 9: there is no key 'knid'; did you mean kind?"]),
        (
            "m.yaml",
            YAML + "- factor: age\n  children: [{name: old}]\n",
            [
                "m.yaml holds 2 taxonomies (matter, age); an expert's file holds one, so leave the one that "
                "is meant"
            ],
        ),
        (
            "m.yaml",
            YAML.replace("grounded", "solid"),
            ["m.yaml line 2: input should be 'grounded' or 'conceptual'"],
        ),
    ],
)
def test_a_mistake_is_one_sentence_with_its_line(file: str, text: str, problems: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        from_text(text, file)
    assert [problem.replace("Input", "input") for problem in caught.value.problems] == problems


def test_files_are_read_and_what_is_none_is_told(tmp_path: Path) -> None:
    path = tmp_path / "my matter.txt"
    path.write_text("\ufeff" + OUTLINE, encoding="utf-8")
    assert read_expert(str(path)).taxonomy == Taxonomy(factor="my matter", children=TREE)
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is not a text in UTF-8"):
        read_expert(str(path))
    with pytest.raises(
        ConfigurationError, match="there is no shipped taxonomy 'animal'; did you mean animals"
    ):
        read_expert("animal")
    with pytest.raises(ConfigurationError, match="Is a directory"):
        read_expert(str(tmp_path))
    assert shipped() == ("animals", "elements", "fallacies", "minerals")
