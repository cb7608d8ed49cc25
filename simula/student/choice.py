"""Which of a closed list of answers a model finds most probable.

The score of an answer is the sum of the log-probabilities of its tokens after the prompt. The end of the
turn is not counted, as in lm-evaluation-harness, unless one answer of the list begins another (CWE-78 and
CWE-787): without it the shorter one would win always, so then it is counted for every answer.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from simula.student.backbone import Passage, logits
from simula.student.generation import continued

_PROJECTED_AT_ONCE = 128
"""Positions projected to the vocabulary at once: 130 MB of float32 with Gemma's 262,144 tokens."""


@dataclass(frozen=True)
class Answers:
    """A closed list as a tree of tokens: what answers begin with in common is computed once.

    A node stands for a beginning of an answer; node 0 is the end of the prompt.
    """

    tokens: tuple[tuple[int, ...], ...]
    """Tokens of each answer as they are scored."""

    @staticmethod
    def of(answers: Sequence[Sequence[int]], end: int) -> Answers:
        """The tree of these answers; `end` is the token that ends a turn."""
        plain = [tuple(answer) for answer in answers]
        begins = any(a != b and b[: len(a)] == a for a in plain for b in plain)
        return Answers(tuple((*answer, end) for answer in plain) if begins else tuple(plain))

    @cached_property
    def nodes(self) -> dict[tuple[int, ...], int]:
        """Each beginning that an answer goes on from, to its number; parents before children."""
        nodes: dict[tuple[int, ...], int] = {}
        for answer in self.tokens:
            for length in range(len(answer)):
                nodes.setdefault(answer[:length], len(nodes))
        return nodes

    @cached_property
    def read(self) -> list[int]:
        """The token of each node but node 0: what is read after the prompt."""
        return [beginning[-1] for beginning in self.nodes if beginning]

    @cached_property
    def depth(self) -> list[int]:
        """How far each token of `read` is from the prompt: 1 for the first of an answer."""
        return [len(beginning) for beginning in self.nodes if beginning]

    @cached_property
    def ancestors(self) -> Tensor:
        """Whether a token of `read` (row) sees another (column), itself included."""
        beginnings = [beginning for beginning in self.nodes if beginning]
        seen = [[b[: len(a)] == a for a in beginnings] for b in beginnings]
        return torch.tensor(seen, dtype=torch.bool).reshape(len(beginnings), len(beginnings))

    @cached_property
    def steps(self) -> tuple[Tensor, Tensor, Tensor]:
        """Every token that is scored: number of its answer, of its node, and the token itself."""
        rows = [
            (number, self.nodes[answer[:place]], token)
            for number, answer in enumerate(self.tokens)
            for place, token in enumerate(answer)
        ]
        number, node, token = torch.tensor(rows).T
        return number, node, token


@torch.no_grad()
def score(
    model: Any,
    prefix: DynamicCache,
    prompts: Sequence[Sequence[int]],
    answers: Sequence[Answers],
    ends: Collection[int] = (),
    max_new_tokens: int = 0,
) -> tuple[list[list[float]], list[list[int]]]:
    """How probable each answer is after each prompt, and what the model says by itself, prompts read once.

    Args:
        model: a causal model of transformers, in evaluation mode.
        prefix: keys and values of the tokens with which every prompt begins.
        prompts: the tokens of each prompt after that; at least one.
        answers: the list of each prompt.
        ends: tokens that end what it says by itself; they are not part of it.
        max_new_tokens: where that ends at the latest; 0: it says nothing.

    Returns:
        The log-probability of each answer, in nats; the greedy tokens.
    """
    rows = [[*prompt, *tree.read] for prompt, tree in zip(prompts, answers, strict=True)]
    seen, longest = prefix.get_seq_length(), max(len(row) for row in rows)
    ids = torch.zeros(len(rows), longest, dtype=torch.long)
    positions = torch.arange(longest).repeat(len(rows), 1)
    visible = torch.ones(len(rows), longest, seen + longest, dtype=torch.bool).tril(seen)
    for i, (prompt, tree) in enumerate(zip(prompts, answers, strict=True)):
        branch = slice(len(prompt), len(rows[i]))
        ids[i, : len(rows[i])] = torch.tensor(rows[i])
        positions[i, branch] = len(prompt) - 1 + torch.tensor(tree.depth, dtype=torch.long)
        visible[i, branch, seen + len(prompt) : seen + len(rows[i])] = tree.ancestors
    device = model.device
    passage = Passage(model, prefix, len(rows))
    hidden = passage.read(ids.to(device), seen + positions.to(device), visible.to(device))
    # Node 0 is the prompt's last token, the others follow it.
    nodes = [hidden[i, len(prompt) - 1 : len(rows[i])] for i, prompt in enumerate(prompts)]
    scores = [_sums(model, states, tree) for states, tree in zip(nodes, answers, strict=True)]
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    last = hidden[torch.arange(len(rows)), lengths - 1]
    # What it says by itself sees its prompt, and none of the answers that were read after it.
    known = torch.arange(seen + longest) < seen + lengths[:, None]
    said = continued(
        model, passage, last, (seen + lengths).to(device), known.to(device), ends, max_new_tokens
    )
    return scores, said


def _sums(model: Any, states: Tensor, answers: Answers) -> list[float]:
    """The score of each answer from the hidden states [nodes, hidden] of its tree."""
    number, node, token = (index.to(states.device) for index in answers.steps)
    total = torch.zeros(len(answers.tokens), device=states.device)
    for first in range(0, len(states), _PROJECTED_AT_ONCE):
        here = (node >= first) & (node < first + _PROJECTED_AT_ONCE)
        log = logits(model, states[first : first + _PROJECTED_AT_ONCE]).log_softmax(-1)
        total.index_add_(0, number[here], log[node[here] - first, token[here]])
    return [float(value) for value in total]
