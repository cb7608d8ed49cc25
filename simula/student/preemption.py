"""The cluster's warning that a job is about to end: a checkpoint first, then submitit requeues the job.

Slurm sends the signal `hydra.launcher.signal_delay_s` before a time limit, and before a preemption where a
site asks for it (`preempt_send_user_signal`). submitit's own handler requeues at once, in the middle of a
step; here it waits for the end of the step and a checkpoint. Elsewhere a preemption is announced by SIGTERM
alone, and Slurm itself requeues at the end of the partition's grace: then there is a checkpoint, and the run
goes on while it may. Lightning is told nothing of Slurm, so that it never requeues. Without a word, as where
a node is lost, a run goes on from its last periodic checkpoint.
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
    """Whether the job is about to end, and what its launcher does then."""

    def __init__(self, launcher: Callable[[int, FrameType | None], Any] | None) -> None:
        """`launcher`: the signal's handler before training began; None: nobody waits for a signal."""
        self._launcher = launcher
        self._terminated: Any = None
        self._warned = False
        self.seen = False
        """The job is about to end; a checkpoint is to be written."""

    def warn(self, *_: Any) -> None:
        """The signal's handler: a checkpoint, and then the launcher."""
        self.seen = self._warned = True

    @contextmanager
    def heard(self) -> Iterator[None]:
        """While the block runs, both signals are only noted."""
        before = signal.signal(number(), self.warn)
        self._terminated = signal.signal(signal.SIGTERM, self._term)
        try:
            yield
        finally:
            signal.signal(signal.SIGTERM, self._terminated)
            signal.signal(number(), before)

    def _term(self, signum: int, frame: FrameType | None) -> None:
        """A checkpoint, and the run goes on: submitit's handler does nothing, and Slurm requeues."""
        self.seen = True
        if callable(self._terminated):
            self._terminated(signum, frame)

    def pass_on(self) -> None:
        """Let the launcher requeue the job where it was warned; then this does not return."""
        if self._warned and self._launcher is not None:
            self._warned = False
            self._launcher(number(), None)


@contextmanager
def noticed() -> Iterator[Notice]:
    """While the block runs the signal is only noted; what was not passed on by its end is passed on then."""
    before = signal.getsignal(number())
    if not callable(before) or threading.current_thread() is not threading.main_thread():
        yield Notice(None)
        return
    notice = Notice(before)
    with notice.heard():
        yield notice
    notice.pass_on()


def number() -> int:
    """The signal that submitit asks Slurm for."""
    return int(signal.Signals[f"SIG{os.environ.get('SUBMITIT_PREEMPT_SIGNAL', 'USR2')}"])
