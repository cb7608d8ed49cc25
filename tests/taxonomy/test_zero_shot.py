"""A tree in one call: paths put together, what is put right is counted, and no reply is no tree."""

from __future__ import annotations

from collections import Counter
from typing import Any

import anyio
import pytest

from simula.errors import RequestFailed, UnreadableReply
from simula.prompts import Asker, Tally
from simula.taxonomy import Node, Taxonomy
from simula.taxonomy.zero_shot import tree, zero_shot
from simula.teacher.fake import ScriptedTeacher


def ask(reply: Any, nodes: int = 5) -> tuple[Taxonomy, ScriptedTeacher, Counter[str]]:
    teacher, counts = ScriptedTeacher([reply] * 2), Counter[str]()
    asker = Asker(teacher, "s", 1.0, 100, attempts=2)

    async def asked() -> Taxonomy:
        return await zero_shot("matter", "what it is", 2, nodes, 0, asker, Tally(), counts)

    return anyio.run(asked), teacher, counts


def test_a_tree_is_put_together_from_its_paths() -> None:
    listed = [
        ["metals", "iron"],
        ["gases"],
        ["Metals", " gold "],
        ["gases", "neon"],
        ["metals"],
        ["metals", "IRON"],
    ]
    found, teacher, counts = ask({"nodes": listed})
    assert found == Taxonomy(
        factor="matter",
        description="what it is",
        children=(
            Node(name="metals", children=(Node(name="iron"), Node(name="gold"))),
            Node(name="gases", children=(Node(name="neon"),)),
        ),
    )
    assert +counts == {"nodes listed twice": 1}
    (request,) = teacher.requests
    assert "2 levels deep, about 5 nodes in all" in request.prompt
    assert request.schema["properties"]["nodes"]["maxItems"] == 10


def test_what_is_put_right_is_counted() -> None:
    counts = Counter[str]()
    found = tree([["matter"], ["Matter", "metals", "iron"], ["gases", "noble", "neon"]], "matter", 2, counts)
    assert found == (
        Node(name="metals", children=(Node(name="iron"),)),
        Node(name="gases", children=(Node(name="noble"),)),
    )
    assert +counts == {
        "paths that began with the factor": 2,
        "paths cut to the depth": 1,
        "parents that were not listed": 2,
    }


def test_no_reply_is_no_tree() -> None:
    with pytest.raises(UnreadableReply, match="2 attempts"):
        ask("noise")
    with pytest.raises(UnreadableReply, match="lists the factor alone"):
        ask({"nodes": [["matter"]]})
    with pytest.raises(RequestFailed):
        ask(RequestFailed("no"))
