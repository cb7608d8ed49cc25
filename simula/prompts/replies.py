"""The reply schema of each prompt file (a data point's own schema comes from its task).

Those of every data point's calls are the same object each time: what is made of a schema is made once.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from simula.domain.schema import TEXT, strict_object

NAME: dict[str, Any] = {"type": "string", "minLength": 2, "maxLength": 80}


def _named(most: int, least: int = 1) -> dict[str, Any]:
    items = strict_object(name=NAME, description=TEXT)
    return {"type": "array", "items": items, "minItems": least, "maxItems": most}


def factors(most: int) -> dict[str, Any]:
    """propose_factors, review_factors."""
    return strict_object(factors=_named(most))


def children(most: int, least: int) -> dict[str, Any]:
    """propose_children, review_children; `least` 0 where a node may have no children."""
    return strict_object(children=_named(most, least))


@cache
def plan() -> dict[str, Any]:
    """plan_level."""
    return strict_object(plan=TEXT)


def paths(most: int, longest: int) -> dict[str, Any]:
    """zero_shot_taxonomy: a flat list, since a schema of nodes within nodes would have no end."""
    path = {"type": "array", "items": NAME, "minItems": 1, "maxItems": longest}
    return strict_object(nodes={"type": "array", "items": path, "minItems": 1, "maxItems": most})


EXCLUSIONS = 6
"""Pairs of kinds that the teacher may exclude from a strategy."""


def strategies(factor_names: Sequence[str], longest: int) -> dict[str, Any]:
    """write_strategies; `longest` is the length of the longest "factor: kind", in characters."""
    names = {"type": "string", "enum": list(factor_names)}
    chosen = {"type": "array", "items": names, "minItems": 1, "maxItems": len(factor_names)}
    weight = {"type": "integer", "minimum": 1, "maximum": 10}
    # Not an enumeration of all kinds: engines refuse long ones, and a name that is none is told by itself.
    label = {"type": "string", "minLength": 2, "maxLength": longest}
    pair = strict_object(first=label, second=label)
    excluded = {"type": "array", "items": pair, "minItems": 0, "maxItems": EXCLUSIONS}
    strategy = strict_object(factors=chosen, weight=weight, excluded=excluded)
    return strict_object(strategies={"type": "array", "items": strategy, "minItems": 1, "maxItems": 6})


@cache
def scenarios(count: int) -> dict[str, Any]:
    """write_scenarios."""
    return strict_object(scenarios={"type": "array", "items": TEXT, "minItems": count, "maxItems": count})


@cache
def scenario() -> dict[str, Any]:
    """complexify."""
    return strict_object(scenario=TEXT)


@cache
def judgement() -> dict[str, Any]:
    """judge_requirements, judge_correct, judge_incorrect: the reason comes before the verdict it leads to."""
    return strict_object(explanation=TEXT, verdict={"type": "string", "enum": ["yes", "no"]})


@cache
def scores(count: int, lowest: int, highest: int) -> dict[str, Any]:
    """score_complexity: one score an item, in their order."""
    score = {"type": "integer", "minimum": lowest, "maximum": highest}
    return strict_object(scores={"type": "array", "items": score, "minItems": count, "maxItems": count})


@cache
def node(count: int) -> dict[str, Any]:
    """assign_node: the number of one of `count` nodes, from 1, or 0 for none of them."""
    return strict_object(node={"type": "integer", "minimum": 0, "maximum": count})


@cache
def places(count: int, most: int) -> dict[str, Any]:
    """place_node: one number a node, in their order; 0 is none of them."""
    place = {"type": "integer", "minimum": 0, "maximum": most}
    return strict_object(places={"type": "array", "items": place, "minItems": count, "maxItems": count})


NODE_LABELS = ("good_overlapping", "good_exclusive", "redundant", "bad")
"""What a node of a taxonomy is, beside another taxonomy (Section 3)."""


@cache
def node_labels(count: int, most: int) -> dict[str, Any]:
    """judge_node: one label a node, in their order, its reason first; `most` nodes can be matched."""
    label = strict_object(
        reason=TEXT,
        label={"type": "string", "enum": list(NODE_LABELS)},
        match={"type": "integer", "minimum": 0, "maximum": most},
    )
    return strict_object(labels={"type": "array", "items": label, "minItems": count, "maxItems": count})
