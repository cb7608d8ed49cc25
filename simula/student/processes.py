"""Several processes of one run: how they are started, and how the end of one ends all of them.

The process that was started is rank 0; it starts the others, which know no stage, no manifest and no
tracking. Where one of them is lost, what the rest wait for never comes: gloo says so at once, NCCL after its
timeout, while the main thread stands in a call that nothing interrupts. So a thread of rank 0 watches the
others, and ends the whole where the main thread does not.
"""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import socket
import sys
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, resource_tracker
from multiprocessing.process import BaseProcess
from typing import Any

import torch
from torch import distributed

from simula.errors import StudentError
from simula.student.preemption import number
from simula.student.ranks import Place

_GRACE_SECONDS = 2.0
"""How long an error waits for the end of another process, which would explain it."""
_PATIENCE_SECONDS = 5.0
"""How long this process may take to end by itself after another was lost, and the others after the work."""
_DONE = "done"
"""A process's last word: its part is done, and however it ends, nothing is lost."""


@contextmanager
def others(ranks: int, work: Callable[..., None], *arguments: Any) -> Iterator[Place]:
    """The place of this process among `ranks`, while the others do `work(place, ready, *arguments)`.

    `ready()` is called by each of them once it is prepared; only then does this one go on.

    Raises:
        StudentError: one of them failed. Where that does not end the block within seconds, the process ends
            with the same sentence and exit code 1.
    """
    if ranks == 1:
        yield Place()
        return
    started: list[_Other] = []
    try:
        port = _free_port()
        with _signals_held():
            for rank in range(1, ranks):
                started.append(_started(Place(rank, ranks, port), work, arguments))
        for other in started:
            other.prepared()
        with _watched(started):
            yield Place(0, ranks, port)
    finally:
        _kill(started)


@contextmanager
def _watched(started: Sequence[_Other]) -> Iterator[None]:
    """While the block runs, and until the others have ended after it: the loss of one of them ends it."""
    watch = _Watch(started)
    try:
        yield
        _parted()
        # The work is whole: who takes longer than this to end is ended.
        watch.wait(_PATIENCE_SECONDS)
        if watch.lost:
            raise StudentError(watch.lost)
        watch.close()
    except BaseException as error:
        if isinstance(error, RuntimeError):
            # What a process sees when another is gone says nothing of why.
            watch.wait(_GRACE_SECONDS)
        watch.close()
        _kill(started)
        _abandoned()
        if watch.lost and isinstance(error, RuntimeError):
            raise StudentError(watch.lost) from error
        raise


@dataclass(frozen=True, slots=True)
class _Other:
    """A process beside the first."""

    rank: int
    process: BaseProcess
    words: connection.Connection
    """Where it says that it is ready, or what is wrong."""

    def prepared(self) -> None:
        """Wait until it is. Raises StudentError where it cannot be."""
        try:
            problem = self.words.recv()
        except EOFError:
            problem = "it ended before it was ready"
        if problem:
            raise StudentError(self._failed(problem))

    def end(self) -> str:
        """Of a process that ended: what went wrong; empty where nothing did."""
        self.process.join()
        code, word = self.process.exitcode, self._last_word()
        return self._failed(word or _meaning(code)) if code and word != _DONE else ""

    def _last_word(self) -> str:
        try:
            return str(self.words.recv()) if self.words.poll() else ""
        except EOFError:
            return ""

    def _failed(self, problem: str) -> str:
        return f"process {self.rank} of the training failed: {problem}"


def _meaning(code: int) -> str:
    again = "the same command goes on from the newest checkpoint"
    how = f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"
    return f"it {how}; {again}"


class _Watch:
    """Sees which of the others is lost first; then this process has to end soon."""

    def __init__(self, started: Sequence[_Other]) -> None:
        self._others = started
        self._over = threading.Event()
        self.lost = ""
        """What happened to the process that was lost; empty where none was."""
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def wait(self, seconds: float | None = None) -> None:
        """Until all have ended, or one is lost."""
        self._thread.join(seconds)

    def close(self) -> None:
        """The main thread goes on by itself."""
        self._over.set()
        self._thread.join()

    def _look(self) -> None:
        running = {other.process.sentinel: other for other in self._others}
        while running and not self._over.is_set():
            for sentinel in connection.wait([*running], timeout=0.2):
                assert isinstance(sentinel, int)
                if said := running.pop(sentinel).end():
                    self.lost = said
                    threading.Thread(target=self._insist, daemon=True).start()
                    return

    def _insist(self) -> None:
        if not self._over.wait(_PATIENCE_SECONDS):
            _kill(self._others)
            _leave(self.lost)


def _kill(started: Sequence[_Other]) -> None:
    for other in started:
        other.process.kill()  # in the middle of an exchange it would not hear anything gentler
        other.process.join()


def _leave(word: str, code: int = 1) -> None:
    """End this process at once: an interpreter that ends in order would wait for its threads."""
    if word:
        print(f"simula: {word}", file=sys.stderr)
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _parted() -> None:
    """Leave the group; where nobody is lost, all do so at once, since NCCL waits for all."""
    if distributed.is_initialized():
        distributed.destroy_process_group()


def _abandoned() -> None:
    """Leave the group, of which others may be gone, without waiting long for it: NCCL might wait for them.

    What went wrong is for the caller to say and to record, so this process ends only when it would anyway.
    """
    leaving = threading.Thread(target=_aborted, daemon=True)
    leaving.start()
    leaving.join(_PATIENCE_SECONDS)
    if leaving.is_alive():
        atexit.register(_end_soon)


def _aborted() -> None:
    if distributed.is_initialized():
        assert distributed.group.WORLD is not None
        distributed.group.WORLD.abort()
    _parted()


def _end_soon() -> None:
    """An interpreter that waits for the group at its end is ended by the system."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(int(_PATIENCE_SECONDS))


def _started(place: Place, work: Callable[..., None], arguments: Sequence[Any]) -> _Other:
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe(duplex=False)
    threads = max(1, torch.get_num_threads() // place.ranks)
    given = (place, there, threads, os.getpid(), work, arguments)
    process = context.Process(target=_other, args=given, daemon=True)
    process.start()
    there.close()
    return _Other(place.rank, process, here)


@contextmanager
def _signals_held() -> Iterator[None]:
    """Processes started meanwhile never see what Slurm and a keyboard send to all: rank 0 ends them."""
    held = {number(), signal.SIGTERM, signal.SIGINT}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        resource_tracker.ensure_running()  # started with the first process otherwise; it lets two of them in
        signal.pthread_sigmask(signal.SIG_BLOCK, held)
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _other(
    place: Place,
    words: connection.Connection,
    threads: int,
    parent: int,
    work: Callable[..., None],
    arguments: Sequence[Any],
) -> None:
    """What a process other than rank 0 does."""
    threading.Thread(target=_outlive_no_parent, args=(parent,), daemon=True).start()
    torch.set_num_threads(threads)
    try:
        work(place, lambda: words.send(""), *arguments)
        words.send(_DONE)
        _parted()
        _leave("", 0)
    except StudentError as error:
        words.send(str(error))
    except Exception:  # noqa: BLE001 - nobody is there to catch it
        # What follows from another's end is not worth a word: rank 0 ends this one before.
        time.sleep(_GRACE_SECONDS)
        traceback.print_exc()
    _leave("")


def _outlive_no_parent(parent: int) -> None:
    """A process whose parent was killed would wait for it, and hold its device, for an hour."""
    while os.getppid() == parent:
        time.sleep(1)
    os._exit(1)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
