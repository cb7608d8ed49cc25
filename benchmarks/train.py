"""A student's tuning beside TRL's SFTTrainer: same model, rows, order and losses; time and memory.

    make bench-train                                   about ten minutes, nearly all of them TRL's
    python benchmarks/train.py --sides simula trainer  without TRL

The model is built here from random weights: Gemma 3's own architecture with its vocabulary of 262,144
tokens over a tiny body, since the vocabulary is what training an adapter on short rows costs. Rows are
random tokens of two shapes: `short`, a question of about 120 tokens with an answer of two, of which a
third is an instruction that all rows begin with, like a multiple-choice benchmark; `long`, a question of
about 60 tokens with an answer of about 130 and nothing shared, like GSM8K.

Each side is a process of its own with one thread, in float32, with AdamW, in the order of our own batches,
warmed up by two steps that are not counted. CPU seconds are of the process, user and system, from the
third step to the last, tokens those of the rows of these steps. Memory is the process's peak while it
trains; `above` is without what it held before the first step: libraries and weights.

Two sides to compare with. `trl` is SFTTrainer as it comes. Since 1.16 its loss is computed in tiles by a
kernel for GPUs, for which a CPU gets a substitute that projects every position: far slower than what it
replaced. So `trainer` is transformers' own Trainer, whose loss takes the scores of all positions at once,
as SFTTrainer's did before: the harder comparison on a CPU.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from train_sides import SHAPES, VOCABULARY, WARMING, Shape, by_trainer, by_trl, counted, logging, made_rows

BATCH = 8


@dataclass(frozen=True)
class Measured:
    """What one side took."""

    side: str
    rows: int
    losses: list[float]
    tokens: int
    cpu_seconds: float
    peak_mib: float
    above_mib: float

    @property
    def speed(self) -> float:
        """Tokens a CPU second."""
        return self.tokens / self.cpu_seconds


class Meter:
    """CPU time and peak memory of this process, from a step on."""

    def __init__(self) -> None:
        self.held = _memory("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        self.began = 0.0
        self.losses: list[float] = []

    def step(self, loss: float) -> None:
        """After each step."""
        self.losses.append(loss)
        if len(self.losses) == WARMING:
            self.began = time.process_time()

    def measured(self, side: str, rows: int, tokens: int) -> Measured:
        """After the last step; `tokens` are those of the counted steps."""
        seconds, peak = time.process_time() - self.began, _memory("VmHWM")
        return Measured(side, rows, self.losses, tokens, seconds, peak, peak - self.held)


def tiny_model(folder: Path) -> None:
    """Gemma 3's text model with a body of two layers, stored in `folder`."""
    import torch
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        vocab_size=VOCABULARY,
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=16,
        query_pre_attn_scalar=16,
        sliding_window=64,
        layer_types=["sliding_attention", "full_attention"],
        max_position_embeddings=1024,
    )
    torch.manual_seed(0)
    Gemma3ForCausalLM(config).save_pretrained(folder)


def prepared(folder: Path, shape: Shape, count: int) -> tuple[Any, Any, list[list[Any]]]:
    """The adapted model, the settings, and the rows of each step: the same on both sides."""
    import torch
    from transformers import Gemma3ForCausalLM

    from simula.student import adapter
    from simula.student.data import Loader
    from simula.student.settings import TrainingSettings

    torch.set_num_threads(1)
    training = TrainingSettings(
        batch_size=BATCH, micro_batch_size=BATCH, optimizer="adamw", learning_rate=0.001, warmup_min=0
    )
    rows = made_rows(shape, count)
    model = Gemma3ForCausalLM.from_pretrained(folder, attn_implementation="sdpa")
    tuned = adapter.adapted(model, training.lora, seed=0)
    loader = Loader(rows, training, seed=0)
    steps = [[rows[i] for i in indices] for indices in loader.order(0)]
    return tuned, training, steps


def ours(folder: Path, shape: Shape, count: int) -> Measured:
    """StudentModule under Lightning, as a run sets it up."""
    import lightning.pytorch as pl

    from simula.student.data import StudentData
    from simula.student.module import StudentModule

    model, training, steps = prepared(folder, shape, count)
    meter = Meter()
    module = StudentModule(model, training, len(steps), 0, lambda said: meter.step(said["train/loss"]))
    trainer = pl.Trainer(
        accelerator="cpu",
        devices=1,
        max_epochs=1,
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(module, StudentData(made_rows(shape, count), training, 0))
    return meter.measured("simula", count, counted(steps))


def trl(folder: Path, shape: Shape, count: int) -> Measured:
    """SFTTrainer as it comes, but that it keeps all states, which is faster for it too."""
    model, training, steps = prepared(folder, shape, count)
    log = logging(Meter)
    by_trl(model, training, steps, _arguments(folder), log)
    return log.meter.measured("trl", count, counted(steps))


def trainer(folder: Path, shape: Shape, count: int) -> Measured:
    """transformers' Trainer, with the loss of transformers' model."""
    model, training, steps = prepared(folder, shape, count)
    log = logging(Meter)
    by_trainer(model, training, steps, _arguments(folder), log)
    return log.meter.measured("trainer", count, counted(steps))


def _arguments(folder: Path) -> dict[str, Any]:
    """What it is told here."""
    return {
        "output_dir": str(folder / "out"),
        "gradient_checkpointing": False,
        "bf16": False,
        "use_cpu": True,
    }


def _memory(field: str) -> float:
    """Of this process, MiB."""
    status = Path("/proc/self/status").read_text()
    return next(int(line.split()[1]) for line in status.splitlines() if line.startswith(field)) / 1024


SIDES = {"simula": ours, "trainer": trainer, "trl": trl}


def aside(side: str, folder: Path, shape: str, count: int) -> Measured:
    """One side in a process of its own; its line is printed."""
    given = [sys.executable, __file__, "--side", side, "--folder", str(folder), "--shape", shape]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"}
    done = subprocess.run(
        [*given, "--rows", str(count)], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{side} on {count} rows of the shape {shape} failed:\n{done.stderr[-3000:]}")
    one = Measured(**json.loads(done.stdout.splitlines()[-1]))
    print(
        f"  {one.side:<8}{one.rows:>6} rows{one.speed:>9,.0f} tokens a CPU second{one.cpu_seconds:>8.1f} s, "
        f"peak{one.peak_mib:>6,.0f} MiB, above{one.above_mib:>6,.0f}",
        flush=True,
    )
    return one


def compared(mine: Measured, other: Measured) -> str:
    """The quotients, and how far the losses are apart."""
    apart = max(abs(a - b) for a, b in zip(mine.losses, other.losses, strict=True))
    return (
        f"  simula / {other.side}: tokens a CPU second {mine.speed / other.speed:.2f} x, peak "
        f"{mine.peak_mib / other.peak_mib:.2f} x, above {mine.above_mib / other.above_mib:.2f} x; "
        f"{len(mine.losses)} losses, {mine.losses[0]:.4f} to {mine.losses[-1]:.4f}, at most {apart:.0e} apart"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--rows", type=int, default=32, help=f"rows on all sides, a multiple of {BATCH}")
    parser.add_argument("--scale", type=int, default=64, help="our rows: 1, 2 and 4 times as many; 0: none")
    parser.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--sides", choices=SIDES, nargs="+", default=[*SIDES])
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(asdict(SIDES[given.side](given.folder, SHAPES[given.shape], given.rows))))
        return
    with tempfile.TemporaryDirectory() as folder:
        tiny_model(Path(folder))
        for shape in [given.shape] if given.shape else SHAPES:
            print(f"{shape} rows")
            mine, *others = (aside(side, Path(folder), shape, given.rows) for side in given.sides)
            for other in others:
                print(compared(mine, other))
            for times in (1, 2, 4) if given.scale else ():
                aside("simula", Path(folder), shape, given.scale * times)


if __name__ == "__main__":
    main()
