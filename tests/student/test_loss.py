"""The sliced cross-entropy is the plain one, in value and in gradient."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from peft import LoraConfig, get_peft_model
from torch import Tensor
from torch.nn import functional

import simula.student.loss as sliced
from simula.student.backbone import logits
from simula.student.settings import StudentSettings
from simula.student.weights import load


@pytest.fixture(params=["frozen", "trained"])
def model(request: pytest.FixtureRequest, tiny_gemma: StudentSettings, tmp_path: Path) -> Any:
    """Its scores are capped, as those of Gemma 2 are."""
    loaded, _ = load(tiny_gemma, tmp_path)
    loaded.config.final_logit_softcapping = 3.0
    return loaded.requires_grad_(request.param == "trained")


def differentiated(model: Any, loss: Tensor, hidden: Tensor) -> list[Tensor]:
    weights = [weight for weight in (model.get_output_embeddings().weight,) if weight.requires_grad]
    return list(torch.autograd.grad(0.25 * loss, [hidden, *weights]))


@pytest.mark.parametrize("tokens_at_once", [1, 3, 7, 100])
def test_slices_sum_to_the_whole(model: Any, tokens_at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sliced, "_SCORES_AT_ONCE", tokens_at_once * model.config.vocab_size)
    draw = torch.Generator().manual_seed(0)
    hidden = torch.randn(7, 32, generator=draw).requires_grad_()
    labels = torch.randint(264, (7,), generator=draw)
    plain = functional.cross_entropy(logits(model, hidden), labels, reduction="sum")
    loss = sliced.summed_cross_entropy(model, hidden, labels)
    torch.testing.assert_close(loss, plain)
    expected, found = (differentiated(model, each, hidden) for each in (plain, loss))
    assert len(found) == len(expected)
    for a, b in zip(found, expected, strict=True):
        torch.testing.assert_close(a, b)


@pytest.mark.filterwarnings(
    "ignore:Model has `tie_word_embeddings:UserWarning", "ignore:`is_gradient_checkpointing`:FutureWarning"
)
def test_an_adapter_of_the_projection_is_trained(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    loaded, _ = load(tiny_gemma, tmp_path)
    tuned = get_peft_model(loaded, LoraConfig(r=2, target_modules=["lm_head"]))
    hidden = torch.ones(3, 32)
    sliced.summed_cross_entropy(tuned.get_base_model(), hidden, torch.arange(3)).backward()
    trained = [weight for weight in tuned.parameters() if weight.requires_grad]
    assert len(trained) == 2
    assert all(weight.grad is not None for weight in trained)
    assert any(weight.grad is not None and weight.grad.any() for weight in trained)


def test_no_supervised_token_costs_nothing_and_has_a_gradient(model: Any) -> None:
    hidden = torch.zeros(0, 32, requires_grad=True)
    loss = sliced.summed_cross_entropy(model, hidden, torch.zeros(0, dtype=torch.long))
    assert loss.item() == 0
    assert differentiated(model, loss, hidden)[0].shape == (0, 32)


def test_without_gradients_the_loss_is_the_same(model: Any) -> None:
    hidden, labels = torch.ones(5, 32), torch.arange(5)
    with torch.no_grad():
        expected = functional.cross_entropy(logits(model, hidden), labels, reduction="sum")
        torch.testing.assert_close(sliced.summed_cross_entropy(model, hidden, labels), expected)
