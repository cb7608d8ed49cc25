"""How a language model fills in what nobody asked for: in its own order of preference, steeply.

Asked many times for "a word problem about a shop", a language model tells much the same story again: that
is the mode collapse which Section 1 of the paper sets taxonomies and scenarios against. Here each open choice
falls on the option of rank r with a probability proportional to r^-s (Zipf's law). The order of named options
is the world's; the order of numbers depends on what is already decided, as a model's next token depends on
the text so far. Whoever asks plays no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from simula.draws import entropy
from simula.teacher.port import Request
from simula.teacher.simulated.ontology import Node
from simula.teacher.simulated.settings import SimulatedTeacher

Logs = np.ndarray[tuple[int], np.dtype[np.float64]]


def steepness(request: Request, traits: SimulatedTeacher) -> float:
    """The exponent at the request's temperature: dividing log-probabilities by T turns s into s / T."""
    return traits.mode_collapse / max(request.temperature, 0.01)


@lru_cache(maxsize=4096)
def zipf(count: int, exponent: float) -> Logs:
    """Log-probabilities of `count` options, the preferred one first."""
    weights: Logs = -exponent * np.log(np.arange(1, count + 1, dtype=np.float64))
    return weights - np.float64(np.log(np.exp(weights).sum()))


def order(weights: Logs, draw: np.random.Generator) -> list[int]:
    """Indices in the order in which the options come to mind: drawn one by one without replacement.

    The first is a draw by weight (Gumbel's trick, exact where weights are below the smallest float).
    """
    return [int(index) for index in np.argsort(-(weights + draw.gumbel(size=len(weights))))]


def pick(count: int, exponent: float, draw: np.random.Generator) -> int:
    """The index of one of `count` options, the preferred one first."""
    return order(zipf(count, exponent), draw)[0]


def familiar(numbers: Sequence[int], *context: str | int) -> list[int]:
    """The numbers in the order of preference that a context suggests."""
    shuffle = np.random.default_rng(entropy("familiar", *context))
    return [numbers[index] for index in shuffle.permutation(len(numbers))]


@lru_cache(maxsize=1024)
def leaves(node: Node, exponent: float) -> tuple[tuple[Node, ...], Logs]:
    """The leaves below a node with their log-probabilities: at every branching a choice by Zipf's law."""
    if not node.children:
        return (node,), np.zeros(1)
    below = [leaves(child, exponent) for child in node.children]
    first = zipf(len(below), exponent)
    found = tuple(leaf for nodes, _ in below for leaf in nodes)
    return found, np.concatenate([weights + first[place] for place, (_, weights) in enumerate(below)])
