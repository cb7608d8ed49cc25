"""The card of an exported student: what it learned from, how, how well it answers, and how to load it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from simula.config import Config
from simula.evaluation.statistics import accuracy
from simula.export.card import axes, roles, table
from simula.report.text_table import escaped
from simula.stages.keys import rows_key
from simula.student.settings import HubWeights

_SYNTHETIC = (
    "This model was tuned on **synthetic data** alone: questions and answers that language models wrote and "
    "no person checked one by one. It can be wrong where they were. Measure it on data of your own before "
    "you rely on it."
)


@dataclass(frozen=True, slots=True)
class Examined:
    """Answers of a student to the benchmark."""

    key: str
    right: tuple[bool, ...]
    unanswered: int
    chance: float
    """Share of right answers of blind guessing; 0 where there is no list to guess from."""


@dataclass(frozen=True, slots=True)
class StudentFacts:
    """All that a card says."""

    config: Config
    manifest: Mapping[str, Any]
    """Of the training."""
    command: str
    """That makes the student again."""
    prompt: str
    """A prompt as it was trained on."""
    multimodal: bool
    """Whether the published model has more than the text half that was tuned."""
    untuned: Examined | None
    tuned: Examined | None


def student_card(facts: StudentFacts) -> str:
    """The card: YAML for the hub, then Markdown; the same facts give the same text."""
    config = facts.config
    title = f"# {escaped(config.student.name)}, tuned on {facts.manifest['rows']:,} synthetic data points"
    sections = (
        [f"{title} of {escaped(config.domain.name)}", _SYNTHETIC],
        ["## Evaluation", *_evaluation(facts)],
        ["## Loading it", *_loading(facts)],
        ["## How it is asked", *_asked(facts)],
        ["## What it learned from", *_data(facts)],
        ["## How it was tuned", *_training(facts)],
        ["## Making it again", f"```bash\n{facts.command}\n```"],
        ["## Licence", _licence(config)],
    )
    body = "\n\n".join(block for section in sections for block in section)
    return f"---\n{_front_matter(config)}---\n\n{body}\n"


def _front_matter(config: Config) -> str:
    base = _base(config)
    said = {
        **({"base_model": base} if base else {}),
        "library_name": "transformers",
        "pipeline_tag": "text-generation",
        "license": "other",
        "license_name": "of-the-base-model",
        "tags": ["simula", "synthetic", config.training.method],
    }
    return str(yaml.safe_dump(said, allow_unicode=True, sort_keys=False))


def _base(config: Config) -> str | None:
    """The published model's name on the hub; a folder of this machine is nobody else's."""
    weights = config.student.weights
    return weights.id if isinstance(weights, HubWeights) and not Path(weights.id).is_dir() else None


def _evaluation(facts: StudentFacts) -> Iterator[str]:
    benchmark = facts.config.choices.get("benchmark", "")
    if facts.tuned is None or not facts.tuned.right:
        yield f"**It was not examined** on the benchmark {escaped(benchmark)}, or on any other."
        return
    lines = []
    for who, examined in (("tuned", facts.tuned), ("as published", facts.untuned)):
        if examined is not None:
            found = accuracy(examined.right)
            numbers = (f"{100 * share:.1f}" for share in (found.value, found.low, found.high))
            value, low, high = numbers
            lines.append((who, value, f"{low} to {high}", f"{found.items:,}", f"{examined.unanswered:,}"))
    yield table("", ("student", "right, %", "95 % interval", "items", "without an answer"), lines)
    chance = f" Blind guessing is right in {100 * facts.tuned.chance:.1f} %." if facts.tuned.chance else ""
    yield (
        f"Benchmark: {escaped(benchmark)}, whose items are no part of the training. Interval: Wilson's, over "
        f"items; it says nothing of other seeds.{chance} Evaluation: `{facts.tuned.key}`."
    )


def _loading(facts: StudentFacts) -> Iterator[str]:
    config = facts.config
    yield (
        f"The folder is a whole model in {config.student.dtype}, with its tokenizer: "
        '`AutoModelForCausalLM.from_pretrained("THIS_FOLDER")` in transformers, `vllm serve THIS_FOLDER`.'
    )
    if config.training.method == "full":
        return
    base = _base(config) or "the model that it was tuned from"
    yield (
        f"`adapter/` is the LoRA adapter alone, in peft's form, over {escaped(base)}: "
        '`PeftModel.from_pretrained(model, "THIS_FOLDER/adapter")`, or `vllm serve … --enable-lora '
        f"--max-lora-rank {config.training.lora.rank} --lora-modules tuned=THIS_FOLDER/adapter`."
    )
    if facts.multimodal:
        yield (
            "Its weights are named as in the published multimodal model; the folder itself is the text half, "
            "which needs no vision tower."
        )


def _asked(facts: StudentFacts) -> Iterator[str]:
    kind = {"chat": "the model's own chat template", "plain": "a plain form, no chat template"}
    yield f"By {kind[facts.config.student.prompt]}. A prompt of its training, special tokens included:"
    longest = max((len(run) for run in facts.prompt.split("\n") if set(run) == {"`"}), default=0)
    fence = "`" * max(3, longest + 1)
    yield f"{fence}text\n{facts.prompt}\n{fence}"


def _data(facts: StudentFacts) -> Iterator[str]:
    config, manifest = facts.config, facts.manifest
    lines = [("data set", rows_key(config)), ("system", config.scalars.system), *axes(config), *roles(config)]
    if "selection" in manifest:
        lines.append(("selection of its rows", config.selection.which))
    lines += [
        ("rows trained on", f"{manifest['rows']:,}"),
        ("rows held out to choose the checkpoint", f"{manifest['rows_held_out']:,}"),
        ("rows over the limit of tokens", f"{manifest['rows_too_long']:,} ({config.training.too_long})"),
    ]
    yield table("", ("part", "setting"), lines)


def _training(facts: StudentFacts) -> Iterator[str]:
    config, manifest = facts.config, facts.manifest
    training = config.training
    settings: dict[str, Any] = training.model_dump(mode="json")
    flat = {**settings, **{f"lora {name}": value for name, value in settings.pop("lora").items()}}
    flat = {name: value for name, value in flat.items() if name != "lora"}
    if training.method == "full":
        flat = {name: value for name, value in flat.items() if not name.startswith("lora ")}
    lines = [(name.replace("_", " "), str(value)) for name, value in flat.items()]
    lines += [
        ("seed", str(config.scalars.seed)),
        ("parameters trained", f"{manifest['trainable_parameters']:,}"),
        ("steps", f"{manifest['steps']:,}, of them warm-up {manifest['warmup_steps']:,}"),
        ("kept", f"step {manifest['chosen_step']:,}: {manifest['choice']}"),
        ("key", manifest["key"]),
    ]
    made = manifest["made"]
    lines += [("revision of simula", made["git_revision"] or "an installed package")]
    lines += list(made["versions"].items())
    yield table("", ("setting", "value"), lines)
    notes = []
    if training.method != "full" and config.student.dtype != "float32":
        notes.append(
            "It was examined with the adapter beside the weights; in one piece, here, their sum is rounded "
            f"to {config.student.dtype}."
        )
    if training.method == "qlora":
        notes.append("It was tuned over weights of 4 bits, and is examined and exported over the full ones.")
    yield from [" ".join(notes)] if notes else []


def _licence(config: Config) -> str:
    base = _base(config) or config.student.name
    rows = config.domain.license or "a licence that its maker has not stated"
    return f"The terms of the base model, {escaped(base)}, hold; the data set is under {escaped(rows)}."
