"""Tuning all weights: what is trained, checkpointed, kept, and loaded again."""

from __future__ import annotations

from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ, Killed, questions
from safetensors.torch import load_file

from simula.errors import StudentError
from simula.student.adapter import tuned
from simula.student.checkpoints import Checkpoints
from simula.student.settings import HubWeights, StudentSettings, TrainingSettings
from simula.student.training import TrainingSummary, train

EXAMPLES = questions(24)
FULL = TrainingSettings(
    method="full",
    epochs=2,
    batch_size=8,
    optimizer="adamw",
    learning_rate=0.001,
    warmup_min=0,
    validation_share=0.25,
    validation_min=4,
    validations=2,
    checkpoint_seconds=0,
)


def run(student: StudentSettings, folder: Path, kill_at: int | None = None, **log: Any) -> TrainingSummary:
    def progress(done: int, _: int) -> None:
        if done == kill_at:
            raise Killed

    seen = log.get("log", [])
    return train(QUIZ, EXAMPLES, student, FULL, 3, folder, folder, seen.append, progress)


def test_every_weight_is_trained_and_the_kept_model_is_the_trained_one(
    tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    log: list[dict[str, float]] = []
    summary = run(tiny_gemma, tmp_path, log=log)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["model"]
    before = load_file(Path(tiny_gemma.weights.id) / "model.safetensors")
    after = load_file(tmp_path / "model" / "model.safetensors")
    assert before.keys() == after.keys()
    assert not [name for name, value in before.items() if torch.equal(value, after[name])]
    assert summary.trainable_parameters == sum(value.numel() for value in before.values())
    validated = {
        line["validation/step"]: line["validation/accuracy"] for line in log if "validation/accuracy" in line
    }
    assert validated == dict(summary.validation_accuracies)
    model, tokenizer = tuned(tiny_gemma, tmp_path / "model", tmp_path)
    assert tokenizer.chat_template
    ids = torch.arange(20)[None]
    from transformers import AutoModelForCausalLM

    plain = AutoModelForCausalLM.from_pretrained(tmp_path / "model")
    with torch.no_grad():
        torch.testing.assert_close(model(ids).logits, plain(ids).logits)


def test_a_text_half_is_kept_under_its_own_names(tiny_multimodal: Path, tmp_path: Path) -> None:
    """transformers would write it as it was read, under those of the whole model."""
    half = StudentSettings(name="half", weights=HubWeights(id=str(tiny_multimodal)))
    run(half, tmp_path)
    names = load_file(tmp_path / "model" / "model.safetensors")
    assert "model.layers.0.self_attn.q_proj.weight" in names
    tuned(half, tmp_path / "model", tmp_path)


def test_full_tuning_goes_on_from_a_checkpoint_to_the_same_weights(
    tiny_gemma: StudentSettings, tmp_path: Path
) -> None:
    with pytest.raises(Killed):
        run(tiny_gemma, tmp_path / "killed", kill_at=4)
    resumed, whole = run(tiny_gemma, tmp_path / "killed"), run(tiny_gemma, tmp_path / "whole")
    assert asdict(replace(resumed, seconds=0)) == asdict(replace(whole, seconds=0))
    kept = [tmp_path / name / "model" / "model.safetensors" for name in ("killed", "whole")]
    assert kept[0].read_bytes() == kept[1].read_bytes()


def test_a_checkpoint_of_full_tuning_holds_all_weights_and_one_of_an_adapter_only_its_own(
    tiny_gemma: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: dict[str, int] = {}
    write = Checkpoints._write

    def look(self: Checkpoints, trainer: Any) -> None:
        write(self, trainer)
        state = torch.load(self._folder / "last.ckpt", weights_only=False)["state_dict"]
        held[trainer.lightning_module._training.method] = sum(value.numel() for value in state.values())

    monkeypatch.setattr(Checkpoints, "_write", look)
    full = run(tiny_gemma, tmp_path / "full")
    lora = FULL.model_copy(update={"method": "lora", "epochs": 1})
    adapter = train(QUIZ, EXAMPLES, tiny_gemma, lora, 3, tmp_path, tmp_path, lambda _: None, lambda *_: None)
    assert held == {"full": full.trainable_parameters, "lora": adapter.trainable_parameters}


def test_nothing_that_was_trained_is_one_sentence(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=f"there is no tuned student in {tmp_path}: train it first"):
        tuned(tiny_gemma, tmp_path, tmp_path)
