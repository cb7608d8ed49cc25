"""vLLM in this process, with the student's adapter.

Written by vLLM's documentation (`LLM`, `SamplingParams`, `LoRARequest`, `RequestOutput`) and tested with a
stand-in of these signatures. It was never run with vLLM itself, which could not be installed where this was
written.
"""

from __future__ import annotations

import gc
import json
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from transformers import AutoConfig, GenerationConfig

from simula.domain import Example
from simula.errors import StudentError
from simula.evaluation.engines.port import Examinee, Keep
from simula.installed import package_folder
from simula.student.choice import Answers
from simula.student.marking import Said, marked
from simula.student.merging import write_adapter
from simula.student.template import Template
from simula.student.weights import NO_CODE, source, tokenizer

_RANKS = (8, 16, 32, 64, 128, 256, 320, 512)
"""What vLLM takes as `max_lora_rank`."""


def check() -> None:
    """Raises StudentError where vLLM is not installed; imports nothing."""
    if not package_folder("vllm"):
        raise StudentError(
            "evaluation.engine=vllm: the package vllm is not installed here (pip install vllm, on Linux with "
            "a GPU); evaluation.engine=transformers asks the same student without it"
        )


class Vllm:
    """Answers by vLLM. Log-probabilities of a closed list are those of its tokens, read after the prompt."""

    def __init__(self, examinee: Examinee) -> None:
        """Raises StudentError where vLLM is not installed."""
        check()
        self._examinee = examinee

    def answer(self, examples: Sequence[Example], keep: Keep) -> None:
        """Load the student and ask it, a batch at a time; the memory is given back in the end."""
        one = self._examinee
        template = Template(tokenizer(one.student, one.cache), one.student.prompt)
        prompts = template.prompts([one.domain.question(example) for example in examples])
        lists = [one.domain.task.answers(example) for example in examples]
        trees = {answers: Answers.of(template.answers(answers), template.end) for answers in {*lists} - {()}}
        scored = max((len(tokens) for tree in trees.values() for tokens in tree.tokens), default=0)
        longest = max(scored, one.evaluation.max_new_tokens, one.evaluation.choice_tokens)
        with TemporaryDirectory() as folder:
            asking = _Asking(one, template, max(map(len, prompts)) + longest + 1, Path(folder))
            for first in range(0, len(examples), size := one.evaluation.batch_size):
                batch = range(first, min(first + size, len(examples)))
                trees_here = [trees.get(lists[i]) for i in batch]
                found = asking.batch([prompts[i] for i in batch], trees_here)
                keep([self._said(examples[i], i, *each) for i, each in zip(batch, found, strict=True)])
            del asking
            gc.collect()

    def _said(self, example: Example, index: int, text: str | None, scores: list[float] | None) -> Said:
        domain = self._examinee.domain
        by_answer = None if scores is None else dict(zip(domain.task.answers(example), scores, strict=True))
        return marked(domain, example, index, text, by_answer, self._examinee.marking)


class _Asking:
    """A loaded engine, and what is asked of it in one call."""

    def __init__(self, examinee: Examinee, template: Template, longest: int, folder: Path) -> None:
        """Load the student.

        Args:
            examinee: the student.
            template: of its prompts.
            longest: tokens of a prompt and what follows it, at most.
            folder: for the adapter under the names of the published model.
        """
        vllm = import_module("vllm")
        student, kept = examinee.student, examinee.kept
        self._template, self._evaluation = template, examinee.evaluation
        self._params, self._lora = vllm.SamplingParams, None
        options: dict[str, Any] = {}
        where, revision = source(student, examinee.cache)
        self._ends = sorted({template.end, *_model_ends(where, revision)})
        if kept is not None and (kept / "adapter_config.json").exists():
            rank = json.loads((kept / "adapter_config.json").read_text())["r"]
            write_adapter(student, kept, folder / "adapter")
            request = import_module("vllm.lora.request").LoRARequest
            self._lora = request("student", 1, str(folder / "adapter"))
            options = {"enable_lora": True, "max_lora_rank": min(r for r in _RANKS if r >= rank)}
        elif kept is not None and (kept / "config.json").exists():
            where, options = str(kept), {"tokenizer": where, "tokenizer_revision": revision}
            revision = None
        elif kept is not None:
            raise StudentError(f"there is no tuned student in {kept}: train it first")
        self._llm = vllm.LLM(
            model=where,
            revision=revision,
            dtype=student.dtype,
            max_model_len=longest,
            enable_prefix_caching=True,
            # The model's own sampling defaults, such as a repetition penalty, would change greedy answers.
            generation_config="vllm",
            load_format="safetensors",
            **NO_CODE,
            **options,
        )

    def batch(
        self, prompts: Sequence[Sequence[int]], trees: Sequence[Answers | None]
    ) -> list[tuple[str | None, list[float] | None]]:
        """The text and the scores of each prompt; None for what is not asked for."""
        asked: list[list[int]] = []
        params: list[Any] = []
        for prompt, tree in zip(prompts, trees, strict=True):
            if tokens := self._evaluation.choice_tokens if tree else self._evaluation.max_new_tokens:
                asked.append([*prompt])
                params.append(self._greedy(max_tokens=tokens, stop_token_ids=self._ends))
            for answer in tree.tokens if tree else ():
                asked.append([*prompt, *answer])
                params.append(self._greedy(max_tokens=1, prompt_logprobs=1))
        outputs = iter(
            self._llm.generate(
                [{"prompt_token_ids": ids} for ids in asked],
                params,
                use_tqdm=False,
                lora_request=self._lora,
            )
        )
        found: list[tuple[str | None, list[float] | None]] = []
        for prompt, tree in zip(prompts, trees, strict=True):
            generated = self._evaluation.choice_tokens if tree else self._evaluation.max_new_tokens
            text = self._text(next(outputs)) if generated else None
            scores = [_score(next(outputs), len(prompt), answer) for answer in tree.tokens] if tree else None
            found.append((text, scores))
        return found

    def _greedy(self, **options: Any) -> Any:
        return self._params(temperature=0.0, detokenize=False, **options)

    def _text(self, output: Any) -> str:
        ids = list(output.outputs[0].token_ids)
        # The token that ended it is the last one.
        return self._template.text(ids[:-1] if ids and ids[-1] in self._ends else ids)


def _score(output: Any, prompt: int, answer: Sequence[int]) -> float:
    """The sum over an answer's tokens; place 0 of a prompt has no probability."""
    places = output.prompt_logprobs[prompt : prompt + len(answer)]
    return float(sum(place[token].logprob for place, token in zip(places, answer, strict=True)))


def _model_ends(where: str, revision: str | None) -> list[int]:
    """The tokens that the model itself says it ends with."""
    try:
        said = GenerationConfig.from_pretrained(where, revision=revision or "main")
    except OSError:
        config = AutoConfig.from_pretrained(where, revision=revision, **NO_CODE)
        said = GenerationConfig.from_model_config(config)
    given = said.eos_token_id
    return [] if given is None else given if isinstance(given, list) else [given]
