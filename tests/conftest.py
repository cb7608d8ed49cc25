"""Tiny random students of the real architectures, stored as folders of the hub's form."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from simula.student.settings import HubWeights, StudentSettings

GEMMA_TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else message['role'] }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n{% endfor %}"
    "{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)
"""What Gemma 3's own template renders for text turns without a system turn."""

TINY = {
    "vocab_size": 264,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 8,
    "bos_token_id": 256,
    "eos_token_id": 257,
    "pad_token_id": 257,
    "initializer_range": 0.3,
}


@pytest.fixture(scope="session")
def one_thread() -> None:
    """Tiny matrices are slower on several threads, and far slower on a busy machine."""
    import torch

    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def tokenizer(one_thread: None) -> Any:
    """One token a byte, and Gemma's special tokens and template."""
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    plain = Tokenizer(models.BPE(vocab={letter: i for i, letter in enumerate(alphabet)}, merges=[]))
    plain.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    plain.decoder = decoders.ByteLevel()
    special = ["<bos>", "<eos>", "<start_of_turn>", "<end_of_turn>"]
    plain.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    return PreTrainedTokenizerFast(
        tokenizer_object=plain, bos_token="<bos>", eos_token="<eos>", chat_template=GEMMA_TEMPLATE
    )


@pytest.fixture(scope="session")
def tiny_text() -> dict[str, Any]:
    """The shape of every tiny student, as configurations take it."""
    return dict(TINY)


@pytest.fixture(scope="session")
def tiny_gemma(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> StudentSettings:
    """Gemma 3's text model; its sliding window of 8 tokens is shorter than any prompt."""
    from transformers import Gemma3ForCausalLM, Gemma3TextConfig

    config = Gemma3TextConfig(
        **TINY, layer_types=["sliding_attention", "full_attention"], sliding_window=8, query_pre_attn_scalar=8
    )
    return _stored(Gemma3ForCausalLM, config, tokenizer, tmp_path_factory.mktemp("gemma"))


@pytest.fixture(scope="session")
def tiny_llama(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> StudentSettings:
    """Llama's architecture, the embedded student's."""
    from transformers import LlamaConfig, LlamaForCausalLM

    return _stored(LlamaForCausalLM, LlamaConfig(**TINY), tokenizer, tmp_path_factory.mktemp("llama"))


@pytest.fixture(scope="session")
def tiny_multimodal(tmp_path_factory: pytest.TempPathFactory, tokenizer: Any) -> Path:
    """Gemma 3 with its vision tower, under the names that the hub's files use."""
    import torch
    from safetensors.torch import load_file
    from transformers import Gemma3Config, Gemma3ForConditionalGeneration

    folder = tmp_path_factory.mktemp("multimodal")
    vision = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = Gemma3Config(
        text_config=TINY | {"layer_types": ["sliding_attention", "full_attention"], "sliding_window": 8},
        vision_config=vision | {"image_size": 28, "patch_size": 14},
        mm_tokens_per_image=4,
    )
    with torch.random.fork_rng():
        torch.manual_seed(0)
        Gemma3ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    names = load_file(folder / "model.safetensors")
    assert "language_model.model.layers.0.self_attn.q_proj.weight" in names
    return folder


def _stored(kind: Any, config: Any, tokenizer: Any, folder: Path) -> StudentSettings:
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(0)
        kind(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return StudentSettings(name=folder.name, weights=HubWeights(id=str(folder)))
