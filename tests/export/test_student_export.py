"""An exported student, loaded by plain transformers and peft, offline, is the one that was examined."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import torch
import yaml

from simula.composition import Cell, cells
from simula.export import export_student
from simula.stages.cell import run_cell
from simula.stages.keys import adapter_key, rows_key
from simula.student.adapter import tuned
from simula.student.settings import HubWeights, StudentSettings

IDS = torch.tensor([[256, *range(40, 70)]])
# peft 0.21 asks transformers 5.23 for an attribute by its old name.
pytestmark = pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")


def cell(base: Path, root: Path, *more: str) -> Cell:
    overrides = ["domain=arithmetic", "teacher=simulated", "tracking=none", "size=12", f"paths.root={root}"]
    overrides += ["student=gemma3_270m", f"student.weights.id={base}", "student.prompt=chat"]
    overrides += ["student.dtype=float32", "training.learning_rate=0.02", "training.batch_size=4"]
    overrides += ["evaluation.limit=5", "evaluation.max_new_tokens=3", "benchmark.items=5"]
    (found,) = cells([*overrides, *more], sweep=False)
    return found


def exported(chosen: Cell, until: str = "train") -> Path:
    assert run_cell(chosen.config, until) is None
    assert export_student([chosen], None) == 0
    return chosen.config.paths.export / "students" / adapter_key(chosen.config)


def examined(chosen: Cell) -> torch.Tensor:
    """What the tuned student says where it is examined."""
    config = chosen.config
    kept = config.paths.store / "train" / adapter_key(config) / config.training.result
    return logits(tuned(config.student, kept, config.paths.cache)[0])


def logits(model: Any, **options: Any) -> torch.Tensor:
    with torch.no_grad():
        return model.eval()(input_ids=IDS, **options).logits.float()


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


@pytest.fixture
def base(tiny_gemma: StudentSettings) -> Path:
    assert isinstance(tiny_gemma.weights, HubWeights)
    return Path(tiny_gemma.weights.id)


def test_both_forms_give_the_logits_of_the_examined_student(base: Path, tmp_path: Path) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, AutoTokenizer

    chosen = cell(base, tmp_path)
    folder = exported(chosen)
    expected = examined(chosen)
    published = AutoModelForCausalLM.from_pretrained(base)
    assert float((logits(published) - expected).abs().max()) > 0.01
    whole = AutoModelForCausalLM.from_pretrained(folder)
    torch.testing.assert_close(logits(whole), expected, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(
        logits(PeftModel.from_pretrained(published, folder / "adapter")), expected, rtol=1e-4, atol=1e-4
    )
    for place in (folder, folder / "adapter"):
        turns = [{"role": "user", "content": "1 + 1?"}]
        text = AutoTokenizer.from_pretrained(place).apply_chat_template(turns, tokenize=False)
        assert text.startswith("<bos><start_of_turn>user")
    assert whole.config.architectures == ["Gemma3ForCausalLM"]
    assert str(tmp_path) not in (folder / "adapter" / "adapter_config.json").read_text().replace(
        str(base), ""
    )


def test_an_adapter_of_a_text_half_fits_the_published_multimodal_model(
    tiny_multimodal: Path, tmp_path: Path
) -> None:
    from peft import PeftModel
    from transformers import AutoModelForCausalLM, Gemma3ForConditionalGeneration

    chosen = cell(tiny_multimodal, tmp_path)
    folder = exported(chosen)
    expected = examined(chosen)
    text = AutoModelForCausalLM.from_pretrained(folder)
    assert text.config.architectures == ["Gemma3ForCausalLM"]
    torch.testing.assert_close(logits(text), expected, rtol=1e-4, atol=1e-4)
    published = Gemma3ForConditionalGeneration.from_pretrained(tiny_multimodal)
    fitted = PeftModel.from_pretrained(published, folder / "adapter")
    torch.testing.assert_close(logits(fitted), expected, rtol=1e-4, atol=1e-4)


def test_bfloat16_weights_stay_bfloat16_and_are_rounded_once(base: Path, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    chosen = cell(base, tmp_path, "student.dtype=bfloat16")
    folder = exported(chosen)
    whole = AutoModelForCausalLM.from_pretrained(folder)
    assert whole.dtype == torch.bfloat16
    exact = chosen.config.student.model_copy(update={"dtype": "float32"})
    kept = chosen.config.paths.store / "train" / adapter_key(chosen.config) / "adapter"
    wanted = dict(tuned(exact, kept, tmp_path)[0].named_parameters())
    for name, weight in whole.named_parameters():
        torch.testing.assert_close(weight, wanted[name].bfloat16(), rtol=0, atol=0)
    assert "rounded to bfloat16" in (folder / "README.md").read_text(encoding="utf-8")


def test_the_card_names_data_training_and_evaluation(base: Path, tmp_path: Path) -> None:
    chosen = cell(base, tmp_path, "training.method=full", "training.learning_rate=0.001")
    folder = exported(chosen, until="evaluate")
    assert not (folder / "adapter").exists()
    card = (folder / "README.md").read_text(encoding="utf-8")
    _, front, _ = card.split("---\n", 2)
    assert yaml.safe_load(front)["tags"] == ["simula", "synthetic", "full"]
    for said in (rows_key(chosen.config), adapter_key(chosen.config)):
        assert f"| {said} |" in card
    assert re.search(r"\| tuned \| +[\d.]+ \| [\d.]+ to [\d.]+ \| 5 \|", card)
    assert re.search(r"\| as published \| +[\d.]+ \| [\d.]+ to [\d.]+ \| 5 \|", card)
    assert "| optimizer | adamw |" in card
    assert "lora" not in card
    assert "<bos><start_of_turn>user\n" in card
    assert "simula evaluate domain=arithmetic" in card
    assert str(tmp_path / "outputs") not in card


def test_what_was_not_examined_and_what_is_not_there_is_said(
    base: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = cell(base, tmp_path)
    assert export_student([chosen], None) == 1
    said = capsys.readouterr().err
    assert f"there is no tuned student {adapter_key(chosen.config)}" in said
    assert "make it first: simula evaluate domain=arithmetic" in said
    card = (exported(chosen) / "README.md").read_text(encoding="utf-8")
    assert "**It was not examined** on the benchmark arithmetic" in card
