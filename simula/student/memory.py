"""How much a student's tuning holds in memory: arithmetic on its shape, before anything is loaded."""

from __future__ import annotations

from dataclasses import dataclass

from simula.student.settings import Shape, StudentSettings, TrainerSettings, TrainingSettings

_FOUR_BITS = (4 + 0.127) / 8
"""Bytes a weight of NF4 with its scales, rounded in their turn (QLoRA, Section 3)."""
_STATES = {"adafactor": 0, "muon": 4, "adamw": 8}
"""Bytes of the optimiser a trained weight; Adafactor's two vectors a matrix are nothing beside it."""
_KEPT = {"bf16-mixed": 14, "32-true": 20}
"""Bytes that a layer keeps for the way back, a token and unit of hidden and intermediate size: measured on
small Gemma 3 and Llama models with an adapter, 12.7 to 14.6 and 19.3 to 20.8."""


@dataclass(frozen=True, slots=True)
class Memory:
    """Bytes on one device, on which all of the model is."""

    parameters: int
    """Of the model, without an adapter."""
    trained: int
    """Weights that are trained."""
    weights: float
    """Bytes of the model."""
    optimizer: float
    """Bytes of an adapter, of gradients and of the optimiser's own numbers."""
    token: float
    """Bytes that each token computed at once keeps for the way back."""

    def at(self, rows: int, tokens: int) -> float:
        """Bytes in all, at so many rows at once of so many tokens."""
        return self.weights + self.optimizer + self.token * rows * tokens


def memory(
    shape: Shape, student: StudentSettings, training: TrainingSettings, trainer: TrainerSettings
) -> Memory:
    """What tuning holds; what the CUDA libraries take, up to a gigabyte, comes on top."""
    parameters = shape.parameters
    full = training.method == "full"
    trained = parameters if full else shape.adapter_parameters(training.lora.rank)
    published = 4 if student.dtype == "float32" else 2
    if training.method == "qlora":
        # The embedding, which is the projection to the vocabulary too, stays as it is.
        weights = published * shape.embedding + _FOUR_BITS * (parameters - shape.embedding)
    elif full:
        # Of float32 weights mixed precision holds a rounded copy.
        weights = (6 if training.precision == "bf16-mixed" else 4) * parameters
    else:
        weights = published * parameters
    # The adapter itself, where it is none of the model's own weights, and a gradient each, in float32.
    optimizer = ((4 if full else 8) + _STATES[training.optimizer]) * trained
    layer = _KEPT[training.precision] * (shape.hidden + shape.intermediate)
    width = 2 if training.precision == "bf16-mixed" else 4
    token = (
        layer + shape.layers * width * shape.hidden
        if trainer.gradient_checkpointing
        else shape.layers * layer
    )
    return Memory(parameters, trained, weights, optimizer, token)
