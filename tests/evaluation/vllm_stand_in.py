"""A module with vLLM's documented signatures, which computes by transformers, one prompt at a time."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from simula.student.adapter import merged

MADE: list[LLM] = []
"""Engines in the order in which they were made."""


@dataclass
class Logprob:
    logprob: float
    rank: int | None = None
    decoded_token: str | None = None


@dataclass
class SamplingParams:
    """Of vLLM's the fields that are used."""

    temperature: float = 1.0
    max_tokens: int | None = 16
    stop_token_ids: list[int] | None = None
    prompt_logprobs: int | None = None
    detokenize: bool = True
    repetition_penalty: float = 1.0


@dataclass
class LoRARequest:
    lora_name: str
    lora_int_id: int
    lora_path: str = ""


@dataclass
class CompletionOutput:
    index: int
    text: str
    token_ids: Sequence[int]


@dataclass
class RequestOutput:
    prompt_token_ids: list[int]
    prompt_logprobs: list[dict[int, Logprob] | None] | None
    outputs: list[CompletionOutput] = field(default_factory=list)
    finished: bool = True


class LLM:
    """Engine arguments as vLLM names them; an unknown one is an error, as there."""

    def __init__(
        self,
        model: str,
        *,
        tokenizer: str | None = None,
        revision: str | None = None,
        tokenizer_revision: str | None = None,
        dtype: str = "auto",
        max_model_len: int | None = None,
        enable_prefix_caching: bool | None = None,
        generation_config: str = "auto",
        enable_lora: bool = False,
        max_lora_rank: int = 16,
        load_format: str = "auto",
        trust_remote_code: bool = False,
    ) -> None:
        # By itself vLLM would load a pickle as well.
        assert (load_format, trust_remote_code) == ("safetensors", False)
        self._model: Any = AutoModelForCausalLM.from_pretrained(model, dtype=getattr(torch, dtype)).eval()
        self.longest = max_model_len or 0
        self._lora = enable_lora
        self.rank = max_lora_rank
        self.calls: list[int] = []
        MADE.append(self)

    def generate(
        self,
        prompts: Sequence[dict[str, Any]],
        sampling_params: Sequence[SamplingParams],
        *,
        use_tqdm: bool = True,
        lora_request: LoRARequest | None = None,
    ) -> list[RequestOutput]:
        assert len(prompts) == len(sampling_params)
        self.calls.append(len(prompts))
        if lora_request is not None and self._lora:
            self._model, self._lora = merged(self._model, Path(lora_request.lora_path)), False
        return [
            self._one(prompt["prompt_token_ids"], params)
            for prompt, params in zip(prompts, sampling_params, strict=True)
        ]

    @torch.no_grad()
    def _one(self, prompt: list[int], params: SamplingParams) -> RequestOutput:
        assert params.temperature == 0
        tokens = params.max_tokens or 0
        assert len(prompt) + tokens <= self.longest
        written: list[int] = []
        while len(written) < tokens and not {*written} & {*(params.stop_token_ids or [])}:
            scores = self._model(input_ids=torch.tensor([prompt + written])).logits[0, -1]
            written.append(int(scores.argmax()))
        told: list[dict[int, Logprob] | None] | None = None
        if params.prompt_logprobs is not None:
            logs = self._model(input_ids=torch.tensor([prompt])).logits[0].log_softmax(-1)
            told = [None]
            for place, token in enumerate(prompt[1:]):
                best = int(logs[place].argmax())
                told.append({one: Logprob(float(logs[place, one])) for one in (best, token)})
        return RequestOutput(prompt, told, [CompletionOutput(0, "", tuple(written))])


def install(patch: pytest.MonkeyPatch) -> None:
    """As if vLLM were installed."""
    vllm, lora, request = (ModuleType(name) for name in ("vllm", "vllm.lora", "vllm.lora.request"))
    vllm.__spec__ = ModuleSpec("vllm", None, origin=__file__)
    vllm.__dict__.update(LLM=LLM, SamplingParams=SamplingParams)
    request.__dict__.update(LoRARequest=LoRARequest)
    for module in (vllm, lora, request):
        patch.setitem(sys.modules, module.__name__, module)
    patch.setattr(sys.modules[__name__], "MADE", [])
