"""What the page's script is given."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from looked_into import HOSTILE, NEPALI, REFUSED, ROWS, TREE, explorer

from simula.domain import Example
from simula.report.explorer import LONGEST, Explorer, ShownSet, node_numbers


class Scripts(HTMLParser):
    """The content of each script element, as a browser finds its end."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self.inside = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.inside = tag == "script"
        self.found += [""] if self.inside else []

    def handle_endtag(self, tag: str) -> None:
        self.inside = False

    def handle_data(self, data: str) -> None:
        if self.inside:
            self.found[-1] += data


def test_whatever_a_text_holds_the_script_element_ends_after_it() -> None:
    (content,) = Scripts(f"<script>{explorer().to_json()}</script><p>after</p>").found
    said = json.loads(content)
    assert said["rows"][0]["story"][3][1][0] == ["question", HOSTILE]
    assert said["trees"][0]["factors"][0][2][1][:2] == [HOSTILE, HOSTILE]
    assert said["rows"][1]["text"] == NEPALI
    assert not set(content) & set("<>&\u2028\u2029")


def test_nodes_are_numbered_depth_first_and_the_factors_with_them() -> None:
    numbers = node_numbers(TREE)
    assert list(numbers.values()) == list(range(9))
    assert numbers["animal",] == 0
    assert numbers["animal", "cat", "lynx"] == 3
    assert numbers["form", "verse"] == 7


def test_rows_know_their_nodes_and_sets_how_many_rows_each_has() -> None:
    said = json.loads(explorer().to_json())
    first, large, alone = said["sets"]
    # cat 1 row itself, lynx 26, the hostile node none and the one below it 1; verse 26, the Arabic one 2.
    assert first["drawn"] == [0, 1, 0, 26, 0, 1, 0, 26, 2]
    assert (first["rows"], first["shown"], first["refused"], first["shownRefused"]) == (28, 28, 1, 1)
    assert first["assigned"] == {"points": 20, "below": [17, 12, 0, 0, 5, 0, 0, 0, 0]}
    assert (large["rows"], large["shown"], large["refused"], large["shownRefused"]) == (512_000, 1, 40, 0)
    assert "tree" not in alone
    assert [row["nodes"] for row in said["rows"][:3]] == [[3, 7], [5, 8], [1, 8]]
    assert [row["set"] for row in said["rows"]] == [0] * 29 + [1, 2]


def test_a_story_holds_lineage_verdicts_and_how_to_see_it_all() -> None:
    row = json.loads(explorer().to_json())["rows"][28]
    story = dict(row["story"])
    assert row["slot"] == REFUSED[0].slot
    assert story["where it comes from"][1] == ["form", "verse"]
    assert story["judgement"] == [["is it correct? no", f"{HOSTILE} A wrong one."]]
    assert story["what became of it"] == [["status", f"rejected: {HOSTILE}"]]
    assert story["to see all of it"] == [["on a terminal", "simula show stories-full-1 slot:2"]]


def test_ratings_stand_with_the_row_that_has_them() -> None:
    rated = ShownSet("s", "k", None, 3, 0, ROWS[:2], ratings={1: {"mean raw score": 37.25, "Elo": 1412.04}})
    first, second = json.loads(Explorer(sets=(rated,)).to_json())["rows"]
    assert "how it was rated" not in dict(first["story"])
    assert dict(second["story"])["how it was rated"] == [["mean raw score", "37.2"], ["Elo", "1,412.0"]]


def test_a_text_that_is_too_long_says_what_is_left_out() -> None:
    long = ROWS[0].model_copy(update={"example": Example(question="x" * (LONGEST + 1200), answer="\x00")})
    (row,) = json.loads(Explorer(sets=(ShownSet("s", "k", None, 1, 0, (long,)),)).to_json())["rows"]
    question, answer = dict(row["story"])["data point"]
    assert question[1] == "x" * LONGEST + "… (1,200 more characters)"
    assert answer[1] == "␀"
    assert len(row["text"]) < 200
