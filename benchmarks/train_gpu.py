"""Tuning a student of Gemma 3 4B's shape on a GPU: tokens a second, memory, and what the GPU could do.

    make bench-train-gpu                        an NVIDIA GPU with 40 GB or more, some minutes
    python benchmarks/train_gpu.py --tiny       the same code on a tiny body, on any machine, in a minute

The model has random weights, made on the GPU from its configuration in bfloat16; an adapter of rank 16 in
float32 over it, Adafactor, bf16-mixed, batches of 16 rows of varied length (Table 6). Rows are random
tokens as in `train.py`: `short` like multiple choice, a third of it shared, answers of two tokens; `long`
like GSM8K, answers of about 130. `simula` is the module and the trainer of every run, `packed` the same
with rows one after the other; against them transformers' Trainer and, where it is installed, TRL's
SFTTrainer, over the same model, adapter, optimiser and rows in the same order. Each with and without
gradient checkpointing.

The floor is the time that the GPU takes for a bfloat16 product of a step's tokens with the largest matrix
of a layer, repeated until it has done the operations that the rows need: each token through every layer
forward and back (no gradient of frozen weights), each supervised token through the vocabulary. What a side
computes beyond them (padding, layers again, unsupervised scores) is not counted; nor are attention's own
products, under a hundredth at these lengths. `useful` is the floor's time as a share of the side's: a side
that computes the shared beginning of rows once a part gets it counted for every row, and can exceed 100 %.
"""

from __future__ import annotations

import argparse
import gc
import importlib.util
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from train_sides import SHAPES, WARMING, by_trainer, by_trl, counted, logging, made_rows

from simula.student.settings import Shape

PAPER = Shape(hidden=2560, intermediate=10240, layers=34, queries=2048, keys=1024, vocabulary=262_208)
TINY = Shape(hidden=32, intermediate=64, layers=2, queries=32, keys=16, vocabulary=512)
LAYERS_A_FULL_ONE = 6
"""Of these one attends to all tokens, the others to the last 1,024."""


@dataclass(frozen=True)
class Measured:
    """What one side took for the steps that count."""

    losses: list[float]
    seconds: float
    peak: float
    """Bytes."""
    attention: str
    """As transformers names it."""


class Meter:
    """Time and memory of the device, from a step on."""

    def __init__(self) -> None:
        import torch

        self._cuda = torch.cuda.is_available()
        if self._cuda:
            torch.cuda.reset_peak_memory_stats()
        self.losses: list[float] = []
        self.attention = "sdpa"
        self.began = self.ended = 0.0

    def step(self, loss: float) -> None:
        """After each step, whose loss the device has computed by now."""
        import torch

        if self._cuda:
            torch.cuda.synchronize()
        self.losses.append(loss)
        self.ended = time.perf_counter()
        if len(self.losses) == WARMING:
            self.began = self.ended

    def measured(self) -> Measured:
        """After the last step."""
        from simula.student.hardware import most_memory

        return Measured(self.losses, self.ended - self.began, most_memory(), self.attention)


@dataclass(frozen=True)
class Work:
    """The same for all sides."""

    shape: Shape
    training: Any
    rows: list[Any]
    device: str

    def model(self) -> Any:
        """A model of the shape with an adapter, on the device."""
        import torch
        from transformers import AutoModelForCausalLM, Gemma3TextConfig

        from simula.student import adapter

        head = self.shape.queries // 8
        config = Gemma3TextConfig(
            vocab_size=self.shape.vocabulary,
            hidden_size=self.shape.hidden,
            intermediate_size=self.shape.intermediate,
            num_hidden_layers=self.shape.layers,
            num_attention_heads=8,
            num_key_value_heads=self.shape.keys // head,
            head_dim=head,
            query_pre_attn_scalar=head,
            sliding_window=1024,
            layer_types=[
                "full_attention" if (i + 1) % LAYERS_A_FULL_ONE == 0 else "sliding_attention"
                for i in range(self.shape.layers)
            ],
        )
        torch.manual_seed(0)
        with torch.device(self.device):
            model = AutoModelForCausalLM.from_config(config, dtype=torch.bfloat16, attn_implementation="sdpa")
        return adapter.adapted(model, self.training.lora, seed=0)

    def steps(self) -> list[list[Any]]:
        """The rows of each step, in our own order."""
        from simula.student.data import Loader

        loader = Loader(self.rows, self.training, seed=0)
        return [[self.rows[i] for i in indices] for indices in loader.order(0)]

    def operations(self) -> float:
        """Floating-point operations that the rows of the counted steps need."""
        body = self.shape.parameters - self.shape.embedding
        adapter = self.shape.adapter_parameters(self.training.lora.rank)
        counting = self.steps()[WARMING:]
        supervised = sum(len(row.ids) - row.start for step in counting for row in step)
        return counted(self.steps()) * (4 * body + 6 * adapter) + 4 * supervised * self.shape.embedding


def ours(work: Work, checkpointing: bool, packing: bool | str = "auto") -> Measured:
    """As `simula train` tunes, without its files."""
    from simula.student.adapter import bare
    from simula.student.data import StudentData
    from simula.student.fitting import checkpointed, fitter, silent
    from simula.student.hardware import found
    from simula.student.module import StudentModule
    from simula.student.ranks import Place
    from simula.student.settings import TrainerSettings

    settings = TrainerSettings(gradient_checkpointing=checkpointing, packing=packing)
    hardware, model = found(settings, work.training), work.model()
    if checkpointing:
        checkpointed(bare(model))
    data = StudentData(work.rows, work.training, 0, hardware.layout(Place()))
    meter, steps = Meter(), len(work.steps())
    meter.attention = hardware.attention
    module = StudentModule(
        model, work.training, steps, 0, lambda said: meter.step(said["train/loss"]), hardware.attention
    )
    with silent():
        fitter(hardware, Place(), work.training, []).fit(module, data)
    return meter.measured()


def packed(work: Work, checkpointing: bool) -> Measured:
    """Rows one after the other."""
    return ours(work, checkpointing, packing=True)


def others(tune: Callable[..., None], work: Work, checkpointing: bool) -> Measured:
    """By the trainer of others."""
    model, log = work.model(), logging(Meter)
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        # The new name is not in every version that is supported.
        warnings.filterwarnings("ignore", "`gradient_checkpointing.*` is deprecated", FutureWarning)
        arguments = {
            "output_dir": folder,
            "gradient_checkpointing": checkpointing,
            "gradient_checkpointing_kwargs": {"use_reentrant": False} if checkpointing else None,
            "bf16": True,
            "use_cpu": work.device == "cpu",
        }
        tune(model, work.training, work.steps(), arguments, log)
    measured: Measured = log.meter.measured()
    return measured


def trainer(work: Work, checkpointing: bool) -> Measured:
    """By transformers."""
    return others(by_trainer, work, checkpointing)


def trl(work: Work, checkpointing: bool) -> Measured:
    """By TRL."""
    return others(by_trl, work, checkpointing)


SIDES: dict[str, Callable[[Work, bool], Measured]] = {
    "simula": ours,
    "packed": packed,
    "trainer": trainer,
    "trl": trl,
}


def operations_a_second(work: Work) -> float:
    """Of bfloat16 products, tokens of a step times the largest matrix of a layer."""
    import torch

    tokens = counted(work.steps()) // (len(work.steps()) - WARMING)
    left = torch.randn(tokens, work.shape.hidden, device=work.device, dtype=torch.bfloat16)
    right = torch.randn(work.shape.hidden, work.shape.intermediate, device=work.device, dtype=torch.bfloat16)

    def seconds(times: int) -> float:
        began = time.perf_counter()
        for _ in range(times):
            torch.matmul(left, right)
        if work.device == "cuda":
            torch.cuda.synchronize()
        return time.perf_counter() - began

    seconds(3)
    once = seconds(10) / 10
    times = max(10, int((1 if work.device == "cuda" else 0.1) / once))
    return 2 * tokens * work.shape.hidden * work.shape.intermediate * times / seconds(times)


def table(work: Work, sides: Sequence[str]) -> None:
    """Every side with and without checkpointing, a line each."""
    import torch

    rate, needed, expected = operations_a_second(work), work.operations(), list[float]()
    tokens = counted(work.steps())
    print(
        f"  {tokens:,} tokens that count, {needed / 1e12:,.3g} TFLOP; the floor: {rate / 1e12:,.3g} TFLOP/s, "
        f"{tokens / (needed / rate):,.0f} tokens/s"
    )
    print(
        "  side      checkpointing   tokens/s   peak GB   TFLOP/s   useful   attention           losses apart"
    )
    for side in sides:
        for checkpointing in (False, True):
            gc.collect()
            if work.device == "cuda":
                torch.cuda.empty_cache()
            label = f"  {side:<10}{'yes' if checkpointing else 'no':<13}"
            try:
                one = SIDES[side](work, checkpointing)
            except torch.OutOfMemoryError:
                print(f"{label}   does not fit into the GPU's memory", flush=True)
                continue
            expected = expected or one.losses
            apart = max(abs(a - b) for a, b in zip(one.losses, expected, strict=True))
            print(
                f"{label}{tokens / one.seconds:>11,.0f}{one.peak / 1e9:>10.2f}"
                f"{needed / one.seconds / 1e12:>10,.3g}{needed / rate / one.seconds:>9.1%}"
                f"   {one.attention:<17}{apart:>15.1e}",
                flush=True,
            )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tiny", action="store_true", help="a tiny body, on any machine")
    parser.add_argument("--steps", type=int, help="steps of a run; 32, or 3 of a tiny body")
    parser.add_argument("--shape", choices=SHAPES)
    parser.add_argument("--sides", choices=SIDES, nargs="+", default=[*SIDES])
    given = parser.parse_args()
    length = given.steps or (3 if given.tiny else 32)
    if length <= WARMING:
        parser.error(f"--steps {length}: the first {WARMING} are not counted")

    import torch

    if not given.tiny and not torch.cuda.is_available():
        raise SystemExit("bench-train-gpu needs an NVIDIA GPU; benchmarks/train_gpu.py --tiny runs anywhere")
    from simula.student.settings import TrainingSettings

    # Random weights take no step as large as Table 6's; speed is the same.
    size = 4 if given.tiny else 16
    training = TrainingSettings(
        batch_size=size, micro_batch_size=size, precision="bf16-mixed", learning_rate=1e-5, warmup_min=0
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    print(torch.cuda.get_device_name() if device == "cuda" else "no GPU: figures of a tiny body mean nothing")
    sides = [side for side in given.sides if side != "trl" or importlib.util.find_spec("trl")]
    if len(sides) < len(given.sides):
        print("TRL is not installed and left out")
    shape = TINY if given.tiny else PAPER
    for kind in [given.shape] if given.shape else SHAPES:
        print(f"{kind} rows")
        rows = made_rows(SHAPES[kind], length * size, shape.vocabulary)
        table(Work(shape, training, rows, device), sides)


if __name__ == "__main__":
    main()
