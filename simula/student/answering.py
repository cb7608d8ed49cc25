"""What a student answers to examples: how probable each answer of a closed list is, and generated text."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from simula.domain import Domain, Example
from simula.student.backbone import common_prefix, read_prefix
from simula.student.choice import Answers, score
from simula.student.generation import generate
from simula.student.marking import Marking, Said, marked
from simula.student.template import Template

_TOKENS_ON_A_CPU = 512
"""Tokens scored at once on a CPU: with more, what layers hand on leaves its cache. Measured on 64 CWE
reports: 0.28 CPU seconds a report at 8 at once, 0.36 at 32, 0.56 at 64."""


_BY_SCORE = Marking()


def ask(
    domain: Domain,
    model: Any,
    template: Template,
    examples: Sequence[Example],
    batch_size: int,
    max_new_tokens: int,
    marking: Marking = _BY_SCORE,
) -> Iterator[list[Said]]:
    """Ask every example, a batch at a time, the longest first.

    Of a closed list every answer is scored, and `marking.choice_tokens` are generated as well. The batch size
    changes speed and memory only; answers agree up to the rounding of sums.
    """
    if not examples:
        return
    prompts = template.prompts([domain.question(example) for example in examples])
    # The last token of a prompt is never shared: its state predicts the answer.
    shared = common_prefix([np.array(prompt[:-1], np.int32) for prompt in prompts])
    prefix = read_prefix(model, shared)
    rest = [prompt[len(shared) :] for prompt in prompts]
    lists = [domain.task.answers(example) for example in examples]
    longest_first = sorted(range(len(examples)), key=lambda i: -len(rest[i]))
    closed = [i for i in longest_first if lists[i]]
    trees = {answers: Answers.of(template.answers(answers), template.end) for answers in {*lists} - {()}}
    tokens = {i: len(rest[i]) + len(trees[lists[i]].read) for i in closed}
    ends = _ends(model, template)
    at_once = _TOKENS_ON_A_CPU if model.device.type == "cpu" else sys.maxsize
    for batch in _cut(closed, batch_size, tokens, at_once):
        branches = [trees[lists[i]] for i in batch]
        scores, written = score(
            model, prefix, [rest[i] for i in batch], branches, ends, marking.choice_tokens
        )
        yield [
            marked(
                domain,
                examples[i],
                i,
                template.text(ids) if marking.choice_tokens else None,
                dict(zip(lists[i], row, strict=True)),
                marking,
            )
            for i, row, ids in zip(batch, scores, written, strict=True)
        ]
    opened = [i for i in longest_first if not lists[i]]
    for batch in (opened[first : first + batch_size] for first in range(0, len(opened), batch_size)):
        written = generate(model, prefix, [rest[i] for i in batch], ends, max_new_tokens)
        yield [
            marked(domain, examples[i], i, template.text(ids), None, marking)
            for i, ids in zip(batch, written, strict=True)
        ]


def _cut(
    longest_first: Sequence[int], size: int, tokens: Mapping[int, int], at_once: int
) -> Iterator[Sequence[int]]:
    """Batches of at most `size` rows and, padding included, `at_once` tokens."""
    first = 0
    while first < len(longest_first):
        rows = min(size, max(1, at_once // tokens[longest_first[first]]))
        yield longest_first[first : first + rows]
        first += rows


def _ends(model: Any, template: Template) -> set[int]:
    """The end of an answer in the template, and whatever else the model says it ends with."""
    given = model.generation_config.eos_token_id
    return {template.end, *(given if isinstance(given, list) else [given] if given is not None else [])}
