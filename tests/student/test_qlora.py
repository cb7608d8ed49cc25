"""An adapter over frozen weights of 4 bits, on a CPU as on a GPU; `make test-slow` installs what it needs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ, Killed, questions
from safetensors.torch import load_file

from simula.student.settings import HubWeights, StudentSettings, TrainingSettings
from simula.student.training import train
from simula.student.weights import load

pytest.importorskip("bitsandbytes")

EXAMPLES = questions(24)
TRAINING = TrainingSettings(
    method="qlora",
    batch_size=4,
    optimizer="adamw",
    learning_rate=0.01,
    warmup_min=0,
    validation_share=0.2,
    validation_min=4,
    validations=1,
    precision="bf16-mixed",
    checkpoint_seconds=0,
)


def run(student: StudentSettings, folder: Path, kill_at: int = 0) -> list[float]:
    logged: list[Mapping[str, float]] = []

    def progress(done: int, _: int) -> None:
        if done == kill_at:
            raise Killed

    train(QUIZ, EXAMPLES, student, TRAINING, 3, folder, folder, logged.append, progress)
    return [measured["train/loss"] for measured in logged if "train/loss" in measured]


def test_the_projections_of_layers_are_of_four_bits_and_nothing_else_is(
    tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    model, _ = load(tiny_gemma, tmp_path, "qlora")
    rounded = {name for name, weight in model.named_parameters() if weight.dtype == torch.uint8}
    assert len(rounded) == 2 * 7
    assert all(".layers." in name and "_proj." in name for name in rounded)
    assert {weight.dtype for name, weight in model.named_parameters() if name not in rounded} == {
        torch.float32
    }
    whole, _ = load(tiny_gemma, tmp_path)
    ids = torch.arange(20, device=model.device)[None]
    with torch.no_grad():
        own, exact = model(ids).logits, whole.to(model.device)(ids).logits
    assert 0.01 < float((own - exact).norm() / exact.norm()) < 0.3


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft 0.21
def test_its_adapter_is_trained_goes_on_after_a_kill_and_fits_the_published_weights(
    tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM

    losses = run(tiny_gemma, tmp_path / "whole")
    assert len(losses) == 5
    assert losses[-1] < losses[0]
    with pytest.raises(Killed):
        run(tiny_gemma, tmp_path / "killed", kill_at=3)
    assert run(tiny_gemma, tmp_path / "killed") == losses[2:]
    kept = [tmp_path / name / "adapter" / "adapter_model.safetensors" for name in ("whole", "killed")]
    assert kept[0].read_bytes() == kept[1].read_bytes()
    assert {value.dtype for value in load_file(kept[0]).values()} == {torch.float32}
    assert isinstance(tiny_gemma.weights, HubWeights)
    published: Any = AutoModelForCausalLM.from_pretrained(tiny_gemma.weights.id)
    ids = torch.arange(20)[None]
    with torch.no_grad():
        before = published(ids).logits
        after = PeftModel.from_pretrained(published, tmp_path / "whole" / "adapter")(ids).logits
    assert float((after - before).abs().max()) > 0.01
