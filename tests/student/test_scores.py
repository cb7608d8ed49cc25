"""Whatever an architecture does to its scores after the projection is learned and asked at, or refused."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest
import torch

import simula.student.backbone as backbone
from simula.errors import StudentError
from simula.student.settings import HubWeights, StudentSettings
from simula.student.weights import load

SLIDING = {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8}
KINDS: dict[str, dict[str, Any]] = {
    "llama": {},
    "gemma3_text": SLIDING,
    "gemma3_text capped": SLIDING | {"final_logit_softcapping": 5.0},
    "granite": {"logits_scaling": 8.0},
    "cohere": {"logit_scale": 0.0625},
    "hyperclovax": {"logits_scaling": 0.125},
}
CHANGED = [name for name, given in KINDS.items() if given.keys() - SLIDING.keys()]


def stored(kind: str, folder: Path, text: dict[str, Any], tokenizer: Any) -> StudentSettings:
    from transformers import CONFIG_MAPPING, AutoModelForCausalLM

    sizes = {name: value for name, value in text.items() if kind != "cohere" or name != "head_dim"}
    config = CONFIG_MAPPING[kind.partition(" ")[0]](**sizes, **KINDS[kind])
    with torch.random.fork_rng():
        torch.manual_seed(0)
        AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return StudentSettings(name="tiny", weights=HubWeights(id=str(folder)))


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", KINDS)
def test_a_student_is_trained_at_the_models_own_temperature(
    kind: str, dtype: str, tmp_path: Path, tiny_text: dict[str, Any], tokenizer: Any
) -> None:
    student = stored(kind, tmp_path, tiny_text, tokenizer).model_copy(update={"dtype": dtype})
    model, _ = load(student, tmp_path)
    ids = torch.arange(20)[None]
    with torch.no_grad():
        own, hidden = model(ids).logits, model.base_model(ids).last_hidden_state
        scores = backbone.logits(model, hidden)
    assert scores.dtype == torch.float32
    torch.testing.assert_close(scores, own.float(), rtol=1e-5 if dtype == "float32" else 0.02, atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("kind", CHANGED)
def test_a_change_that_is_not_known_is_refused(
    kind: str,
    dtype: str,
    tmp_path: Path,
    tiny_text: dict[str, Any],
    tokenizer: Any,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(backbone, "logits", lambda model, hidden: model.lm_head(hidden).float())
    student = stored(kind, tmp_path, tiny_text, tokenizer).model_copy(update={"dtype": dtype})
    with pytest.raises(StudentError, match=r"student tiny: \w+ changes its scores after the projection"):
        load(student, tmp_path)


def test_scores_that_are_no_numbers_are_refused(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    from transformers import AutoModelForCausalLM

    assert isinstance(tiny_llama.weights, HubWeights)
    model: Any = AutoModelForCausalLM.from_pretrained(tiny_llama.weights.id)
    with torch.no_grad():
        model.model.norm.weight.fill_(float("nan"))
    model.save_pretrained(tmp_path)
    broken = StudentSettings(name="tiny", weights=HubWeights(id=str(tmp_path)))
    with pytest.raises(StudentError, match="the scores that its weights give a few tokens are no numbers"):
        load(broken, tmp_path)


def test_the_model_is_computed_once(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    """A student of 4 billion weights takes seconds for it on a CPU."""
    model, _ = load(tiny_gemma, tmp_path)
    passes: list[Any] = []
    model.model.layers[0].register_forward_hook(lambda *_: passes.append(_))
    assert backbone.disagreement(model) < 1e-6
    assert len(passes) == 1
    assert not model.model._forward_hooks


def test_a_change_before_the_projection_is_seen_too(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    model, _ = load(tiny_gemma, tmp_path)
    model.lm_head.register_forward_pre_hook(lambda _, given: (given[0] / 2,), prepend=True)
    plain = torch.nn.Linear(32, 264, bias=False)
    plain.weight = model.lm_head.weight
    model.get_output_embeddings = lambda: plain
    assert backbone.disagreement(model) > 0.5


def test_the_comparison_costs_next_to_nothing(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    model, _ = load(tiny_gemma, tmp_path)
    began = time.process_time()
    assert backbone.disagreement(model) < 1e-6
    assert time.process_time() - began < 1
