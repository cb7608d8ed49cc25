"""Proposals and reviews of factors and children: each names a part, some repeat, some do not belong."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from simula.teacher.port import Request
from simula.teacher.simulated import habit
from simula.teacher.simulated.chance import chance
from simula.teacher.simulated.ontology import Node, world
from simula.teacher.simulated.settings import SimulatedTeacher

Named = list[dict[str, str]]

_COMMONNESS = 1.0
"""Zipf exponent by which common children are named before rare ones."""


def propose_factors(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A part of the world's factors, perhaps one that varies nothing."""
    draw = chance(request)
    names = _some(world().varying, traits.recall, draw)
    if draw.random() < traits.misfit_rate:
        names += [factor for factor in world().factors if factor not in world().varying]
    return {"factors": [_factor(name) for name in names][: request.values["max_factors"]]}


def review_factors(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The edited list: most of what belongs, little of what does not, and what else comes to mind."""
    draw = chance(request)
    offered = [world().factor(item["name"]) for item in request.values["factors"]]
    kept = [name for name in offered if name and draw.random() < traits.believes(name in world().varying)]
    names = list(dict.fromkeys(kept + _some(world().varying, traits.recall, draw)))
    return {"factors": [_factor(name) for name in names][: request.values["max_factors"]]}


def propose_children(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A part of a node's children, some under their second name, perhaps one that does not belong.

    What the world does not divide is left undivided where that may be said; what the world does not know
    is divided all the same.
    """
    draw = chance(request)
    node = _node(request)
    if node is None or not node.children:
        leaf = node is not None and request.values["leaf"]
        return {"children": [] if leaf else _invented(request)}
    children = [_child(child, draw) for child in _some(node.children, traits.recall, draw)]
    if draw.random() < traits.misfit_rate:
        children.append(_misfit(request, draw))
    return {"children": children[: request.values["max_children"]]}


def review_children(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """The edited list of children: misfits removed, second names merged, what comes to mind added."""
    draw = chance(request)
    node = _node(request)
    candidates = request.values["candidates"]
    if node is None or not node.children:
        return {"children": list(candidates)[: request.values["max_children"]]}
    kept: dict[str, dict[str, str]] = {}
    for item in candidates:
        child = node.child(item["name"])
        if draw.random() >= traits.believes(child is not None):
            continue
        named = _described(child) if child and draw.random() < traits.specificity else dict(item)
        kept.setdefault(named["name"], named)
    for child in _some(node.children, traits.recall, draw):
        if not {child.name, child.also} & set(kept):
            kept[child.name] = _described(child)
    return {"children": list(kept.values())[: request.values["max_children"]]}


def plan_level(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """A plan that names the nodes to take as the measure."""
    paths = request.values["nodes"]
    examples = ", ".join(f'"{path[-1]}"' for path in paths[:3])
    return {"plan": f"Divide each of the {len(paths)} kinds as finely as {examples} can be divided."}


def write_strategies(request: Request, traits: SimulatedTeacher) -> dict[str, Any]:
    """Mostly all factors together; with a small weight all but one, which then stays open.

    Nothing is excluded: in this world every calculation can be told of all things, in all amounts and forms.
    """
    names = [factor["name"] for factor in request.values["factors"]]
    chosen = [names]
    if len(names) > 2:
        chosen += [[*names[:at], *names[at + 1 :]] for at in range(1, len(names))]
    strategies = [
        {"factors": factors, "weight": 10 if factors is names else 1, "excluded": []} for factors in chosen
    ]
    return {"strategies": strategies[:6]}


def _some(options: Sequence[Any], share: float, draw: np.random.Generator) -> list[Any]:
    """`share` of the options on average and at least two of them, in the order in which they come to mind."""
    count = max(2, int(draw.binomial(len(options), share)))
    return [options[index] for index in habit.order(habit.zipf(len(options), _COMMONNESS), draw)[:count]]


def _node(request: Request) -> Node | None:
    factor = world().factor(request.values["factor"])
    return world().factors[factor].find(request.values["path"]) if factor else None


def _factor(name: str) -> dict[str, str]:
    return {"name": name, "description": world().descriptions[name]}


def _described(node: Node) -> dict[str, str]:
    if node.children:
        description = f"such as {', '.join(child.name for child in node.children)}"
    else:
        description = f"a kind of {' > '.join(node.path[:-1])}"
    return {"name": node.name, "description": description}


def _child(node: Node, draw: np.random.Generator) -> dict[str, str]:
    """A child under its own name or, now and then, its second one."""
    named = _described(node)
    return named | {"name": node.also} if node.also and draw.random() < 0.25 else named


def _misfit(request: Request, draw: np.random.Generator) -> dict[str, str]:
    names = world().misfits[str(world().factor(request.values["factor"]))]
    return {"name": names[int(draw.integers(len(names)))], "description": "another kind"}


def _invented(request: Request) -> Named:
    """A language model divides what it knows nothing of, too."""
    of = request.values["path"][-1] if request.values["path"] else request.values["factor"]
    return [
        {"name": f"{kind} {of}"[:80], "description": f"{of} of the {kind} kind"}
        for kind in ("usual", "unusual")
    ]
