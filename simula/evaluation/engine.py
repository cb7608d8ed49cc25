"""A student examined: the answers to a benchmark's items, streamed to disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from simula.domain import Domain
from simula.evaluation.answer import Answer, limited
from simula.store.benchmarks import TestItem
from simula.student.adapter import tuned
from simula.student.answering import Marking, ask
from simula.student.settings import EvaluationSettings, StudentSettings
from simula.student.template import Template
from simula.student.weights import load


def answer_items(
    domain: Domain,
    items: Sequence[TestItem],
    student: StudentSettings,
    kept: Path | None,
    evaluation: EvaluationSettings,
    folder: Path,
    cache: Path,
    progress: Callable[[int, int], None],
) -> list[Answer]:
    """Ask a student every item; the answers are in the order of the items.

    Each batch is written to `folder/answers.jsonl` before the next is asked, so that an evaluation that
    was killed and is called again repeats one batch at most; one that is complete loads no model.

    Args:
        domain: how a question is put and an answer is read.
        items: the benchmark; ids must differ.
        student: the model.
        kept: folder of what its training kept; None: the untuned student.
        evaluation: how it is asked.
        folder: where the answers go.
        cache: folder for converted weights.
        progress: called with items answered and items in all.

    Raises:
        StudentError: weights that are missing, or what training should have kept.
    """
    asked = limited(items, evaluation.limit)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "answers.jsonl"
    known = _restored(path)
    missing = [item for item in asked if item.id not in known]
    if not missing:
        return [known[item.id] for item in asked]
    for answers in _answered(domain, missing, student, kept, evaluation, cache):
        with path.open("a", encoding="utf-8") as file:
            file.writelines(json.dumps(asdict(answer), ensure_ascii=False) + "\n" for answer in answers)
        known |= {answer.item: answer for answer in answers}
        progress(sum(item.id in known for item in asked), len(asked))
    return [known[item.id] for item in asked]


def _answered(
    domain: Domain,
    items: Sequence[TestItem],
    student: StudentSettings,
    kept: Path | None,
    evaluation: EvaluationSettings,
    cache: Path,
) -> Iterator[list[Answer]]:
    model, tokenizer = load(student, cache) if kept is None else tuned(student, kept, cache)
    if torch.cuda.is_available():
        model = model.cuda()
    template = Template(tokenizer, student.prompt)
    examples = [item.example for item in items]
    marking = Marking(evaluation.extraction, evaluation.choice, evaluation.choice_tokens)
    size, tokens = evaluation.batch_size, evaluation.max_new_tokens
    for batch in ask(domain, model, template, examples, size, tokens, marking):
        yield [
            Answer(
                items[said.index].id,
                said.prediction,
                said.right,
                said.text,
                said.logprobs,
                said.right_strict,
                said.right_lenient,
                said.right_logprob,
            )
            for said in batch
        ]


def _restored(path: Path) -> dict[str, Answer]:
    """The answers of an earlier call; a line that a kill cut off is taken from the file."""
    if not path.exists():
        return {}
    whole = path.read_bytes().rpartition(b"\n")[0]
    with path.open("r+b") as file:
        file.truncate(len(whole) + 1 if whole else 0)
    answers = (Answer(**json.loads(line)) for line in whole.splitlines())
    return {answer.item: answer for answer in answers}
