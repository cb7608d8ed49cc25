"""What the two benchmarks of a student's tuning have in common: rows, and how others tune on them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

VOCABULARY = 262_144
WARMING = 2
"""Steps that are not counted."""


@dataclass(frozen=True)
class Shape:
    """Rows of one kind: shared beginning, own question and answer, in tokens, each from 0.5 to 1.5 times."""

    shared: int
    question: int
    answer: int


SHAPES = {"short": Shape(40, 80, 2), "long": Shape(0, 60, 130)}


def made_rows(shape: Shape, count: int, vocabulary: int = VOCABULARY) -> list[Any]:
    """Random rows."""
    import numpy as np

    from simula.student.rows import Row

    draw = np.random.default_rng(0)
    shared = draw.integers(10, vocabulary, shape.shared)
    rows = []
    for _ in range(count):
        question = draw.integers(10, vocabulary, int(shape.question * draw.uniform(0.5, 1.5)))
        length = shape.answer if shape.answer < 10 else int(shape.answer * draw.uniform(0.5, 1.5))
        ids = np.concatenate([shared, question, draw.integers(10, vocabulary, length)])
        rows.append(Row(ids.astype(np.int32), len(ids) - length))
    return rows


def by_trl(model: Any, training: Any, steps: list[list[Any]], arguments: dict[str, Any], log: Any) -> None:
    """Tune an adapted model by SFTTrainer; `arguments` are of the machine."""
    from datasets import Dataset
    from transformers import PreTrainedTokenizerFast, PrinterCallback
    from trl import SFTConfig, SFTTrainer

    rows = [row for step in steps for row in step]
    masks = [[int(i >= row.start) for i in range(len(row.ids))] for row in rows]
    table = Dataset.from_dict({"input_ids": [row.ids.tolist() for row in rows], "completion_mask": masks})
    tokens = PreTrainedTokenizerFast(tokenizer_object=_tokenizer(), pad_token="<pad>", eos_token="<eos>")
    trainer = SFTTrainer(
        model=model,
        args=SFTConfig(max_length=None, completion_only_loss=True, **_common(training), **arguments),
        train_dataset=table,
        processing_class=tokens,
        optimizers=_stepping(model, training, len(steps)),
        callbacks=[log],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def by_trainer(
    model: Any, training: Any, steps: list[list[Any]], arguments: dict[str, Any], log: Any
) -> None:
    """Tune an adapted model by transformers' Trainer; `arguments` are of the machine."""
    from transformers import PrinterCallback, Trainer, TrainingArguments

    trainer = Trainer(
        model=model,
        args=TrainingArguments(remove_unused_columns=False, **_common(training), **arguments),
        train_dataset=[row for step in steps for row in step],
        data_collator=_padded,
        optimizers=_stepping(model, training, len(steps)),
        callbacks=[log],
    )
    trainer.remove_callback(PrinterCallback)
    trainer.train()


def _padded(rows: Sequence[Any]) -> dict[str, Any]:
    """Rows as transformers' models take them, padded on the right."""
    import torch

    shape = (len(rows), max(len(row.ids) for row in rows))
    ids, seen, labels = torch.zeros(shape).long(), torch.zeros(shape).long(), torch.full(shape, -100)
    for i, row in enumerate(rows):
        length = len(row.ids)
        ids[i, :length], seen[i, :length] = torch.from_numpy(row.ids), 1
        labels[i, row.start : length] = torch.from_numpy(row.ids[row.start :])
    return {"input_ids": ids, "attention_mask": seen, "labels": labels}


def _common(training: Any) -> dict[str, Any]:
    """What transformers is told on every machine."""
    return {
        "per_device_train_batch_size": training.batch_size,
        "num_train_epochs": 1,
        "train_sampling_strategy": "sequential",
        "logging_steps": 1,
        "save_strategy": "no",
        "report_to": "none",
        "disable_tqdm": True,
        "max_grad_norm": training.clip,
    }


def _stepping(model: Any, training: Any, steps: int) -> tuple[Any, Any]:
    """Our optimiser and our learning rates."""
    from torch.optim.lr_scheduler import LambdaLR

    from simula.student.optimizer import optimizer
    from simula.student.schedule import rate, warmup

    stepping = optimizer([weight for weight in model.parameters() if weight.requires_grad], training)
    rising = warmup(steps, training)
    return stepping, LambdaLR(stepping, lambda step: rate(step, steps, rising))


def logging(meter: Callable[[], Any]) -> Any:
    """What tells a meter, made when training begins, each loss."""
    from transformers import TrainerCallback

    class Log(TrainerCallback):
        meter: Any

        def on_train_begin(self, *_: Any, **__: Any) -> None:
            self.meter = meter()

        def on_log(self, *_: Any, logs: dict[str, float], **__: Any) -> None:
            if "loss" in logs:
                self.meter.step(float(logs["loss"]))

    return Log()


def counted(steps: Sequence[Sequence[Any]]) -> int:
    """Tokens of the steps that are timed."""
    return sum(len(row.ids) for step in steps[WARMING:] for row in step)


def _tokenizer() -> Any:
    from tokenizers import Tokenizer, models

    return Tokenizer(models.WordLevel({"<pad>": 0, "<eos>": 1}, unk_token="<eos>"))
