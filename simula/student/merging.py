"""A tuned student as files that others load: transformers, peft, and servers such as vLLM."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from transformers import AutoConfig

from simula.student.adapter import tuned
from simula.student.settings import HubWeights, StudentSettings
from simula.student.weights import NO_CODE, hub, quiet

_TEXT, _WHOLE = "base_model.model.model.layers.", "base_model.model.model.language_model.layers."
"""How an adapter's weights are named over the text half alone, and over the whole multimodal model."""


def write_tuned(student: StudentSettings, kept: Path, folder: Path, cache: Path) -> Any:
    """Write the tuned model in one piece, in the student's type, and its adapter where it has one.

    Args:
        student: the model.
        kept: what its training kept: an adapter, or a whole model.
        folder: gets the model and its tokenizer; its `adapter/` an adapter, with the tokenizer too.
        cache: folder for converted weights.

    Returns:
        The tokenizer.

    Raises:
        StudentError: nothing is kept there; weights that are missing.
    """
    # The sums of weights and adapter are exact in float32, and rounded once.
    exact = student.model_copy(update={"dtype": "float32"})
    model, tokenizer = tuned(exact, kept, cache)
    with quiet():
        model.to(getattr(torch, student.dtype)).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    if (kept / "adapter_config.json").exists():
        write_adapter(student, kept, folder / "adapter")
        tokenizer.save_pretrained(folder / "adapter")
    return tokenizer


def write_adapter(student: StudentSettings, kept: Path, folder: Path) -> None:
    """The adapter as it fits the model that was published: a multimodal one names its layers otherwise."""
    folder.mkdir(parents=True)
    weights = load_file(kept / "adapter_model.safetensors")
    if multimodal(student):
        weights = {name.replace(_TEXT, _WHOLE): value for name, value in weights.items()}
    save_file(weights, folder / "adapter_model.safetensors", metadata={"format": "pt"})
    settings = json.loads((kept / "adapter_config.json").read_text())
    published = hub(student.weights) if isinstance(student.weights, HubWeights) else (None, None)
    # Where it was loaded from on this machine says nothing elsewhere.
    settings["base_model_name_or_path"], settings["revision"] = published
    (folder / "adapter_config.json").write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")


def multimodal(student: StudentSettings) -> bool:
    """Whether the published model has more than the text half that is tuned."""
    if not isinstance(student.weights, HubWeights):
        return False
    source, revision = hub(student.weights)
    config = AutoConfig.from_pretrained(source, revision=revision, **NO_CODE)
    return config.get_text_config(decoder=True) is not config
