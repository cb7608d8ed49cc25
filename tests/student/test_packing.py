"""Rows are packed only where an architecture keeps them apart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ, questions

from simula.errors import StudentError
from simula.student.packing import mixing
from simula.student.settings import HubWeights, Lora, StudentSettings, TrainerSettings, TrainingSettings
from simula.student.training import train
from simula.student.weights import load

EXAMPLES = questions(8)


@pytest.fixture
def opt(tmp_path: Path, tiny_text: dict[str, Any], tokenizer: Any) -> StudentSettings:
    """An architecture that counts places by itself."""
    from transformers import OPTConfig, OPTForCausalLM

    folder = tmp_path / "opt"
    names = {"vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads"}
    sizes = {name: tiny_text[name] for name in names} | {"ffn_dim": 48, "word_embed_proj_dim": 32}
    config = OPTConfig(**sizes, init_std=0.3, pad_token_id=257, bos_token_id=256, eos_token_id=257)
    with torch.random.fork_rng():
        torch.manual_seed(0)
        OPTForCausalLM(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return StudentSettings(name="opt", weights=HubWeights(id=str(folder)))


def run(student: StudentSettings, folder: Path, packing: bool, precision: str) -> int:
    training = TrainingSettings(lora=Lora(targets="all-linear", dropout=0.5), precision=precision)
    trainer = TrainerSettings(packing=packing)
    log = (lambda _: None, lambda *_: None)
    return train(QUIZ, EXAMPLES, student, training, 3, folder, folder, *log, trainer).steps


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
def test_rows_that_would_see_each_other_are_not_packed(
    opt: StudentSettings, tmp_path: Path, precision: str
) -> None:
    with pytest.raises(
        StudentError, match=r"opt lets packed rows see each other: .* take trainer\.packing=false"
    ):
        run(opt, tmp_path / "packed", True, precision)
    assert run(opt, tmp_path / "padded", False, precision) > 0


@pytest.mark.parametrize("precision", ["32-true", "bf16-mixed"])
@pytest.mark.parametrize("name", ["tiny_llama", "tiny_gemma"])
def test_rows_that_are_kept_apart_are_packed(
    name: str, precision: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    assert run(request.getfixturevalue(name), tmp_path, True, precision) > 0


def test_apart_is_told_from_mixed(tiny_gemma: StudentSettings, opt: StudentSettings, tmp_path: Path) -> None:
    with torch.no_grad():
        assert mixing(load(tiny_gemma, tmp_path)[0]) < 1e-5
        assert mixing(load(opt, tmp_path)[0]) > 0.1
