"""One run of a student's tuning, in one process or in several that do the same."""

from __future__ import annotations

import logging
import signal
import warnings
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import lightning.pytorch as pl
import torch
from lightning.fabric.plugins.environments.lightning import LightningEnvironment

from simula.domain import Domain, Example
from simula.errors import StudentError
from simula.student import adapter
from simula.student.checkpoints import Checkpoints, newest
from simula.student.data import Loader, StudentData
from simula.student.hardware import Hardware, enough_memory, fits
from simula.student.module import StudentModule
from simula.student.packing import Apart
from simula.student.preemption import Notice, noticed
from simula.student.processes import others
from simula.student.ranks import Place, Replicas
from simula.student.rows import Rows, prepared
from simula.student.selection import validation_steps
from simula.student.settings import StudentSettings, TrainingSettings
from simula.student.template import Template
from simula.student.validation import Validation, answer_accuracy
from simula.student.weights import load, tokenizer


@dataclass(frozen=True, slots=True)
class Job:
    """What is to be done: all that another process needs to know."""

    domain: Domain
    examples: tuple[Example, ...]
    student: StudentSettings
    training: TrainingSettings
    hardware: Hardware
    seed: int
    checkpoints: Path
    cache: Path


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a run leaves in memory."""

    module: StudentModule
    loader: Loader
    rows: Rows
    held_out: int
    validation: Validation
    seconds: float


def fitted(
    job: Job, log: Callable[[Mapping[str, float]], None], progress: Callable[[int, int], None]
) -> Fitted:
    """Tune the student, from the newest checkpoint where there is one.

    Raises:
        StudentError: no row that fits, weights that are missing, an adapter that fits nowhere.
    """
    run = _Run(job, log, progress)
    with others(job.hardware.processes, _beside, job) as place, torch.random.fork_rng():
        return run.fit(place)


def _beside(place: Place, ready: Callable[[], None], job: Job) -> None:
    """The part of a process that is not the first."""
    if job.hardware.device == "cuda":
        torch.cuda.set_device(place.rank)
    run = _Run(job, log=lambda _: None, progress=lambda *_: None)
    ready()
    run.fit(place)


class _Run:
    """A job, prepared as far as a single process can."""

    def __init__(
        self,
        job: Job,
        log: Callable[[Mapping[str, float]], None],
        progress: Callable[[int, int], None],
    ) -> None:
        self._job, self._log, self._progress = job, log, progress
        training = job.training
        # What is quick to fail comes before the weights.
        self._template = Template(tokenizer(job.student, job.cache), job.student.prompt)
        self._rows, self._held = prepared(job.domain, job.examples, self._template, training, job.seed)
        fits(job.student, training, job.hardware)
        model, _ = load(job.student, job.cache, training.method)
        self._model = adapter.tunable(model, training, job.seed)
        if job.hardware.gradient_checkpointing:
            checkpointed(adapter.bare(self._model))

    def fit(self, place: Place) -> Fitted:
        """Train."""
        job, training = self._job, self._job.training
        data = StudentData(self._rows.rows, training, job.seed, job.hardware.layout(place))
        loader = data.train_dataloader()
        steps = len(loader)
        job.checkpoints.mkdir(parents=True, exist_ok=True)
        module = StudentModule(self._model, training, steps, job.seed, self._log, job.hardware.attention)
        with silent(), enough_memory(job.training), noticed() as notice:
            validated = validation_steps(steps, training.validations) if self._held else ()
            saving = Checkpoints(
                job.checkpoints, training.checkpoint_seconds, validated, self._progress, notice
            )
            validation = self._validation(place, validated, notice)
            first = [Apart()] if job.hardware.packed else []
            trainer = fitter(job.hardware, place, training, [*first, saving, validation])
            with interruptible():
                _fit(trainer, module, data, newest(job.checkpoints, place.rank == 0))
        return Fitted(module, loader, self._rows, len(self._held), validation, saving.seconds)

    def _validation(self, place: Place, steps: Collection[int], notice: Notice) -> Validation:
        job, training = self._job, self._job.training
        # Cut weights are put together for all processes at once, so all of them ask everything.
        asking = Place() if job.hardware.sharded else place
        size = training.micro_batch_size
        return Validation(
            answer_accuracy(job.domain, self._template, self._held, size, asking, notice),
            steps,
            job.checkpoints,
            self._log,
        )


def _fit(trainer: pl.Trainer, module: StudentModule, data: StudentData, begun: Path | None) -> None:
    """Train, from a checkpoint where there is one. Raises StudentError where that is none of simula's.

    Of a checkpoint, which is a pickle, tensors and plain values are read and nothing else.
    """
    try:
        trainer.fit(module, data, ckpt_path=begun, weights_only=True)
    except UnpicklingError as error:
        raise StudentError(
            f"{begun} holds more than the state of a training, and is not read: remove it, and the training "
            "begins again"
        ) from error


def fitter(
    hardware: Hardware, place: Place, training: TrainingSettings, callbacks: list[pl.Callback]
) -> pl.Trainer:
    """Lightning as every run uses it: it writes and shows nothing by itself, and hears no signal."""
    trainer: Any = pl.Trainer(
        **_devices(hardware, place),
        precision=training.precision,
        max_epochs=1,  # the loader holds all passes
        callbacks=callbacks,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    # It would end a run after SIGTERM as if all were well; `preemption.py` hears what is to be heard.
    trainer._signal_connector.register_signal_handlers = lambda: None
    assert isinstance(trainer, pl.Trainer)
    return trainer


@contextmanager
def interruptible() -> Iterator[None]:
    """Ctrl-C stays what it is: Lightning makes an exit with code 1 of it, and ignores it from then on."""
    before = signal.getsignal(signal.SIGINT)
    try:
        yield
    except SystemExit as end:
        if isinstance(end.__context__, KeyboardInterrupt):
            signal.signal(signal.SIGINT, before)
            raise end.__context__ from None
        raise


def checkpointed(model: Any) -> None:
    """Let layers be computed again on the way back."""
    with warnings.catch_warnings():
        # The new name is not in every version that is supported.
        warnings.filterwarnings("ignore", "`gradient_checkpointing_enable` is deprecated", FutureWarning)
        model.gradient_checkpointing_enable({"use_reentrant": False})


def _devices(hardware: Hardware, place: Place) -> dict[str, Any]:
    """What Lightning is told of processes and devices."""
    if place.ranks == 1:
        # One process, also where Slurm started it: only submitit requeues.
        return {"accelerator": "auto", "devices": 1, "plugins": [LightningEnvironment()]}
    strategy = Replicas(place, hardware.sharded)
    return {"accelerator": hardware.device, "devices": place.ranks, "strategy": strategy}


@contextmanager
def silent() -> Iterator[None]:
    """Without Lightning's remarks on hardware and progress; errors are still raised."""
    loggers = [logging.getLogger(f"lightning.{part}") for part in ("pytorch", "fabric")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            # Lightning 2.6 on torch 2.13; nothing that we could change.
            warnings.filterwarnings(
                "ignore", r"`isinstance\(treespec, LeafSpec\)` is deprecated", FutureWarning
            )
            # A node of a cluster: its launcher started this process, or nobody did.
            warnings.filterwarnings("ignore", "The `srun` command is available on your system")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
