"""Runs of two processes of which one is killed, or all are warned: the same student in the end."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from quiz import QUIZ, Requeued, questions, weights

from simula.student.preemption import number
from simula.student.processes import _PATIENCE_SECONDS
from simula.student.settings import Lora, StudentSettings, TrainerSettings, TrainingSettings
from simula.student.training import train

EXAMPLES = questions(28)
TRAINING = TrainingSettings(
    lora=Lora(rank=2, dropout=0.1),
    batch_size=4,
    micro_batch_size=1,
    optimizer="adamw",
    learning_rate=0.01,
    warmup_min=0,
    validation_share=0.15,
    validation_min=4,
    validations=1,
    checkpoint_seconds=0,
)
KILLED = """
import json, multiprocessing, os, signal, sys, time, torch
from pathlib import Path
from simula.domain import Domain, Example
from simula.errors import StudentError
from simula.student.settings import StudentSettings, TrainerSettings, TrainingSettings
from simula.student.training import train

def progress(done, steps):
    if done == step:
        victim = [os.getpid(), *(other.pid for other in multiprocessing.active_children())][rank]
        Path(folder, "killed").write_text(str(time.time()))
        os.kill(victim, signal.SIGKILL)

if __name__ == "__main__":
    torch.set_num_threads(1)
    rank, step = int(sys.argv[1]), int(sys.argv[2])
    domain, student, training, trainer, examples, folder = json.loads(sys.argv[3])
    try:
        train(
            Domain(**domain), [Example(**example) for example in examples], StudentSettings(**student),
            TrainingSettings(**training), 3, Path(folder), Path(folder), lambda _: None, progress,
            TrainerSettings(**trainer),
        )
    except StudentError as error:
        sys.exit(f"simula: {error}")
"""
STUCK = """
import os, signal, threading, time
from pathlib import Path
from simula.student.preemption import number
from simula.student.processes import others

HEARD = {number(), signal.SIGTERM, signal.SIGINT}

def killed(place, ready):
    # Slurm's warning may come while a process is still importing; it would end it.
    if not signal.pthread_sigmask(signal.SIG_BLOCK, []) >= HEARD:
        os._exit(2)
    ready()
    Path("killed").write_text(str(time.time()))
    os.kill(os.getpid(), signal.SIGKILL)

if __name__ == "__main__":
    with others(2, killed):
        assert not signal.pthread_sigmask(signal.SIG_BLOCK, []) & HEARD
        lock = threading.Lock()
        lock.acquire()
        lock.acquire()
"""
LOST = (
    "simula: process 1 of the training failed: it was ended by SIGKILL; the same command goes on from the "
    "newest checkpoint\n"
)


def run(
    student: StudentSettings, folder: Path, strategy: str = "ddp", warn_at: int = 0, **changes: Any
) -> list[int]:
    steps: list[int] = []

    def progress(done: int, _: int) -> None:
        steps.append(done)
        if done == warn_at:
            # Slurm warns every process of a job.
            for pid in (*(other.pid for other in multiprocessing.active_children()), os.getpid()):
                assert pid is not None
                os.kill(pid, number())

    training, trainer = TRAINING.model_copy(update=changes), TrainerSettings(strategy=strategy, devices=2)
    train(QUIZ, EXAMPLES, student, training, 3, folder, folder, lambda _: None, progress, trainer)
    return steps


def ended(script: str, folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and complaints of a script that killed one of its processes; it ended soon after that."""
    (folder / "script.py").write_text(script)
    # What comes from the other process comes by the same way: this waits for both.
    done = subprocess.run(
        [sys.executable, "script.py", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert time.time() - float((folder / "killed").read_text()) < 20 + _PATIENCE_SECONDS
    assert done.stdout == ""
    return done.returncode, done.stderr


@pytest.fixture(scope="module")
def undisturbed(
    tiny_gemma: StudentSettings, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[str], bytes]:
    """The adapter of a run that nothing happens to, by its strategy."""
    known: dict[str, bytes] = {}

    def adapter(strategy: str) -> bytes:
        if strategy not in known:
            folder = tmp_path_factory.mktemp(strategy)
            assert run(tiny_gemma, folder, strategy) == [1, 2, 3, 4, 5, 6]
            known[strategy] = weights(folder)
        return known[strategy]

    return adapter


def test_a_killed_process_ends_the_others_and_the_run_goes_on(
    tiny_gemma: StudentSettings, tmp_path: Path, undisturbed: Callable[[str], bytes]
) -> None:
    """First the second process is killed, then, after a restart, the first one."""
    settings = (QUIZ, tiny_gemma, TRAINING, TrainerSettings(strategy="ddp", devices=2))
    given = [*(one.model_dump(mode="json") for one in settings), [one.model_dump() for one in EXAMPLES]]
    words = json.dumps([*given, str(tmp_path)])
    assert ended(KILLED, tmp_path, "1", "2", words) == (1, LOST)
    assert ended(KILLED, tmp_path, "0", "4", words) == (-signal.SIGKILL, "")
    assert run(tiny_gemma, tmp_path) == [4, 5, 6]
    assert weights(tmp_path) == undisturbed("ddp")


def test_a_main_thread_that_hangs_is_ended_with_the_same_words(tmp_path: Path) -> None:
    """As where NCCL waits for a process that is gone: nothing but the end of the process ends that.

    Processes beside the first never hear what Slurm or a keyboard sends to all.
    """
    assert ended(STUCK, tmp_path) == (1, LOST)


@pytest.mark.parametrize("strategy", ["ddp", pytest.param("fsdp", marks=pytest.mark.slow)])
def test_warned_processes_write_a_checkpoint_and_go_on_from_it(
    tiny_gemma: StudentSettings,
    tmp_path: Path,
    launcher: list[int],
    undisturbed: Callable[[str], bytes],
    strategy: str,
) -> None:
    with pytest.raises(Requeued):
        # What the job goes on from was written because of the signal.
        run(tiny_gemma, tmp_path, strategy, warn_at=3, checkpoint_seconds=3600)
    assert launcher == [number()]
    assert not multiprocessing.active_children()
    assert [path.name for path in (tmp_path / "checkpoints").glob("*.ckpt")] == ["last.ckpt"]
    assert run(tiny_gemma, tmp_path, strategy) == [4, 5, 6]
    assert weights(tmp_path) == undisturbed(strategy)
