"""A folder of somebody else's embedding model: numbers are read of it, and no pickle."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file

from simula.embedding.local import Local
from simula.embedding.settings import LocalEmbedding
from simula.errors import TeacherUnavailable


def test_a_pickle_is_no_weights(tmp_path: Path, tokenizer: Any) -> None:
    from transformers import BertConfig, BertModel

    sizes = {"hidden_size": 8, "intermediate_size": 8, "num_hidden_layers": 1, "num_attention_heads": 1}
    BertModel(BertConfig(vocab_size=300, **sizes)).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    settings = LocalEmbedding(model="theirs", folder=tmp_path)
    Local(settings)
    weights = load_file(tmp_path / "model.safetensors")
    (tmp_path / "model.safetensors").unlink()
    torch.save(weights, tmp_path / "pytorch_model.bin")
    with pytest.raises(TeacherUnavailable, match=r"cannot be loaded: .*model\.safetensors"):
        Local(settings)
