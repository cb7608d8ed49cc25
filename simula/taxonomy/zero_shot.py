"""A whole taxonomy in one call: what the expansion is compared with (Section 3, Tables 2 and 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from simula.domain.names import folded
from simula.draws import entropy
from simula.errors import UnreadableReply
from simula.prompts import Asker, Tally, replies
from simula.taxonomy.paths import PathTree
from simula.taxonomy.tree import Node, Taxonomy

TEMPLATE = "zero_shot_taxonomy"
"""The prompt file."""


async def zero_shot(
    factor: str,
    description: str,
    depth: int,
    nodes: int,
    seed: int,
    asker: Asker,
    tally: Tally,
    counts: Counter[str],
) -> Taxonomy:
    """The tree that a teacher writes at once.

    Args:
        factor: what is divided.
        description: of the factor; may be empty.
        depth: levels below the root.
        nodes: about how many are asked for; up to twice as many are taken.
        seed: of the teacher's sampling.
        asker: the teacher, with room for a long reply.
        tally: counts the call.
        counts: what was put right: nodes over the depth, repeated ones, parents that were not listed.

    Raises:
        RequestFailed: the teacher refused.
        UnreadableReply: no reply could be read.
    """
    values = {"factor": factor, "description": description, "depth": depth, "nodes": nodes}
    # One name more: many a model begins each path with the factor.
    schema = replies.paths(2 * nodes, depth + 1)
    reply = await asker.ask(TEMPLATE, schema, values, seed=entropy(seed, TEMPLATE, factor), tally=tally)
    children = tree(reply["nodes"], factor, depth, counts)
    if not children:
        raise UnreadableReply(f"{TEMPLATE}: the reply lists the factor alone")
    return Taxonomy(factor=factor, description=description, children=children)


def tree(listed: Sequence[Sequence[str]], factor: str, depth: int, counts: Counter[str]) -> tuple[Node, ...]:
    """The nodes of listed paths, put together as `PathTree` does.

    A path that begins with the factor begins behind it; what is deeper than `depth` is cut off. Both are
    counted, as are nodes listed twice, and parents that are listed nowhere.
    """
    found = PathTree()
    for path in listed:
        names = list(path)
        if folded(names[0]) == folded(factor):
            names = names[1:]
            counts["paths that began with the factor"] += 1
        if len(names) > depth:
            names = names[:depth]
            counts["paths cut to the depth"] += 1
        if names:
            _, before = found.add(names)
            counts["nodes listed twice"] += before
    counts["parents that were not listed"] += found.unlisted
    return found.nodes({})
