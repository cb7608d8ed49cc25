"""What one step of each optimiser does to an adapter's matrices."""

from __future__ import annotations

import math

import pytest
import torch
from pydantic import ValidationError

from simula.student.optimizer import optimizer
from simula.student.settings import TrainingSettings

RANK, INPUTS, OUTPUTS = 4, 64, 32


def stepped(name: str) -> dict[str, torch.Tensor]:
    """A and B after one step against random gradients, from zero."""
    draw = torch.Generator().manual_seed(0)
    weights = {
        "A": torch.zeros(RANK, INPUTS, requires_grad=True),
        "B": torch.zeros(OUTPUTS, RANK, requires_grad=True),
    }
    for weight in weights.values():
        weight.grad = torch.randn(weight.shape, generator=draw)
    training = TrainingSettings.model_validate({"optimizer": name, "learning_rate": 0.01})
    optimizer(list(weights.values()), training).step()
    return {letter: weight.detach() for letter, weight in weights.items()}


def test_muon_orthogonalises_a_and_b_each_by_itself() -> None:
    for weight in stepped("muon").values():
        sizes = torch.linalg.svdvals(weight) / (0.01 * 0.2 * math.sqrt(max(weight.shape)))
        # Five Newton-Schulz iterations bring every singular value between about 0.5 and 1.5.
        assert ((sizes > 0.5) & (sizes < 1.5)).all()


def test_steps_of_muon_have_the_size_of_adamws() -> None:
    """So that one learning rate serves both: 0.2 is the root mean square of AdamW's updates in practice."""
    adamw, muon = stepped("adamw"), stepped("muon")
    for letter in "AB":
        sizes = [float(weight[letter].square().mean().sqrt()) for weight in (adamw, muon)]
        assert sizes[0] == pytest.approx(0.01, rel=0.01)
        assert sizes[1] == pytest.approx(0.2 * 0.01, rel=0.4)


@pytest.mark.parametrize("name", ["adafactor", "adamw", "muon"])
def test_a_first_step_without_gradient_leaves_a_matrix_finite(name: str) -> None:
    """B begins at zero, so A's first gradient is zero: nothing is divided by its size."""
    weight = torch.ones(RANK, INPUTS, requires_grad=True)
    weight.grad = torch.zeros_like(weight)
    training = TrainingSettings.model_validate({"optimizer": name, "learning_rate": 0.01})
    optimizer([weight], training).step()
    torch.testing.assert_close(weight.detach(), torch.ones(RANK, INPUTS))


def test_muon_is_refused_for_weights_that_are_no_matrices() -> None:
    with pytest.raises(ValidationError, match=r"optimizer=muon steps matrices alone"):
        TrainingSettings(optimizer="muon", method="full")
