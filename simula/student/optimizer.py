"""The optimiser of a run: the paper's, its robustness check's (Figure 12), and the common one."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.optim import Optimizer

from simula.student.settings import TrainingSettings


def optimizer(weights: Sequence[Tensor], training: TrainingSettings) -> Optimizer:
    """A fresh optimiser over `weights`, at the peak of the learning rate; no weight decay in any.

    Muon (Jordan 2024) orthogonalises the momentum of each matrix by itself. An adapter's A [rank, inputs]
    and B [outputs, rank] are a matrix each: their product is never formed, and each step changes both by
    `rank` directions of equal size. Steps are scaled to the root mean square of AdamW's (Liu et al. 2025),
    so that AdamW's learning rates hold.
    """
    peak = training.learning_rate
    if training.optimizer == "adafactor":
        return torch.optim.Adafactor(weights, lr=peak)
    if training.optimizer == "muon":
        return torch.optim.Muon(weights, lr=peak, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    return torch.optim.AdamW(weights, lr=peak, weight_decay=0.0)
