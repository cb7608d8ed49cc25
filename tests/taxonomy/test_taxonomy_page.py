"""The page to browse: self-contained, and whatever a model wrote is text."""

import re
from html.parser import HTMLParser
from typing import Any

import pytest

from simula.domain import Exclusion
from simula.taxonomy import Node, Strategy, Taxonomies, Taxonomy
from simula.taxonomy.account import contents
from simula.taxonomy.page import render_page

HOSTILE = [
    "<script>alert(1)</script>",
    "a \"quoted\" 'name' & more",
    "</details></main>",
    "عربي",
    "नेपाली भाषा",
    "{{ 7 * 7 }}",
]


class Reader(HTMLParser):
    """The tags and the text of a page, as a browser would see them."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data


def page(names: list[str], **manifest: Any) -> str:
    children = tuple(Node(name=name, description=name, children=(Node(name=f"{name}!"),)) for name in names)
    trees = (
        Taxonomy(factor=names[0], description=names[0], always=True, children=children),
        Taxonomy(factor="other", children=(Node(name="x"),)),
    )
    excluded = (Exclusion({names[0]: (names[0],), "other": ("x",)}),)
    found = Taxonomies(
        taxonomies=trees,
        strategies=(
            Strategy(factors=(names[0], "other"), weight=3, excluded=excluded),
            Strategy(factors=(names[0],), weight=1),
        ),
    )
    return render_page(found, "key-1", contents(found) | manifest)


@pytest.mark.parametrize("name", HOSTILE)
def test_what_a_model_wrote_is_text(name: str) -> None:
    rejected = {"kept": [], "edited": [], "added": [], "rejected": [name]}
    shown = Reader(page([name], review={"factors": rejected}, warnings={name: 1}))
    plain = Reader(page(["plain"], review={"factors": rejected | {"rejected": ["p"]}}, warnings={"p": 1}))
    assert [tag for tag, _ in shown.tags] == [tag for tag, _ in plain.tags]
    assert shown.text.count(name) >= 8
    searched = [attrs["data-text"] for tag, attrs in shown.tags if attrs.get("class") == "node"]
    assert searched[0] == f"{name} {name}"


def test_nothing_is_fetched_and_no_other_script_runs() -> None:
    text = page(HOSTILE)
    tags = Reader(text).tags
    assert not [attrs for _, attrs in tags if {"src", "href", "srcset", "action"} & set(attrs)]
    assert [tag for tag, _ in tags].count("script") == 1
    policy = next(a["content"] for t, a in tags if t == "meta" and "http-equiv" in a)
    assert policy is not None
    assert re.fullmatch(
        r"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-[\w+/]{43}='", policy
    )


def test_counts_strategies_and_warnings_are_shown() -> None:
    text = Reader(page(["a", "b"], warnings={"children over the cap of 2": 3})).text
    assert "nodes by level 3 / 2" in text
    assert "75 %" in text
    assert "never a: a + other: x" in text
    assert "children over the cap of 2: 3 left out; taxonomy.expansion.max_children" in text
    assert "in every strategy" in text
