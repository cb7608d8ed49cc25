"""Parameters are counted exactly, memory about; what cannot fit is said before weights are loaded."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
import torch

from simula.composition import cells
from simula.errors import StudentError
from simula.student import adapter
from simula.student.backbone import continued
from simula.student.data import Loader
from simula.student.hardware import Hardware, enough_memory, fits, most_memory
from simula.student.memory import memory
from simula.student.rows import Row
from simula.student.schedule import steps
from simula.student.settings import Shape, StudentSettings, TrainerSettings, TrainingSettings

SHAPE = Shape(hidden=192, intermediate=768, layers=3, queries=192, keys=96, vocabulary=500)
GPU = Hardware("cuda", 1, False, "sdpa", False, False)


def model() -> Any:
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        vocab_size=500,
        hidden_size=192,
        intermediate_size=768,
        num_hidden_layers=3,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=48,
    )
    return Gemma3ForCausalLM(config).bfloat16()


def test_a_shape_counts_every_matrix_of_the_model_and_of_its_adapter() -> None:
    tuned = adapter.adapted(model(), TrainingSettings().lora, seed=0)
    sizes = {name: weight.numel() for name, weight in tuned.named_parameters() if weight.dim() == 2}
    lora = sum(size for name, size in sizes.items() if "lora_" in name)
    assert SHAPE.adapter_parameters(16) == lora
    assert SHAPE.parameters == sum(sizes.values()) - lora


def test_what_is_kept_for_the_way_back_is_about_what_is_estimated() -> None:
    training = TrainingSettings(precision="bf16-mixed")
    student = StudentSettings.model_validate(
        {"name": "s", "weights": {"type": "hub", "id": "x"}, "dtype": "bfloat16", "shape": SHAPE}
    )
    estimated = memory(SHAPE, student, training, TrainerSettings())
    tuned = adapter.adapted(model(), training.lora, seed=0)
    own = {weight.untyped_storage().data_ptr() for weight in tuned.parameters()}
    kept: dict[int, int] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in own:
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    ids = torch.arange(256).reshape(2, 128)
    hooks = torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor)
    with hooks, torch.autocast("cpu", torch.bfloat16):
        hidden = continued(adapter.bare(tuned), ids[:1, :0], ids)
    assert hidden.requires_grad
    assert sum(kept.values()) / 256 == pytest.approx(estimated.token, rel=0.35)


@pytest.mark.parametrize(
    ("student", "billions", "adapter_millions"),
    [("gemma3_4b_pt", 3.880, 29.8), ("gemma3_1b_pt", 1.000, 13.0), ("gemma3_270m", 0.268, 3.8)],
)
def test_the_published_students(student: str, billions: float, adapter_millions: float) -> None:
    """Gemma 3's text halves, as the model cards and the meta device count them."""
    (cell,) = cells([f"student={student}"], sweep=False)
    shape = cell.config.student.shape
    assert shape is not None
    assert shape.parameters / 1e9 == pytest.approx(billions, abs=0.001)
    assert shape.adapter_parameters(16) / 1e6 == pytest.approx(adapter_millions, abs=0.1)


def test_methods_differ_as_they_should() -> None:
    def held(*overrides: str) -> float:
        (cell,) = cells(["student=gemma3_4b_pt", "training=paper", *overrides], sweep=False)
        config = cell.config
        assert config.student.shape is not None
        return memory(config.student.shape, config.student, config.training, config.trainer).at(4, 512) / 1e9

    assert held("training.method=qlora") < held() < held("training.method=full")
    assert held("trainer.gradient_checkpointing=true") < held()
    assert held("training.method=full", "training.optimizer=adamw") - held("training.method=full") > 30


@pytest.mark.parametrize("rows", [1, 7, 16, 17, 100])
@pytest.mark.parametrize("epochs", [0.1, 1, 2.5])
def test_the_plan_counts_the_loader_s_steps(rows: int, epochs: float) -> None:
    import numpy as np

    training = TrainingSettings(epochs=epochs)
    row = Row(np.array([1, 2, 3], np.int32), 2)
    assert steps(rows, training) == len(Loader([row] * rows, training, seed=0))


def test_a_gpu_too_small_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    (cell,) = cells(["student=gemma3_4b_pt", "training=paper"], sweep=False)
    config = cell.config
    monkeypatch.setattr(torch.cuda, "current_device", lambda: 0)
    small = SimpleNamespace(total_memory=6 * 2**30)
    monkeypatch.setattr(torch.cuda, "get_device_properties", lambda _: small)
    with pytest.raises(
        StudentError, match=r"lora holds 8\.0 GB without a row, and the GPU has 6\.4 GB; .*qlora"
    ):
        fits(config.student, config.training, GPU)
    fits(config.student, config.training.model_copy(update={"method": "qlora"}), GPU)


def test_a_full_gpu_is_one_sentence() -> None:
    full = torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB. GPU 0 has …")
    with (
        pytest.raises(
            StudentError, match=r"memory is full \(CUDA out of memory\): lower training\.micro_batch_size=16"
        ),
        enough_memory(TrainingSettings()),
    ):
        raise full


def test_memory_held_is_more_than_a_little() -> None:
    assert most_memory() > 10**8
