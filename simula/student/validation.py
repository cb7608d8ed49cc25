"""Validation during training: the student's answers to held-out synthetic rows."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

import lightning.pytorch as pl
import torch

from simula.domain import Domain, Example
from simula.durable import write_json
from simula.student import adapter
from simula.student.answering import ask
from simula.student.module import StudentModule
from simula.student.preemption import Notice
from simula.student.ranks import Place, summed
from simula.student.selection import still_possible
from simula.student.template import Template

_ALONE = Place()
_NEVER = Notice(None)

ACCURACIES = "validations.json"
"""What a run has validated so far, beside its checkpoints."""


class Validation(pl.Callback):
    """After given steps: asks the student the held-out examples, and stores the adapter as it is.

    It runs between two steps instead of in Lightning's validation loop, whose restart in the middle of a
    pass can skip a validation. It comes after the checkpoint of its step, and a run that goes on from there
    begins with it. What was validated is on disk and is not validated again by a run that goes
    on from an earlier step; of the adapters only those are kept that can still be chosen.
    """

    def __init__(
        self,
        accuracy: Callable[[StudentModule], float],
        steps: Collection[int],
        folder: Path,
        log: Callable[[Mapping[str, float]], None],
    ) -> None:
        """`accuracy` measures; adapters go to `folder`; `log` gets each accuracy."""
        self._accuracy = accuracy
        self._steps = steps
        self._folder = folder
        self._log = log
        self._file = folder / ACCURACIES
        self.accuracies: dict[int, float] = {}
        """Validation accuracy after each step that was validated."""
        if self._file.exists():
            known = json.loads(self._file.read_text())
            self.accuracies = {int(step): value for step, value in known.items()}

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Validate where the run before ended in, or right before, the validation of its step."""
        self._validate(trainer, module)

    def on_train_batch_end(self, trainer: pl.Trainer, module: pl.LightningModule, *_: Any) -> None:
        """Validate where this step asks for it."""
        self._validate(trainer, module)

    def _validate(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        assert isinstance(module, StudentModule)
        step = trainer.global_step
        if step not in self._steps or step in self.accuracies:
            return
        if trainer.is_global_zero:
            adapter.save(module.model, self.adapter(step))
        self.accuracies[step] = self._accuracy(module)
        if not trainer.is_global_zero:
            return
        write_json(self._file, self.accuracies)
        self._log({"validation/step": step, "validation/accuracy": self.accuracies[step]})
        for other in self.accuracies.keys() - still_possible(self.accuracies):
            shutil.rmtree(self.adapter(other), ignore_errors=True)

    def adapter(self, step: int) -> Path:
        """Where the adapter of a validated step is."""
        return self._folder / f"step-{step}"


def answer_accuracy(
    domain: Domain,
    template: Template,
    examples: Sequence[Example],
    batch_size: int,
    place: Place = _ALONE,
    notice: Notice = _NEVER,
) -> Callable[[StudentModule], float]:
    """What measures a student in training: its share of right answers to `examples`.

    Of several processes each asks its share of them. It can take longer than the notice that a job is
    given, so where that comes it ends there: the run goes on from the checkpoint before, with the validation.
    """
    answers = template.answers([domain.answer(example) for example in examples])
    # A right answer is no longer than the longest one; room is left for other ways to put it.
    new_tokens = 16 + max((len(answer) for answer in answers), default=0)

    def accuracy(module: StudentModule) -> float:
        model = adapter.bare(module.model)
        module.eval()
        mine = examples[place.rank :: place.ranks]
        said = ask(domain, model, template, mine, batch_size, new_tokens)
        right = torch.zeros(())
        for batch in said:
            notice.pass_on()
            right += sum(answer.right for answer in batch)
        if place.ranks > 1:
            summed([right := right.to(module.device)])
        module.train()
        return right.item() / len(examples)

    return accuracy
