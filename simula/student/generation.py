"""Greedy answers, many at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import DynamicCache

from simula.student.backbone import Passage, logits


@torch.no_grad()
def generate(
    model: Any,
    prefix: DynamicCache,
    prompts: Sequence[Sequence[int]],
    ends: Collection[int],
    max_new_tokens: int,
) -> list[list[int]]:
    """The most probable token after each prompt, again and again.

    A row that has ended is taken out, so that a few long answers do not cost as much as many.

    Args:
        model: a causal model of transformers, in evaluation mode.
        prefix: keys and values of the tokens with which every prompt begins.
        prompts: the tokens of each prompt after that; at least one.
        ends: tokens that end an answer; they are not part of it.
        max_new_tokens: where an answer ends at the latest.

    Returns:
        The new tokens of each prompt.
    """
    device, seen = model.device, prefix.get_seq_length()
    lengths = torch.tensor([len(prompt) for prompt in prompts])
    longest = int(lengths.max())
    ids = torch.zeros(len(prompts), longest, dtype=torch.long)
    for i, prompt in enumerate(prompts):
        ids[i, : len(prompt)] = torch.tensor(prompt)
    positions = seen + torch.arange(longest).repeat(len(prompts), 1)
    visible = torch.ones(len(prompts), longest, seen + longest, dtype=torch.bool).tril(seen)
    passage = Passage(model, prefix, len(prompts))
    hidden = passage.read(ids.to(device), positions.to(device), visible.to(device))
    last = hidden[torch.arange(len(prompts)), lengths - 1]
    # From here on every row sees its own prompt, never what pads it.
    known = torch.cat(
        [torch.ones(len(prompts), seen), torch.arange(longest) < lengths[:, None]], dim=1
    ).bool()
    return continued(
        model, passage, last, (seen + lengths).to(device), known.to(device), ends, max_new_tokens
    )


def continued(
    model: Any,
    passage: Passage,
    last: Tensor,
    position: Tensor,
    known: Tensor,
    ends: Collection[int],
    max_new_tokens: int,
) -> list[list[int]]:
    """Go on from prompts that have been read.

    Args:
        model: a causal model of transformers, in evaluation mode.
        passage: what was read; it is used up.
        last: the hidden state of each prompt's last token: [rows, hidden].
        position: the place of the first new token: [rows].
        known: whether new tokens see each token read so far: [rows, seen].
        ends: tokens that end an answer; they are not part of it.
        max_new_tokens: where an answer ends at the latest.

    Returns:
        The new tokens of each prompt.
    """
    written: list[list[int]] = [[] for _ in last]
    alive = list(range(len(written)))
    for _ in range(max_new_tokens):
        token = logits(model, last).argmax(-1)
        going = [i for i, value in enumerate(token.tolist()) if value not in ends]
        for i in going:
            written[alive[i]].append(int(token[i]))
        if not going:
            break
        if len(going) < len(alive):
            rows = torch.tensor(going, device=token.device)
            passage.keep(rows)
            token, position, known = token[rows], position[rows], known[rows]
            alive = [alive[i] for i in going]
        known = torch.cat([known, known.new_ones(len(alive), 1)], dim=1)
        last = passage.read(token[:, None], position[:, None], known[:, None])[:, 0]
        position = position + 1
    return written
