"""What tuning changes of a student: a low-rank adapter (peft's own format), or every weight."""

from __future__ import annotations

import os
import shutil
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from peft.utils import SAFETENSORS_WEIGHTS_NAME

from simula.draws import entropy
from simula.durable import sync_folder, sync_tree
from simula.errors import StudentError
from simula.student.settings import Lora, StudentSettings, TrainingSettings
from simula.student.weights import load


def tunable(model: Any, training: TrainingSettings, seed: int) -> Any:
    """The model with what is trained of it: a fresh adapter, or all of its own weights.

    Raises:
        StudentError: where no module of the model matches `training.lora.targets`.
    """
    return model.requires_grad_(True) if training.method == "full" else adapted(model, training.lora, seed)


def bare(model: Any) -> Any:
    """The causal model itself, which computes with its adapter where it has one."""
    return model.get_base_model() if isinstance(model, PeftModel) else model


def adapted(model: Any, lora: Lora, seed: int) -> PeftModel:
    """The model with a fresh adapter, which changes nothing yet and is all that can be trained.

    Raises:
        StudentError: where no module of the model matches `lora.targets`.
    """
    settings = LoraConfig(
        r=lora.rank,
        lora_alpha=lora.alpha,  # type: ignore[arg-type]
        lora_dropout=lora.dropout,
        target_modules=lora.targets,
        task_type="CAUSAL_LM",
    )
    with torch.random.fork_rng(), _without_deprecation():
        torch.manual_seed(entropy(seed, "adapter"))
        try:
            tuned: Any = get_peft_model(model, settings)
        except ValueError as error:
            raise StudentError(
                f"no adapter fits training.lora.targets={lora.targets!r} on {model.config.model_type}: "
                f"{str(error).partition('.')[0]}"
            ) from error
    assert isinstance(tuned, PeftModel)
    return tuned


def save(model: Any, folder: Path) -> None:
    """Write the adapter, or the model where there is none; `folder` is there whole or not at all.

    What a run that was killed in the middle of this has left beside it is removed.
    """
    for left in folder.parent.glob(f".{folder.name}.*"):
        shutil.rmtree(left)
    aside = folder.with_name(f".{folder.name}.{os.getpid()}")
    if isinstance(model, PeftModel):
        model.save_pretrained(str(aside), save_embedding_layers=False)
    else:
        model.save_pretrained(str(aside))
    sync_tree(aside)
    moved(aside, folder)


def moved(folder: Path, target: Path) -> None:
    """Put a folder, all of which is durable, in the place of another; that is durable too."""
    shutil.rmtree(target, ignore_errors=True)
    os.replace(folder, target)
    sync_folder(target.parent)


def tuned(student: StudentSettings, kept: Path, cache: Path) -> tuple[Any, Any]:
    """The student as it was tuned, ready to be asked, and its tokenizer.

    Args:
        student: the model.
        kept: what its training kept: an adapter, or a whole model.
        cache: folder for converted weights.

    Raises:
        StudentError: nothing is kept there; weights that are missing.
    """
    if (kept / "adapter_config.json").exists():
        model, tokenizer = load(student, cache)
        return merged(model, kept), tokenizer
    if (kept / "config.json").exists():
        return load(student, cache, tuned=kept)
    raise StudentError(f"there is no tuned student in {kept}: train it first")


def merged(model: Any, folder: Path) -> Any:
    """The model with a stored adapter, ready to be asked.

    Float32 weights take the adapter in, which saves its products; bfloat16 ones would round it away
    and keep it beside them.

    Raises:
        StudentError: its weights are no safetensors; peft would take a pickle, too.
    """
    if not (folder / SAFETENSORS_WEIGHTS_NAME).is_file():
        raise StudentError(f"{folder} has no {SAFETENSORS_WEIGHTS_NAME}, and other forms are not read")
    with _without_deprecation():
        tuned: Any = PeftModel.from_pretrained(model, str(folder))
    whole = tuned.merge_and_unload() if model.dtype == torch.float32 else tuned.get_base_model()
    return whole.eval()


@contextmanager
def _without_deprecation() -> Iterator[None]:
    """peft 0.21 asks transformers 5.23 for an attribute by its old name; nothing that we could change."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "`is_gradient_checkpointing` is deprecated", FutureWarning)
        yield
