"""transformers in this process: batches of similar length, a shared beginning computed once."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from simula.domain import Example
from simula.evaluation.engines.port import Examinee, Keep
from simula.student.adapter import tuned
from simula.student.answering import ask
from simula.student.template import Template
from simula.student.weights import load


class Local:
    """Answers by the model itself, on a GPU where there is one."""

    def __init__(self, examinee: Examinee) -> None:
        """Prepare; nothing is loaded."""
        self._examinee = examinee

    def answer(self, examples: Sequence[Example], keep: Keep) -> None:
        """Load the student and ask it, a batch at a time."""
        one = self._examinee
        model, tokenizer = (
            load(one.student, one.cache) if one.kept is None else tuned(one.student, one.kept, one.cache)
        )
        if torch.cuda.is_available():
            model = model.cuda()
        template = Template(tokenizer, one.student.prompt)
        size, tokens = one.evaluation.batch_size, one.evaluation.max_new_tokens
        for batch in ask(one.domain, model, template, examples, size, tokens, one.marking):
            keep(batch)
