"""A student tuned on a data set: the stage as a function."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from simula.domain import Domain, Example
from simula.student import adapter
from simula.student.fitting import Job, fitted
from simula.student.hardware import found
from simula.student.module import StudentModule
from simula.student.schedule import warmup
from simula.student.selection import peak
from simula.student.settings import StudentSettings, TrainerSettings, TrainingSettings
from simula.student.validation import ACCURACIES, Validation


@dataclass(frozen=True, slots=True)
class TrainingSummary:
    """What a training run did."""

    steps: int
    """Steps of the optimiser."""
    epochs: float
    """Passes over the training rows."""
    rows: int
    """Rows trained on."""
    rows_too_long: int
    """Rows over the limit of tokens: left out, or cut, as the settings say."""
    rows_held_out: int
    """Synthetic rows that only the validation saw."""
    trainable_parameters: int
    warmup_steps: int
    final_loss: float
    """Mean over the last 20 steps, in nats a supervised token."""
    validation_accuracies: tuple[tuple[int, float], ...]
    """(step, share of right answers to the held-out rows)."""
    chosen_step: int
    """The step whose adapter was kept."""
    choice: str
    """How it was chosen, in words."""
    seconds: float
    """Time of all steps and validations, over restarts."""
    tokens: int
    """Tokens of all rows seen, repeats included."""
    device: str
    """What it was computed on: `cuda`, `cpu`, …"""
    processes: int
    """With a device each."""
    attention: str
    """Implementation of attention that it was trained with, as transformers names it."""
    packed: bool
    """Whether rows stood one after the other, or padded."""


def train(
    domain: Domain,
    examples: Sequence[Example],
    student: StudentSettings,
    training: TrainingSettings,
    seed: int,
    folder: Path,
    cache: Path,
    log: Callable[[Mapping[str, float]], None],
    progress: Callable[[int, int], None],
    trainer: TrainerSettings | None = None,
) -> TrainingSummary:
    """Tune `student` on `examples`; what is kept is written to `folder/adapter`, or to `folder/model`.

    A run that was killed goes on from `folder/checkpoints` when it is called again with the same
    arguments, and ends with the same adapter.

    Args:
        domain: how a question is put.
        examples: the data set, in slot order.
        student: the model.
        training: how it is tuned.
        seed: of the order of rows, the fresh adapter, the held-out rows.
        folder: where results go.
        cache: folder for converted weights.
        log: called after each step with loss, learning rate, gradient norm and speed.
        progress: called after each step with steps done and steps of the run.
        trainer: the machine; None: one device.

    Raises:
        StudentError: no example, none that fits, weights that are missing, an adapter that fits nowhere.
    """
    hardware = found(trainer or TrainerSettings(), training)
    checkpoints = folder / "checkpoints"
    job = Job(domain, tuple(examples), student, training, hardware, seed, checkpoints, cache)
    run = fitted(job, log, progress)
    steps, module, validation = len(run.loader), run.module, run.validation
    chosen = _kept(module, validation, steps, folder / training.result)
    _cleared(checkpoints)
    return TrainingSummary(
        steps=steps,
        epochs=steps / run.loader.steps_a_pass,
        rows=len(run.rows.rows),
        rows_too_long=run.rows.too_long,
        rows_held_out=run.held_out,
        trainable_parameters=sum(
            weight.numel() for weight in module.model.parameters() if weight.requires_grad
        ),
        warmup_steps=warmup(steps, training),
        final_loss=fmean(module.recent_losses),
        validation_accuracies=tuple(sorted(validation.accuracies.items())),
        chosen_step=chosen,
        choice=_choice(validation, len(examples), training),
        seconds=run.seconds,
        tokens=module.tokens,
        device=hardware.device,
        processes=hardware.processes,
        attention=hardware.attention,
        packed=hardware.packed,
    )


def _kept(module: StudentModule, validation: Validation, steps: int, target: Path) -> int:
    """Put the chosen adapter in its place; returns the step that it is from."""
    if not validation.accuracies:
        adapter.save(module.model, target)
        return steps
    chosen = peak(validation.accuracies)
    kept = validation.adapter(chosen)
    if kept.exists():  # else a run that was killed right after this has moved it
        adapter.moved(kept, target)
    return chosen


def _cleared(checkpoints: Path) -> None:
    """Remove what is not needed any more; what was validated goes last: a run that goes on chooses by it."""
    for path in checkpoints.iterdir():
        if path.name != ACCURACIES:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.rmtree(checkpoints)


def _choice(validation: Validation, examples: int, training: TrainingSettings) -> str:
    if validation.accuracies:
        return "peak of the 3-point moving average of accuracy on held-out synthetic rows"
    share = round(examples * training.validation_share)
    return f"last step: {share} rows would be held out to choose by, and {training.validation_min} are needed"
