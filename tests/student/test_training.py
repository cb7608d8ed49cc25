"""The stage as a whole: killed and resumed, selected, refused."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ, weights

import simula.durable as durable
import simula.student.adapter as adapter
import simula.student.checkpoints as checkpoints
import simula.student.fitting as fitting
import simula.student.training as stage
from simula.domain import Domain, Example, Number
from simula.errors import StudentError
from simula.student.fitting import Fitted
from simula.student.settings import Lora, StudentSettings, TrainingSettings
from simula.student.training import TrainingSummary, train

EXAMPLES = [
    Example(question=f"{'Q' * (i % 7)}{i}?", options=("yes", "no"), answer="AB"[i % 2]) for i in range(40)
]
TRAINING = TrainingSettings(
    lora=Lora(rank=4, dropout=0.1),
    epochs=2.5,
    batch_size=8,
    micro_batch_size=3,
    optimizer="adamw",
    learning_rate=0.01,
    warmup_min=0,
    validation_share=0.2,
    validation_min=8,
    validations=4,
    checkpoint_seconds=0,
)
KILLED = """
import json, os, signal, sys, torch
from pathlib import Path
from simula.domain import Domain, Example
from simula.student.settings import StudentSettings, TrainingSettings
from simula.student.training import train
torch.set_num_threads(1)
domain, student, training, examples, folder = json.loads(sys.argv[1])
def progress(done, steps):
    if done == 7:
        os.kill(os.getpid(), signal.SIGKILL)
train(
    Domain(**domain), [Example(**example) for example in examples], StudentSettings(**student),
    TrainingSettings(**training), 3, Path(folder), Path(folder), lambda _: None, progress,
)
"""


def run(
    student: StudentSettings, folder: Path, steps: list[int] | None = None, **arguments: Any
) -> TrainingSummary:
    given = {"domain": QUIZ, "examples": EXAMPLES, "training": TRAINING} | arguments
    seen = steps if steps is not None else []
    return train(
        **given,
        student=student,
        seed=3,
        folder=folder,
        cache=folder,
        log=lambda _: None,
        progress=lambda done, _: seen.append(done),
    )


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Fitted]:
    """What each run leaves in memory."""
    seen: list[Fitted] = []

    def fitted(*arguments: Any) -> Fitted:
        seen.append(fitting.fitted(*arguments))
        return seen[-1]

    monkeypatch.setattr(stage, "fitted", fitted)
    return seen


def numbers(run: Fitted) -> dict[str, Any]:
    """Everything that the last step left: the adapter's weights and the optimiser's own."""
    adapter = {name: value for name, value in run.module.model.state_dict().items() if "lora_" in name}
    [optimizer] = run.module.trainer.optimizers
    state = {(i, name): v for i, own in optimizer.state_dict()["state"].items() for name, v in own.items()}
    return {str(name): value for name, value in [*adapter.items(), *state.items()]}


def assert_equal_bits(a: Fitted, b: Fitted) -> None:
    first, second = numbers(a), numbers(b)
    assert first.keys() == second.keys()
    assert len(first) >= 2 * 2 * 7 * 2, "each of two matrices in 7 modules of 2 layers, and its state"
    assert [name for name, value in first.items() if not torch.equal(value, second[name])] == []


def test_killed_and_resumed_equals_uninterrupted(
    tiny_gemma: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, runs: list[Fitted]
) -> None:
    # The last step's adapter, not one from before the kill.
    monkeypatch.setattr(stage, "peak", max)
    arguments = [
        *(settings.model_dump(mode="json") for settings in (QUIZ, tiny_gemma, TRAINING)),
        [example.model_dump() for example in EXAMPLES],
        str(tmp_path / "killed"),
    ]
    killed = subprocess.run([sys.executable, "-c", KILLED, json.dumps(arguments)], check=False)
    assert killed.returncode == -signal.SIGKILL
    steps: list[int] = []
    resumed = run(tiny_gemma, tmp_path / "killed", steps)
    assert steps == [7, 8, 9, 10], "killed in the middle of the second pass of four steps"
    whole = run(tiny_gemma, tmp_path / "whole")
    assert weights(tmp_path / "killed") == weights(tmp_path / "whole")
    assert_equal_bits(*runs)
    assert asdict(replace(resumed, seconds=0)) == asdict(replace(whole, seconds=0))


@pytest.mark.parametrize("optimizer", ["adafactor", "adamw", "muon"])
def test_two_runs_with_one_seed_are_equal(
    tiny_gemma: StudentSettings, tmp_path: Path, runs: list[Fitted], optimizer: str
) -> None:
    training = TRAINING.model_copy(update={"optimizer": optimizer, "validation_share": 0.0, "epochs": 1})
    for folder in ("one", "another"):
        run(tiny_gemma, tmp_path / folder, training=training)
    assert_equal_bits(*runs)


def test_the_summary_says_what_happened(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    rows = [*EXAMPLES, Example(question="long " * 300, options=("yes", "no"), answer="A")]
    summary = run(tiny_llama, tmp_path, examples=rows)
    assert (summary.rows + summary.rows_held_out, summary.rows_too_long) == (40, 1)
    assert summary.rows_held_out == 8
    assert (summary.steps, summary.epochs) == (10, 2.5)
    assert [step for step, _ in summary.validation_accuracies] == [2, 5, 8, 10]
    assert summary.chosen_step in {2, 5, 8, 10}
    assert "peak of the 3-point moving average" in summary.choice
    assert (summary.device, summary.processes) == ("cpu", 1)
    assert (summary.attention, summary.packed) == ("sdpa", False)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter"]


def test_the_adapter_of_the_chosen_step_is_kept(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder, measured, chosen in (("early", [0.9, 0.6, 0.3, 0], 2), ("last", [0.1, 0.3, 0.6, 0.9], 10)):
        values = iter(measured)
        monkeypatch.setattr(fitting, "answer_accuracy", lambda *_, left=values: lambda _: next(left))
        assert run(tiny_llama, tmp_path / folder).chosen_step == chosen
    assert weights(tmp_path / "early") != weights(tmp_path / "last")


def test_too_few_rows_to_choose_by(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    training = TRAINING.model_copy(update={"validation_min": 32})
    summary = run(tiny_llama, tmp_path, training=training)
    assert summary.validation_accuracies == ()
    assert summary.chosen_step == summary.steps == 12
    assert summary.choice == "last step: 8 rows would be held out to choose by, and 32 are needed"


def test_validation_generates_where_answers_are_open(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    sums = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
    examples = [Example(question=f"{i} + 0?", answer=str(i)) for i in range(40)]
    summary = run(
        tiny_gemma,
        tmp_path,
        domain=sums,
        examples=examples,
        training=TRAINING.model_copy(update={"optimizer": "adafactor", "epochs": 0.5}),
    )
    assert len(summary.validation_accuracies) == summary.steps == 2
    assert all(0 <= accuracy <= 1 for _, accuracy in summary.validation_accuracies)


def test_nothing_is_said_on_the_terminal(
    tiny_llama: StudentSettings,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nor on a node of a cluster, where Lightning would have us start by srun."""
    srun = tmp_path / "bin" / "srun"
    srun.parent.mkdir()
    srun.touch(0o755)
    monkeypatch.setenv("PATH", str(srun.parent), prepend=":")
    run(tiny_llama, tmp_path / "run")
    assert tuple(capfd.readouterr()) == ("", "")


def test_a_gradient_that_is_no_number_stops(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    training = TRAINING.model_copy(update={"learning_rate": 1e30})
    with pytest.raises(
        StudentError, match=r"the gradient of step \d+ is nan .*: lower training.learning_rate=1e\+30"
    ):
        run(tiny_llama, tmp_path, training=training)


def test_killed_while_it_clears_up_goes_on_to_the_same_result(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(_: Path) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(stage, "_cleared", killed)
        with pytest.raises(KeyboardInterrupt):
            run(tiny_llama, tmp_path)
    kept = weights(tmp_path)
    summary = run(tiny_llama, tmp_path)
    assert len(summary.validation_accuracies) == 4
    assert weights(tmp_path) == kept
    assert not (tmp_path / "checkpoints").exists()


@pytest.mark.parametrize("damage", ["cut", "bit"])
@pytest.mark.parametrize("names", [["last"], ["last", "previous"]], ids=len)
def test_a_damaged_checkpoint_is_said_and_the_one_before_is_taken(
    tiny_llama: StudentSettings,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    names: list[str],
    damage: str,
) -> None:
    training = TRAINING.model_copy(update={"validation_share": 0.0, "epochs": 1})
    run(tiny_llama, tmp_path / "whole", training=training)

    class Stopped(Exception):
        """In the middle of a run."""

    def stop(done: int, _: int) -> None:
        if done == 4:
            raise Stopped

    folder, said = tmp_path / "damaged", []
    with pytest.raises(Stopped):
        train(QUIZ, EXAMPLES, tiny_llama, training, 3, folder, folder, lambda _: None, stop)
    for name in names:
        path = folder / "checkpoints" / f"{name}.ckpt"
        data = bytearray(path.read_bytes())
        data[len(data) // 2] ^= 1
        path.write_bytes(data if damage == "bit" else data[: len(data) // 2])
        said.append(f"{path} is damaged: the training goes on from the checkpoint before, if any")
    steps: list[int] = []
    run(tiny_llama, folder, steps, training=training)
    assert steps == ([3, 4, 5] if len(names) == 1 else [1, 2, 3, 4, 5])
    assert caplog.messages == said
    assert weights(folder) == weights(tmp_path / "whole")


def test_what_a_kill_in_saving_left_is_not_published(
    tiny_llama: StudentSettings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And names are durable before what they name is relied on: the folder, then that it is in its place."""
    for left in (".adapter.123", "checkpoints/.step-10.123"):
        (tmp_path / left).mkdir(parents=True)
        (tmp_path / left / "half").touch()
    synced: list[tuple[str, list[str]]] = []
    real = durable.sync_folder

    def sync(folder: Path) -> None:
        synced.append((folder.name, sorted(path.name for path in folder.iterdir())))
        real(folder)

    for module in (durable, adapter, checkpoints):
        monkeypatch.setattr(module, "sync_folder", sync)
    run(tiny_llama, tmp_path, training=TRAINING.model_copy(update={"validation_min": 32}))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["adapter"]
    [place, (parent, names)] = synced[-2:]
    assert place[0].startswith(".adapter.")
    assert "adapter_model.safetensors" in place[1]
    assert (parent, "adapter" in names) == (tmp_path.name, True)


def test_an_empty_data_set(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match="the data set of domain quiz is empty"):
        run(tiny_llama, tmp_path, examples=[])


def test_rows_that_all_are_too_long(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    with pytest.raises(StudentError, match=r"all 40 rows are longer than training.max_tokens=5"):
        run(tiny_llama, tmp_path, training=TrainingSettings(max_tokens=5))


def test_an_adapter_that_fits_nowhere(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    training = TrainingSettings(lora=Lora(targets="nothing"))
    with pytest.raises(StudentError, match=r"training\.lora\.targets='nothing' on llama"):
        run(tiny_llama, tmp_path, training=training)
