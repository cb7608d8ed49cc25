"""The student as a Lightning module: the loss of its answers, the optimiser, what is checkpointed."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any, Self

import lightning.pytorch as pl
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR

from simula.draws import entropy
from simula.errors import StudentError
from simula.student.adapter import bare
from simula.student.backbone import continued, packed
from simula.student.data import IGNORED, Batch, Part
from simula.student.hardware import most_memory
from simula.student.loss import summed_cross_entropy
from simula.student.optimizer import optimizer
from simula.student.ranks import summed
from simula.student.schedule import rate, warmup
from simula.student.settings import TrainingSettings


class StudentModule(pl.LightningModule):
    """Trains an adapter on the answers of rows.

    One Lightning batch is one step of the optimiser, whatever number of parts it is computed in: the
    loss is the mean over all supervised tokens of the batch, not a mean of the parts' means.
    """

    automatic_optimization = False
    strict_loading = False  # checkpoints hold the adapter alone

    def __init__(
        self,
        model: Any,
        training: TrainingSettings,
        steps: int,
        seed: int,
        log: Callable[[Mapping[str, float]], None],
        attention: str = "sdpa",
    ) -> None:
        """`steps` is the length of the whole run; `log` is called after each with what was measured.

        `attention` is transformers' name of the implementation to train with.
        """
        super().__init__()
        self.model = model
        self._training = training
        self._steps = steps
        self._seed = seed
        self._log = log
        self._attention = attention
        self.train()
        self.recent_losses: list[float] = []
        """Loss of each of the last 20 steps, in nats a supervised token."""
        self.tokens = 0
        """Tokens of all rows seen so far, repeats included."""

    def training_step(self, batch: Batch, index: int) -> None:
        """One step: gradients of all parts, clipped, applied."""
        began = time.perf_counter()
        # Dropout draws from its step's own stream, so that a resumed run draws the same.
        torch.manual_seed(entropy(self._seed, "dropout", self.global_step, self.global_rank))
        stepping: Any = self.optimizers()
        mean = torch.zeros((), device=self.device)
        for part in batch.parts:
            part_loss = self.loss(batch.prefix, part) / batch.supervised
            self.manual_backward(part_loss)
            mean += part_loss.detach()
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        if self.trainer.world_size > 1:
            # Each process divided by the tokens of all, so the sum is the mean over all tokens.
            summed([*(weight.grad for weight in trained if weight.grad is not None), mean])
        loss = float(mean)
        norm = torch.nn.utils.clip_grad_norm_(trained, self._training.clip)
        if not math.isfinite(norm):
            raise StudentError(
                f"the gradient of step {self.global_step + 1} is {float(norm)} (loss {loss:g}): lower "
                f"training.learning_rate={self._training.learning_rate:g}"
            )
        stepping.step()
        stepping.zero_grad(set_to_none=True)
        scheduler: Any = self.lr_schedulers()
        used = scheduler.get_last_lr()[0]
        scheduler.step()
        self.recent_losses = [*self.recent_losses[-19:], loss]
        self.tokens += batch.tokens
        self._log(
            {
                "train/step": self.global_step,
                "train/loss": loss,
                "train/learning_rate": used,
                "train/gradient_norm": float(norm),
                "train/tokens_per_second": batch.tokens / (time.perf_counter() - began),
                "train/memory_gb": most_memory() / 1e9,
            }
        )

    def loss(self, prefix: Tensor, part: Part) -> Tensor:
        """The sum of the cross-entropies of the supervised tokens."""
        model = bare(self.model)
        supervised = part.labels != IGNORED
        # Only these positions are projected: with 262,144 tokens the others would fill the memory.
        if part.positions is None:
            hidden = continued(model, prefix, part.ids)
        else:
            hidden = packed(model, part.ids, part.positions)
        return summed_cross_entropy(model, hidden[supervised], part.labels[supervised])

    def train(self, mode: bool = True) -> Self:
        """Attend as training does, or, to be asked, as masks allow."""
        bare(self.model).set_attn_implementation(self._attention if mode else "sdpa")
        return super().train(mode)

    def configure_optimizers(self) -> Any:
        """The optimiser over the adapter, and the rate of each step."""
        rising = warmup(self._steps, self._training)
        trained = [weight for weight in self.model.parameters() if weight.requires_grad]
        stepping = optimizer(trained, self._training)
        scheduler = LambdaLR(stepping, lambda step: rate(step, self._steps, rising))
        return {"optimizer": stepping, "lr_scheduler": scheduler}

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Leave the frozen weights out: they are where they came from."""
        trained = {f"model.{name}" for name, weight in self.model.named_parameters() if weight.requires_grad}
        checkpoint["state_dict"] = {
            name: value for name, value in checkpoint["state_dict"].items() if name in trained
        }
        checkpoint["recent_losses"], checkpoint["tokens"] = self.recent_losses, self.tokens

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Restore what is not a weight."""
        self.recent_losses, self.tokens = checkpoint["recent_losses"], checkpoint["tokens"]
