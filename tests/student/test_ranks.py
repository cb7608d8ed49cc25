"""Several processes tune the same student as one does."""

from __future__ import annotations

import atexit
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from simula.domain import Domain, Example, Number
from simula.errors import StudentError
from simula.student import processes
from simula.student.hardware import found
from simula.student.processes import others
from simula.student.ranks import Place
from simula.student.settings import StudentSettings, TrainerSettings, TrainingSettings
from simula.student.training import TrainingSummary, train

SUMS = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
# Answers of unequal length: a mean of the processes' means would be another loss.
EXAMPLES = [
    Example(question=f"{i} + 1?", reasoning="so " * (i % 5 * 3), answer=str(i + 1)) for i in range(26)
]
TRAINING = TrainingSettings(
    # Steps of 5 and 4 rows: the second process has fewer.
    batch_size=5,
    micro_batch_size=2,
    epochs=0.5,
    warmup_min=0,
    learning_rate=0.01,
    checkpoint_seconds=0,
    validation_min=4,
    validation_share=0.16,
    validations=1,
)


def run(
    student: StudentSettings, folder: Path, **trainer: Any
) -> tuple[TrainingSummary, list[Mapping[str, float]], dict[str, torch.Tensor]]:
    logged: list[Mapping[str, float]] = []
    settings = TrainerSettings(**trainer)
    summary = train(
        SUMS, EXAMPLES, student, TRAINING, 0, folder, folder, logged.append, lambda *_: None, settings
    )
    return summary, logged, load_file(folder / "adapter" / "adapter_model.safetensors")


@pytest.mark.parametrize(
    "trainer",
    [
        {"gradient_checkpointing": True},
        {"strategy": "ddp", "devices": 2},
        {"strategy": "fsdp", "devices": 2, "packing": True, "gradient_checkpointing": True},
    ],
    ids=lambda trainer: trainer.get("strategy", "single"),
)
def test_the_machine_changes_nothing(
    tiny_gemma: StudentSettings, tmp_path: Path, trainer: dict[str, Any], capfd: pytest.CaptureFixture[str]
) -> None:
    alone, expected, adapter = run(tiny_gemma, tmp_path / "alone")
    summary, logged, same = run(tiny_gemma, tmp_path / "other", **trainer)
    assert summary.processes == trainer.get("devices", 1)
    assert summary.validation_accuracies == alone.validation_accuracies != ()
    assert (summary.steps, summary.tokens, summary.rows) == (alone.steps, alone.tokens, alone.rows)
    for name in ("train/loss", "train/gradient_norm"):
        values = [[measured[name] for measured in log if name in measured] for log in (logged, expected)]
        assert len(values[0]) == summary.steps == 2
        assert values[0] == pytest.approx(values[1], rel=1e-4)
    assert same.keys() == adapter.keys()
    for name, weight in adapter.items():
        torch.testing.assert_close(same[name], weight, rtol=1e-3, atol=1e-5)
    assert not torch.distributed.is_initialized()
    assert tuple(capfd.readouterr()) == ("", "")


def refused(place: Place, ready: Callable[[], None]) -> None:
    raise StudentError(f"no weights for {place.rank} of {place.ranks}")


def ending(place: Place, ready: Callable[[], None]) -> None:
    ready()
    os._exit(3)


def late(place: Place, ready: Callable[[], None]) -> None:
    ready()
    raise StudentError("the memory is full")


@pytest.mark.parametrize(
    ("work", "complaint"),
    [
        (late, r"process 1 of the training failed: the memory is full"),
        (refused, r"process 1 of the training failed: no weights for 1 of 2"),
        (ending, r"process 1 of the training failed: it ended with exit code 3"),
    ],
)
def test_a_process_that_fails_is_one_sentence(
    work: Callable[..., None], complaint: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(StudentError, match=complaint), others(2, work):
        raise RuntimeError("connection closed by peer")


def lingering(place: Place, ready: Callable[[], None]) -> None:
    ready()
    atexit.register(time.sleep, 300)


def falling(place: Place, ready: Callable[[], None]) -> None:
    ready()
    processes._parted = lambda: os._exit(3)


@pytest.mark.parametrize("work", [lingering, falling])
def test_how_a_process_ends_after_its_work_is_of_no_account(
    work: Callable[..., None], capfd: pytest.CaptureFixture[str]
) -> None:
    done = False
    with others(2, work):
        began = time.monotonic()
        done = True
    assert done
    assert time.monotonic() - began < processes._PATIENCE_SECONDS
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_process_that_does_not_end_after_the_work_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 0.5)
    with others(2, endless):
        began = time.monotonic()
    assert time.monotonic() - began < 20
    assert not multiprocessing.active_children()


def endless(place: Place, ready: Callable[[], None]) -> None:
    ready()
    time.sleep(300)


def test_an_error_of_the_first_process_is_raised_on_where_the_group_cannot_be_left(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """NCCL can wait for those that are gone; who called has to hear, say and record what happened."""
    monkeypatch.setattr(processes, "_PATIENCE_SECONDS", 0.2)
    monkeypatch.setattr(processes, "_parted", threading.Event().wait)
    at_exit: list[Callable[[], None]] = []
    monkeypatch.setattr(atexit, "register", at_exit.append)
    for error in (ValueError("a batch of no rows"), SystemExit(7), KeyboardInterrupt()):
        with pytest.raises(type(error)) as raised, processes._watched([]):
            raise error
        assert raised.value is error
    assert at_exit == [processes._end_soon] * 3


def test_an_interpreter_that_cannot_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[tuple[int, ...]] = []
    monkeypatch.setattr(signal, "signal", lambda *given: done.append(given))
    monkeypatch.setattr(signal, "alarm", lambda *given: done.append(given))
    processes._end_soon()
    assert done == [(signal.SIGALRM, signal.SIG_DFL), (int(processes._PATIENCE_SECONDS),)]


def test_one_process_needs_no_other() -> None:
    with others(1, ending) as place:
        assert place == Place(0, 1)


@pytest.mark.parametrize(
    ("trainer", "training", "complaint"),
    [
        ({"attention": "flash_attention_2"}, {}, "needs an NVIDIA GPU, the package flash-attn"),
        ({"strategy": "fsdp"}, {"method": "full"}, "method=full trains them all; take trainer=ddp"),
        ({"strategy": "fsdp"}, {"method": "qlora"}, "method=qlora has them in 4 bits"),
    ],
)
def test_what_cannot_be_is_one_sentence(
    trainer: dict[str, Any], training: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(StudentError, match=complaint):
        found(TrainerSettings(**trainer), TrainingSettings(**training))


def test_flash_attention_is_taken_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simula.student.hardware.is_flash_attn_2_available", lambda: True)
    mixed = TrainingSettings(precision="bf16-mixed")
    hardware = found(TrainerSettings(), mixed)
    assert (hardware.attention, hardware.packed) == ("flash_attention_2", True)
    assert found(TrainerSettings(packing=False), mixed).packed is False
    for settings in ((TrainerSettings(attention="sdpa"), mixed), (TrainerSettings(), TrainingSettings())):
        hardware = found(*settings)
        assert (hardware.attention, hardware.packed) == ("sdpa", False)


def test_nothing_of_the_trainer_is_in_a_key() -> None:
    chosen = TrainerSettings(strategy="ddp", devices=4, packing=True, gradient_checkpointing=True)
    assert chosen.identity() == TrainerSettings().identity()
