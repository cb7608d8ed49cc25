"""A judge that knows the truth by the names of nodes, for trees that are made to be judged."""

from __future__ import annotations

from typing import Any

from simula.taxonomy import Node, Taxonomy
from simula.teacher.fake import ScriptedTeacher
from simula.teacher.port import Request


def tree(*children: Node, factor: str = "thing") -> Taxonomy:
    return Taxonomy(factor=factor, children=children)


def node(name: str, *children: Node | str) -> Node:
    return Node(name=name, children=tuple(c if isinstance(c, Node) else Node(name=c) for c in children))


def meaning(name: str) -> str:
    """What a name says: "also iron" is another word for iron."""
    return name.removeprefix("also ")


def oracle(request: Request) -> dict[str, Any]:
    """Labels by the truth: "bad …" is bad, a meaning that stands before it in its own tree is redundant."""
    values = request.values
    if request.template == "place_node":
        # Where a node stands is told by the other tree's names, of which a branch's begins its nodes'.
        return {"places": [_way(values["children"], path[-1]) for path in values["nodes"]]}
    shown = paths(values["own"])
    own = [meaning(path[-1]) for path in shown]
    other = [meaning(item["name"]) for item in values["other"]]
    labels = []
    for path in values["nodes"]:
        said = meaning(path[-1])
        if path[-1].startswith("bad "):
            label = "bad"
        elif said in own[: shown.index(path)]:
            label = "redundant"
        else:
            label = "good_overlapping" if said in other else "good_exclusive"
        match = other.index(said) + 1 if label == "good_overlapping" else 0
        labels.append({"reason": f"{path[-1]} is {label}", "label": label, "match": match})
    return {"labels": labels}


def paths(outline: list[dict[str, Any]]) -> list[list[str]]:
    """The path of each line, as a reader takes it from the indents."""
    found: list[list[str]] = []
    for item in outline:
        above = found[-1][: item["depth"]] if found else []
        found.append([*above, item["name"]])
    return found


def _way(children: list[str], name: str) -> int:
    ways = [at for at, child in enumerate(children, start=1) if meaning(name).startswith(meaning(child))]
    return ways[0] if ways else 0


def judge(script: Any = oracle) -> ScriptedTeacher:
    return ScriptedTeacher(script, model="oracle")
