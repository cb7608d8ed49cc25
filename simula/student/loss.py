"""The cross-entropy of supervised tokens over a large vocabulary, a slice of the positions at a time.

Of Gemma 3's 262,144 tokens a thousand positions have a gigabyte of scores in float32, and their gradient
as much again. With a frozen projection the gradient of the states is all that is needed of them, so it is
taken slice by slice on the way forward, and the scores of a slice are gone before those of the next.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from simula.student.backbone import logits

_SCORES_AT_ONCE = 2**25
"""Scores held at once: 128 MiB in float32."""


def summed_cross_entropy(model: Any, hidden: Tensor, labels: Tensor) -> Tensor:
    """The sum of the cross-entropies of `labels`, in nats.

    Args:
        model: a causal model of transformers, whose projection to the vocabulary is used.
        hidden: [tokens, hidden] states; may be empty.
        labels: [tokens] what each state should predict.

    Returns:
        A scalar, differentiable in `hidden`, and in the projection where it is trained.
    """
    head = model.get_output_embeddings()
    rows = max(1, _SCORES_AT_ONCE // int(head.weight.shape[0]))
    if any(weight.requires_grad for weight in head.parameters()):
        # Its own gradient is needed too: a slice is computed again on the way back.
        total = hidden.sum() * 0.0
        for states, wanted in zip(torch.split(hidden, rows), torch.split(labels, rows), strict=True):
            total = total + checkpoint(_slice, model, states, wanted, use_reentrant=False)
        return total
    summed: Tensor = _Frozen.apply(hidden, labels, model, rows)  # type: ignore[no-untyped-call]
    return summed


def _slice(model: Any, states: Tensor, wanted: Tensor) -> Tensor:
    return functional.cross_entropy(logits(model, states), wanted, reduction="sum")


class _Frozen(torch.autograd.Function):
    """The loss, with the gradient of the states taken on the way forward."""

    @staticmethod
    def forward(ctx: Any, hidden: Tensor, labels: Tensor, model: Any, rows: int) -> Tensor:
        """The sum over all slices."""
        total = torch.zeros((), device=hidden.device)
        gradient = torch.empty_like(hidden) if ctx.needs_input_grad[0] else None
        for first in range(0, len(hidden), rows):
            part = slice(first, first + rows)
            states = hidden[part].detach()
            if gradient is None:
                total += _slice(model, states, labels[part])
                continue
            with torch.enable_grad():
                states.requires_grad_()
                loss = _slice(model, states, labels[part])
            (gradient[part],) = torch.autograd.grad(loss, states)
            total += loss.detach()
        ctx.gradient = gradient
        return total

    @staticmethod
    def backward(ctx: Any, *outer: Tensor) -> tuple[Tensor, None, None, None]:
        """The gradient of the states, times that of the sum."""
        return ctx.gradient * outer[0], None, None, None
