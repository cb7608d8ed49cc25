"""What a student is tuned on, as found on this machine."""

from __future__ import annotations

import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from transformers.utils.import_utils import is_flash_attn_2_available

from simula.errors import StudentError
from simula.student.data import Layout
from simula.student.memory import memory
from simula.student.ranks import Place
from simula.student.settings import StudentSettings, TrainerSettings, TrainingSettings


@dataclass(frozen=True, slots=True)
class Hardware:
    """The trainer's settings, with nothing left to be found out."""

    device: str
    """`cuda`, `cpu`, …: what Lightning chooses."""
    processes: int
    sharded: bool
    """Whether the frozen weights are cut over the processes."""
    attention: str
    """As transformers names it."""
    packed: bool
    gradient_checkpointing: bool

    def layout(self, place: Place) -> Layout:
        """How the rows of one of the processes are laid out."""
        # A shared beginning lives by its keys and values. Layers that are computed again keep none, and
        # layers that are cut are put together for the gradients of their outputs alone.
        shared = not (self.packed or self.gradient_checkpointing or self.sharded)
        return Layout(self.packed, shared, place.rank, place.ranks)


def found(trainer: TrainerSettings, training: TrainingSettings) -> Hardware:
    """What `trainer` comes to here.

    Raises:
        StudentError: more devices than there are, flash attention where it cannot be, sharding of what is
            trained.
    """
    accelerator = torch.accelerator.current_accelerator(check_available=True)
    device = accelerator.type if accelerator else "cpu"
    sharded = trainer.strategy == "fsdp"
    if sharded and training.method != "lora":
        raise StudentError(
            f"trainer.strategy=fsdp cuts frozen weights, and training.method={training.method} "
            f"{'trains them all' if training.method == 'full' else 'has them in 4 bits'}; take trainer=ddp"
        )
    attention = _attention(trainer, training)
    packing = attention != "sdpa" if trainer.packing == "auto" else trainer.packing
    processes = _processes(trainer, device)
    return Hardware(
        device, processes, sharded and processes > 1, attention, packing, trainer.gradient_checkpointing
    )


def fits(student: StudentSettings, training: TrainingSettings, hardware: Hardware) -> None:
    """Whether a GPU holds what training always holds, before weights are loaded; what rows take is on top.

    Raises:
        StudentError: it does not.
    """
    if hardware.device != "cuda" or hardware.sharded or student.shape is None:
        return
    there = torch.cuda.get_device_properties(torch.cuda.current_device()).total_memory
    needed = memory(student.shape, student, training, TrainerSettings()).at(0, 0)
    if needed > there:
        raise StudentError(
            f"student {student.name}: training.method={training.method} holds {needed / 1e9:.1f} GB without "
            f"a row, and the GPU has {there / 1e9:.1f} GB; take a smaller student, training.method="
            f"{'lora' if training.method == 'full' else 'qlora'}, or a larger GPU"
        )


@contextmanager
def enough_memory(training: TrainingSettings) -> Iterator[None]:
    """What a GPU that is full says becomes a sentence that names the settings."""
    try:
        yield
    except torch.OutOfMemoryError as error:
        raise StudentError(
            f"the GPU's memory is full ({str(error).partition('. ')[0]}): "
            f"lower training.micro_batch_size={training.micro_batch_size}, which changes no result, "
            f"or training.max_tokens={training.max_tokens}, or set trainer.gradient_checkpointing=true or "
            "training.method=qlora"
        ) from error


def _processes(trainer: TrainerSettings, device: str) -> int:
    if trainer.strategy == "single":
        return 1
    there = 1 if device == "cpu" else torch.accelerator.device_count()
    if trainer.devices == "auto":
        return there
    if device != "cpu" and trainer.devices > there:
        raise StudentError(
            f"trainer.devices={trainer.devices}: this machine has {there} of the kind {device}"
        )
    return trainer.devices


def _attention(trainer: TrainerSettings, training: TrainingSettings) -> str:
    possible = training.precision == "bf16-mixed" and is_flash_attn_2_available()
    if trainer.attention == "flash_attention_2" and not possible:
        raise StudentError(
            "trainer.attention=flash_attention_2 needs an NVIDIA GPU, the package flash-attn and "
            "training.precision=bf16-mixed; trainer.attention=auto takes what is there"
        )
    return "flash_attention_2" if possible and trainer.attention != "sdpa" else "sdpa"


def most_memory() -> int:
    """Bytes that this process has held at most: of its GPU, or where there is none, of the machine."""
    if torch.cuda.is_available():
        return torch.cuda.max_memory_allocated()
    # Linux counts in KiB, macOS in bytes.
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
