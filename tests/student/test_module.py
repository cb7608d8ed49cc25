"""What a step computes, whatever it is cut into."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from quiz import QUIZ
from torch.nn import functional

from simula.domain import Domain, Example, Number
from simula.student import adapter
from simula.student.adapter import bare
from simula.student.backbone import continued, logits, packed
from simula.student.data import Layout, Loader
from simula.student.module import StudentModule
from simula.student.rows import Row, tokenized
from simula.student.settings import Lora, StudentSettings, TrainingSettings
from simula.student.template import Template
from simula.student.training import train
from simula.student.weights import load

EXAMPLES = [
    Example(question=f"{'Which ' * (i % 3)}{i}?", options=(str(i), "no"), answer="AB"[i % 2])
    for i in range(8)
]


@pytest.fixture(params=["tiny_llama", "tiny_gemma"])
def student(request: pytest.FixtureRequest) -> StudentSettings:
    chosen: StudentSettings = request.getfixturevalue(request.param)
    return chosen


def prepared(student: StudentSettings, tmp_path: Path, training: TrainingSettings) -> tuple[Any, list[Row]]:
    model, tokenizer = load(student, tmp_path)
    rows = tokenized(QUIZ, EXAMPLES, Template(tokenizer, "chat"), training).rows
    tuned = adapter.adapted(model, training.lora, seed=5)
    # A fresh adapter changes nothing, so half of its gradients would be zero.
    with torch.no_grad(), torch.random.fork_rng():
        torch.manual_seed(1)
        for name, weight in tuned.named_parameters():
            if "lora_B" in name:
                weight.normal_(std=0.1)
    return tuned, list(rows)


def gradients(
    student: StudentSettings, tmp_path: Path, micro: int, layout: Layout | None = None
) -> tuple[float, list[torch.Tensor]]:
    training = TrainingSettings(batch_size=8, micro_batch_size=micro)
    tuned, rows = prepared(student, tmp_path, training)
    [batch] = Loader(rows, training, seed=0, layout=layout)
    module = StudentModule(tuned, training, 1, 0, log=lambda _: None)
    loss = sum(module.loss(batch.prefix, part) / batch.supervised for part in batch.parts)
    assert isinstance(loss, torch.Tensor)
    loss.backward()
    return float(loss.detach()), [weight.grad for weight in tuned.parameters() if weight.grad is not None]


def test_eight_rows_equal_four_times_two(student: StudentSettings, tmp_path: Path) -> None:
    whole, cut = gradients(student, tmp_path, 8), gradients(student, tmp_path, 2)
    assert cut[0] == pytest.approx(whole[0], rel=1e-5)
    assert len(whole[1]) == len(cut[1]) == 2 * 7 * 2
    for a, b in zip(whole[1], cut[1], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("micro", [8, 3])
def test_packed_rows_equal_separate_ones(student: StudentSettings, tmp_path: Path, micro: int) -> None:
    """Also where the sliding window of 8 tokens reaches over the border of a row."""
    packed = gradients(student, tmp_path, micro, Layout(packed=True))
    alone = gradients(student, tmp_path, 1, Layout(shared_prefix=False))
    assert packed[0] == pytest.approx(alone[0], rel=1e-5)
    for a, b in zip(packed[1], alone[1], strict=True):
        torch.testing.assert_close(a, b, rtol=1e-3, atol=1e-5)


def test_packed_states_are_those_of_each_row_alone(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    tuned, rows = prepared(tiny_gemma, tmp_path, TrainingSettings())
    [batch] = Loader(rows, TrainingSettings(), seed=0, layout=Layout(packed=True))
    [part] = batch.parts
    assert part.positions is not None
    assert part.ids.shape == part.labels.shape == part.positions.shape == (1, sum(len(r.ids) for r in rows))
    model, first = bare(tuned), torch.nonzero(part.positions[0] == 0).flatten().tolist()
    with torch.no_grad():
        together = packed(model, part.ids, part.positions)[0]
        for begin, end in pairwise([*first, part.ids.shape[1]]):
            alone = continued(model, torch.zeros(1, 0, dtype=torch.long), part.ids[:, begin:end])[0]
            torch.testing.assert_close(together[begin:end], alone, rtol=1e-5, atol=1e-5)


def test_steps_do_not_depend_on_how_they_are_cut(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    """Answers of unequal length: a mean of the parts' means would be another loss."""
    sums = Domain(name="sums", description="Sums.", task=Number(), instructions="Add.")
    examples = [Example(question=f"{i} + 1?", reasoning="so " * (i * i), answer=str(i + 1)) for i in range(8)]
    logs: dict[int, list[Mapping[str, float]]] = {2: [], 8: []}
    for micro, log in logs.items():
        training = TrainingSettings(batch_size=8, micro_batch_size=micro, epochs=3)
        folder = tmp_path / str(micro)
        train(sums, examples, tiny_llama, training, 0, folder, folder, log.append, lambda *_: None)
    for name in ("train/loss", "train/gradient_norm"):
        values = [[measured[name] for measured in log] for log in logs.values()]
        assert len(values[0]) == 3
        assert values[0] == pytest.approx(values[1], rel=1e-4)


def test_the_loss_is_that_of_each_row_alone(student: StudentSettings, tmp_path: Path) -> None:
    """No prefix, no padding, no choice of positions: the model's own logits, row by row."""
    training = TrainingSettings()
    tuned, rows = prepared(student, tmp_path, training)
    total = torch.zeros(())
    for row in rows:
        ids = torch.from_numpy(row.ids).long()
        scores = tuned(ids[None]).logits[0, row.start - 1 : -1]
        total = total + functional.cross_entropy(scores, ids[row.start :], reduction="sum")
    [batch] = Loader(rows, training, seed=0)
    module = StudentModule(tuned, training, 1, 0, log=lambda _: None)
    assert batch.prefix.shape[1] > 8, "these rows begin alike"
    torch.testing.assert_close(module.loss(batch.prefix, batch.parts[0]), total, rtol=1e-5, atol=1e-5)


def test_projected_states_are_the_models_own_logits(tiny_gemma: StudentSettings, tmp_path: Path) -> None:
    model, _ = load(tiny_gemma, tmp_path)
    model.config.final_logit_softcapping = 2.0
    ids = torch.arange(20)[None]
    with torch.no_grad():
        whole = model(ids).logits
        assert float(whole.abs().max()) <= 2.0
        torch.testing.assert_close(logits(model, model.model(ids).last_hidden_state), whole)


@pytest.mark.filterwarnings("ignore:`is_gradient_checkpointing` is deprecated:FutureWarning")  # peft 0.21
def test_an_adapter_is_the_same_after_storing(student: StudentSettings, tmp_path: Path) -> None:
    """Saved here, loaded by peft alone and by the evaluation: the same logits."""
    from peft import PeftModel

    training = TrainingSettings(lora=Lora(rank=4, alpha=8))
    tuned, rows = prepared(student, tmp_path, training)
    ids = torch.from_numpy(rows[0].ids).long()[None]
    with torch.no_grad():
        expected = tuned.eval()(ids).logits
        adapter.save(tuned, tmp_path / "adapter")
        untuned, _ = load(student, tmp_path)
        assert float((untuned(ids).logits - expected).abs().max()) > 0.01
        torch.testing.assert_close(adapter.merged(untuned, tmp_path / "adapter")(ids).logits, expected)
        plain, _ = load(student, tmp_path)
        torch.testing.assert_close(
            PeftModel.from_pretrained(plain, tmp_path / "adapter")(ids).logits, expected
        )
    assert {path.name for path in (tmp_path / "adapter").iterdir()} >= {"adapter_model.safetensors"}


def test_nothing_but_the_language_layers_is_adapted(student: StudentSettings, tmp_path: Path) -> None:
    tuned, _ = prepared(student, tmp_path, TrainingSettings())
    trained = {name for name, weight in tuned.named_parameters() if weight.requires_grad}
    assert trained
    assert all(".layers." in name and ".lora_" in name for name in trained)


def test_a_step_reports_what_it_did(tiny_llama: StudentSettings, tmp_path: Path) -> None:
    logged: list[Mapping[str, float]] = []
    training = TrainingSettings(batch_size=4, optimizer="adamw", learning_rate=0.01, warmup_min=0, epochs=10)
    train(QUIZ, EXAMPLES, tiny_llama, training, 0, tmp_path, tmp_path, logged.append, lambda *_: None)
    assert [measured["train/step"] for measured in logged] == list(range(1, 21))
    assert logged[-1]["train/loss"] < logged[0]["train/loss"] / 2
    assert max(measured["train/learning_rate"] for measured in logged) == pytest.approx(0.01)
    assert all(measured["train/gradient_norm"] > 0 for measured in logged)
