"""The cluster's warning that a job is about to end: a checkpoint first, then submitit requeues the job.

Slurm sends the signal `hydra.launcher.signal_delay_s` before a time limit or a preemption. submitit's own
handler requeues at once, in the middle of a step; here it waits for the end of the step and a checkpoint.
Lightning is told nothing of Slurm, so that submitit alone requeues. Without a warning, as where a node is
lost, a run goes on from its last periodic checkpoint.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Notice:
    """Whether the job was warned, and what its launcher does then."""

    def __init__(self, launcher: Callable[[int, FrameType | None], Any] | None) -> None:
        """`launcher`: the signal's handler before training began; None: nobody waits for a signal."""
        self._launcher = launcher
        self._terminated = signal.getsignal(signal.SIGTERM)
        self.seen = False
        """The signal came; a checkpoint is to be written."""

    def restore(self) -> None:
        """Undo what Lightning does with SIGTERM: it would end the run after a step as if all were well.

        Slurm sends it before its warning where a job is preempted, and submitit's handler waits for that.
        """
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, self._terminated)

    def pass_on(self) -> None:
        """Let the launcher requeue the job where it was warned; then this does not return."""
        if self.seen and self._launcher is not None:
            self.seen = False
            self._launcher(number(), None)


@contextmanager
def noticed() -> Iterator[Notice]:
    """While the block runs the signal is only noted; what was not passed on by its end is passed on then."""
    before = signal.getsignal(number())
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield Notice(None)
        return
    notice = Notice(before)

    def note(*_: Any) -> None:
        notice.seen = True

    signal.signal(number(), note)
    try:
        yield notice
    finally:
        signal.signal(number(), before)
    notice.pass_on()


def unheeded() -> None:
    """Let a process that was started beside the job's own live on: Slurm warns every one of them."""
    for one in (number(), signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)


def number() -> int:
    """The signal that submitit asks Slurm for."""
    return int(signal.Signals[f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}"])
