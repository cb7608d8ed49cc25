"""A causal model in two halves, so that only what is needed is computed.

Questions of one domain begin alike (system turn, instructions, a closed list). That beginning is
computed once and its keys and values serve every row. The projection to the vocabulary, which costs
most of the memory, is computed only where a token is predicted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor
from transformers import DynamicCache


def common_prefix(sequences: Sequence[npt.NDArray[np.int32]]) -> npt.NDArray[np.int32]:
    """The tokens with which all sequences begin."""
    prefix = sequences[0]
    for sequence in sequences:
        shorter = min(len(prefix), len(sequence))
        differ = np.flatnonzero(prefix[:shorter] != sequence[:shorter])
        prefix = prefix[: differ[0] if differ.size else shorter]
    return prefix


def continued(model: Any, prefix: Tensor, ids: Tensor) -> Tensor:
    """Hidden states of rows that continue one prefix; gradients reach the prefix too.

    Args:
        model: a causal model of transformers.
        prefix: [1, p] token numbers, p may be 0.
        ids: [rows, n] token numbers after the prefix, padded on the right.

    Returns:
        [rows, n, hidden], after the last norm.
    """
    if not prefix.shape[1]:
        return _hidden(model, ids, use_cache=False)
    cache = DynamicCache()
    _hidden(model, prefix, cache=cache, use_cache=True)
    cache.batch_repeat_interleave(len(ids))
    return _hidden(model, ids, cache=cache, use_cache=True)


def packed(model: Any, ids: Tensor, positions: Tensor) -> Tensor:
    """Hidden states of rows that stand one after the other, each of which sees itself alone.

    Flash attention computes nothing between rows; SDPA computes it and masks it.

    Args:
        model: a causal model of transformers.
        ids: [1, tokens] token numbers of all rows.
        positions: [1, tokens] place of each token in its own row; it begins anew at 0 with each.

    Returns:
        [1, tokens, hidden], after the last norm.
    """
    options: dict[str, Any] = {}
    if "flash" in model.config._attn_implementation:
        first = torch.nonzero(positions[0] == 0).flatten()
        bounds = torch.cat([first, first.new_tensor([ids.shape[1]])]).int()
        longest = int(positions.max()) + 1
        options = {"cu_seq_lens_q": bounds, "cu_seq_lens_k": bounds}
        options |= {"max_length_q": longest, "max_length_k": longest}
    # With a cache, transformers would take the rows for one and let each see those before it.
    return _hidden(model, ids, position_ids=positions, use_cache=False, **options)


def logits(model: Any, hidden: Tensor) -> Tensor:
    """Float32 scores over the vocabulary, as the model itself makes them: [..., hidden] to [..., vocabulary].

    What architectures do after the projection is known by its settings; `load` holds it against the model.
    """
    scores: Tensor = model.get_output_embeddings()(hidden).float()
    config = model.config
    if (scale := getattr(config, "logit_scale", None)) is not None:  # Cohere
        scores = scores * scale
    if (scaling := getattr(config, "logits_scaling", None)) is not None:
        # Granite divides, HyperCLOVA X multiplies by the number of the same name.
        scores = scores * (scaling if config.model_type == "hyperclovax" else 1 / scaling)
    cap = getattr(config, "final_logit_softcapping", None)  # Gemma 2
    return scores if cap is None else torch.tanh(scores / cap) * cap


def disagreement(model: Any) -> float:
    """How far `logits` is from the model's own, on a few tokens: a share of the largest of those.

    Only rounding may be left; more means that the model does something else after its last norm.
    """
    size = model.get_input_embeddings().weight.shape[0]
    ids = torch.arange(0, size, max(1, size // 4), device=model.device)[None]
    states: list[Tensor] = []

    def kept(module: Any, given: Any, output: Any) -> None:
        states.append(output.last_hidden_state)

    hook = model.base_model.register_forward_hook(kept)
    try:
        with torch.no_grad():
            own = model(input_ids=ids, use_cache=False).logits.float()
    finally:
        hook.remove()
    with torch.no_grad():
        # Some models call a part of their base instead of the whole; only they are computed twice.
        ours = logits(model, states[0] if states else _hidden(model, ids, use_cache=False))
        return float((own - ours).abs().max() / own.abs().max())


class Passage:
    """Rows being read by a model, token after token, over a shared prefix.

    Every token has its own position and sees exactly what it is told to see: a row can be padded, and
    can branch into several continuations that do not see each other.
    """

    def __init__(self, model: Any, prefix: DynamicCache, rows: int) -> None:
        """`prefix` comes from `read` and stays as it is."""
        self._model = model
        self._cache = DynamicCache()
        for layer, (keys, values, *_) in enumerate(prefix):
            wide = (rows, *keys.shape[1:])
            self._cache.update(keys.expand(wide), values.expand(wide), layer)
        length = prefix.get_seq_length()
        self._positions = torch.arange(length, device=model.device).expand(rows, length)

    def read(self, ids: Tensor, positions: Tensor, visible: Tensor) -> Tensor:
        """Read further tokens of every row.

        Args:
            ids: [rows, n] token numbers.
            positions: [rows, n] place of each token after the tokens that it sees.
            visible: [rows, n, seen + n]; whether a token sees each token read so far, itself included.

        Returns:
            Hidden states [rows, n, hidden].
        """
        self._positions = torch.cat([self._positions, positions], dim=1)
        distance = positions[:, :, None] - self._positions[:, None, :]
        return _hidden(
            self._model,
            ids,
            position_ids=positions,
            attention_mask=_masks(self._model.config, visible, distance),
            cache=self._cache,
            use_cache=True,
        )

    def keep(self, rows: Tensor) -> None:
        """Go on with these rows alone: [kept] indices."""
        self._cache.batch_select_indices(rows)
        self._positions = self._positions[rows]


@torch.no_grad()
def read_prefix(model: Any, ids: npt.NDArray[np.int32]) -> DynamicCache:
    """Keys and values of a prefix, for any number of passages."""
    cache = DynamicCache()
    if len(ids):
        tokens = torch.from_numpy(ids.astype(np.int64))[None].to(model.device)
        _hidden(model, tokens, cache=cache, use_cache=True)
    return cache


def _hidden(model: Any, ids: Tensor, **options: Any) -> Tensor:
    hidden: Tensor = model.base_model(input_ids=ids, **options).last_hidden_state
    return hidden


def _masks(config: Any, visible: Tensor, distance: Tensor) -> Tensor | dict[str, Tensor]:
    """Masks [rows, 1, n, seen + n] in the form that this architecture takes."""
    full = visible[:, None]
    window = getattr(config, "sliding_window", None)
    near = full if window is None else (visible & (distance < window))[:, None]
    if "sliding_attention" in (getattr(config, "layer_types", None) or ()):
        return {"full_attention": full, "sliding_attention": near}
    # Without layer types a window, where there is one, holds for all layers.
    return full if getattr(config, "layer_types", None) else near
