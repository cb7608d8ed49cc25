"""Periodic checkpoints, so that a killed run goes on where it was."""

from __future__ import annotations

import logging
import os
import time
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import lightning.pytorch as pl

from simula.durable import sync_file, sync_folder
from simula.student.preemption import Notice

_log = logging.getLogger(__name__)

_LAST, _PREVIOUS = "last.ckpt", "previous.ckpt"


class Checkpoints(pl.Callback):
    """Reports each step, and now and then writes the whole state: adapter, optimiser, place in the data.

    A checkpoint is written aside and renamed, and the one before it is kept: a kill at any moment leaves
    a whole one.
    """

    def __init__(
        self,
        folder: Path,
        seconds: float,
        always: Collection[int],
        progress: Callable[[int, int], None],
        notice: Notice,
    ) -> None:
        """`seconds` between two checkpoints, and one at once on `notice` that the job is about to end.

        After the steps `always`, and the last one, there is a checkpoint in any case. `progress` gets steps
        done and steps of the run.
        """
        self._folder = folder
        self._seconds = seconds
        self._always = always
        self._progress = progress
        self._notice = notice
        self._earlier = 0.0
        self._began = self._written = time.monotonic()

    @property
    def seconds(self) -> float:
        """Time that this run has taken, over its restarts."""
        return self._earlier + time.monotonic() - self._began

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Report, and write where it is time, or where a validation or the end of the run follows.

        Those can take longer than a warned job is given: then they are all that is left to be done.
        """
        step, steps = trainer.global_step, int(trainer.num_training_batches)
        self._progress(step, steps)
        late = self._notice.seen or time.monotonic() - self._written >= self._seconds
        due = late or step == steps or step in self._always
        # Of several processes one decides for all: their clocks differ, and all take part in writing.
        if trainer.strategy.broadcast(due):
            self._write(trainer)
            self._written = time.monotonic()
            self._notice.seen = False
            self._notice.pass_on()

    def _write(self, trainer: pl.Trainer) -> None:
        aside, last = self._folder / f".{os.getpid()}.ckpt", self._folder / _LAST
        trainer.save_checkpoint(aside)
        if not trainer.is_global_zero:
            return
        sync_file(aside)
        if last.exists():
            os.replace(last, self._folder / _PREVIOUS)
        os.replace(aside, last)
        sync_folder(self._folder)

    def state_dict(self) -> dict[str, Any]:
        """The time taken so far, for Lightning's checkpoint."""
        return {"seconds": self.seconds}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Restore it."""
        self._earlier = state_dict["seconds"]


def newest(folder: Path, first: bool = True) -> Path | None:
    """The checkpoint to go on from, if there is a whole one.

    A damaged one is removed and said so by the first process: it would become the previous one.
    """
    for path in (folder / _LAST, folder / _PREVIOUS):
        if path.exists():
            if _whole(path):
                return path
            if first:
                _log.warning("%s is damaged: the training goes on from the checkpoint before, if any", path)
                path.unlink()
    return None


def _whole(path: Path) -> bool:
    """Whether all that was written is there: torch writes a zip archive, its directory last."""
    try:
        with zipfile.ZipFile(path) as archive:
            return archive.testzip() is None
    except (zipfile.BadZipFile, FileNotFoundError):  # another process may have removed it
        return False
