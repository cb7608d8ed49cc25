"""Warned as Slurm warns, by submitit itself: a checkpoint, a requeue, and the same student in the end."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import torch
from quiz import QUIZ, Requeued, questions, weights

import simula.student.training as stage
from simula.student import validation
from simula.student.module import StudentModule
from simula.student.preemption import noticed, number
from simula.student.settings import Lora, StudentSettings, TrainingSettings
from simula.student.training import train

EXAMPLES = questions(24)
# No periodic checkpoint: what a job goes on from was written because of the signal.
TRAINING = TrainingSettings(
    lora=Lora(rank=2),
    batch_size=4,
    optimizer="adamw",
    learning_rate=0.01,
    warmup_min=0,
    checkpoint_seconds=3600,
)


def run(
    student: StudentSettings,
    folder: Path,
    warn_at: int = 0,
    warning: int | None = None,
    seen: Callable[[], None] = lambda: None,
    **changes: Any,
) -> list[int]:
    steps: list[int] = []

    def progress(done: int, _: int) -> None:
        steps.append(done)
        seen()
        if done == warn_at:
            os.kill(os.getpid(), warning or number())

    training = TRAINING.model_copy(update=changes)
    train(QUIZ, EXAMPLES, student, training, 3, folder, folder, lambda _: None, progress)
    return steps


def test_a_warned_job_writes_a_checkpoint_and_goes_on_from_it(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int]
) -> None:
    with pytest.raises(Requeued):
        run(tiny_llama, tmp_path / "warned", warn_at=3)
    assert launcher == [number()]
    assert [path.name for path in (tmp_path / "warned" / "checkpoints").glob("*.ckpt")] == ["last.ckpt"]
    assert run(tiny_llama, tmp_path / "warned") == [4, 5, 6]
    run(tiny_llama, tmp_path / "whole")
    assert weights(tmp_path / "warned") == weights(tmp_path / "whole")


VALIDATED = {"validation_min": 1, "validation_share": 0.2, "validations": 2}


@pytest.mark.parametrize("changes", [{}, VALIDATED], ids=["unvalidated", "validated"])
def test_a_warning_at_the_last_step_is_passed_on_too_and_no_step_is_done_again(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int], changes: dict[str, Any]
) -> None:
    last = 5 if changes else 6
    with pytest.raises(Requeued):
        run(tiny_llama, tmp_path / "warned", warn_at=last, **changes)
    assert launcher == [number()]
    assert run(tiny_llama, tmp_path / "warned", **changes) == []
    assert run(tiny_llama, tmp_path / "whole", **changes)[-1] == last
    assert weights(tmp_path / "warned") == weights(tmp_path / "whole")


def test_a_warning_in_a_step_that_is_validated_writes_a_checkpoint_first(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run that goes on begins with the validation, and comes to the same measures."""
    measured: dict[str, dict[int, float]] = {}

    def cleared(_: Path) -> None:
        """What was validated stays to be looked at."""

    monkeypatch.setattr(stage, "_cleared", cleared)
    for name, warn_at in (("whole", 0), ("warned", 2), ("warned", 0)):
        if warn_at:
            with pytest.raises(Requeued):
                run(tiny_llama, tmp_path / name, warn_at=warn_at, **VALIDATED)
            assert not (tmp_path / name / "checkpoints" / "validations.json").exists()
        else:
            steps = run(tiny_llama, tmp_path / name, **VALIDATED)
            measured[name] = json.loads((tmp_path / name / "checkpoints/validations.json").read_text())
    assert launcher == [number()]
    assert steps == [3, 4, 5]
    assert measured["whole"].keys() == {"2", "5"}
    assert measured["whole"] == measured["warned"]
    assert weights(tmp_path / "warned") == weights(tmp_path / "whole")


def test_a_kill_in_a_validation_loses_no_step(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where SIGTERM is the last that is heard of a long validation."""
    with monkeypatch.context() as patched:

        def ask(*_: Any) -> Iterator[list[Any]]:
            raise Requeued
            yield []

        patched.setattr(validation, "ask", ask)
        with pytest.raises(Requeued):
            run(tiny_llama, tmp_path, **VALIDATED)
    assert run(tiny_llama, tmp_path, **VALIDATED) == [3, 4, 5]


def test_a_termination_is_no_end_before_the_first_step(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Lightning would end the run after a step, where the word comes between its start and the training's."""
    configured = StudentModule.configure_optimizers

    def late(module: StudentModule) -> Any:
        os.kill(os.getpid(), signal.SIGTERM)
        return configured(module)

    monkeypatch.setattr(StudentModule, "configure_optimizers", late)
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda signum, _: heard.append(signum))
    try:
        assert run(tiny_llama, tmp_path) == [1, 2, 3, 4, 5, 6]
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]
    assert launcher == []


def test_a_keyboard_stops_a_training_as_it_stops_all_else(
    tiny_llama: StudentSettings, tmp_path: Path
) -> None:
    # A process in the background may ignore the keyboard.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            run(tiny_llama, tmp_path, warn_at=2, warning=signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) == signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_job_that_is_only_terminated_writes_a_checkpoint_and_goes_on(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int]
) -> None:
    """Slurm's word before a preemption, where no site has asked it to send the signal."""
    heard: list[int] = []

    def bypass(signum: int, _: FrameType | None) -> None:
        heard.append(signum)

    folder = tmp_path / "checkpoints"
    kept: list[bool] = []
    before = signal.signal(signal.SIGTERM, bypass)
    try:
        steps = run(
            tiny_llama,
            tmp_path,
            warn_at=3,
            warning=signal.SIGTERM,
            seen=lambda: kept.append((folder / "last.ckpt").exists()),
        )
        assert signal.getsignal(signal.SIGTERM) == bypass
    finally:
        signal.signal(signal.SIGTERM, before)
    assert steps == [1, 2, 3, 4, 5, 6]
    assert kept == [False, False, False, True, True, True]
    assert heard == [signal.SIGTERM]
    assert launcher == []


def test_a_long_validation_does_not_hold_the_warning_back(
    tiny_llama: StudentSettings, tmp_path: Path, launcher: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def ask(*_: Any) -> Iterator[list[Any]]:
        for batch in range(5):
            asked.append(batch)
            os.kill(os.getpid(), number())
            yield []

    monkeypatch.setattr(validation, "ask", ask)
    with pytest.raises(Requeued):
        run(tiny_llama, tmp_path, validation_min=1, validation_share=0.2, validations=2)
    assert asked == [0]
    assert not (tmp_path / "checkpoints" / "validations.json").exists()
    monkeypatch.undo()
    assert run(tiny_llama, tmp_path, validation_min=1, validation_share=0.2, validations=2) == [3, 4, 5]


def test_without_a_launcher_the_signal_is_left_alone() -> None:
    before = signal.getsignal(number())
    with noticed() as notice:
        assert signal.getsignal(number()) == before
        notice.pass_on()


class Job:
    """A cell as Hydra's launcher gives it to submitit: requeued, it is called again with the same words."""

    def __call__(self, student: dict[str, Any], folder: str) -> list[int]:
        torch.set_num_threads(1)
        steps: list[int] = []

        def progress(done: int, _: int) -> None:
            steps.append(done)
            if done == 3:
                Path(folder, "pid.new").write_text(str(os.getpid()))
                Path(folder, "pid.new").rename(Path(folder, "pid"))
            while done == 3 and not Path(folder, "go").exists():
                time.sleep(0.02)

        place = Path(folder)
        train(QUIZ, EXAMPLES, StudentSettings(**student), TRAINING, 3, place, place, lambda _: None, progress)
        return steps

    def checkpoint(self, *arguments: Any) -> Any:
        from submitit.helpers import DelayedSubmission

        return DelayedSubmission(self, *arguments)


def test_submitit_requeues_and_the_job_goes_on_at_the_next_step(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The real thing, with the local executor, whose signals and requeueing are those of the cluster's."""
    submitit = pytest.importorskip("submitit")
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))  # the job finds its class there
    folder = tmp_path / "job"
    folder.mkdir()
    executor = submitit.LocalExecutor(tmp_path / "logs")
    executor.update_parameters(timeout_min=60)
    job = executor.submit(Job(), tiny_llama.model_dump(mode="json"), str(folder))
    while not (folder / "pid").exists():
        assert not job.done(), job.stderr()
        time.sleep(0.05)
    # As the executor does before its time limit, and Slurm before its own.
    os.kill(int((folder / "pid").read_text()), number())
    (folder / "go").touch()
    assert job.result() == [4, 5, 6]
    assert "Requeued job" in job.stderr() + job.stdout()
    run(tiny_llama, tmp_path / "whole")
    assert weights(folder) == weights(tmp_path / "whole")
