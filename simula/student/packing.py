"""Whether a student's architecture keeps packed rows apart, seen before the first step."""

from __future__ import annotations

from typing import Any

import lightning.pytorch as pl
import torch

from simula.errors import StudentError
from simula.student.adapter import bare
from simula.student.backbone import continued, logits, packed
from simula.student.module import StudentModule

_TOKENS = 8
"""Of each of the two rows that are compared."""
_ROUNDING, _HALF_ROUNDING = 1e-3, 0.1
"""Share of the largest score that is still rounding, in float32 and in bfloat16: over 34 layers of Gemma 3 in
bfloat16 it came to 0.014; rows that see each other were 0.5 to 1 apart."""


class Apart(pl.Callback):
    """Refuses to pack rows where they would see each other.

    Architectures that count places by themselves, or attend by them otherwise than a mask says, take packed
    rows for one, and say nothing. So on the device, with the attention that is trained with, two short
    rows are packed and held against each alone.
    """

    def on_train_start(self, trainer: pl.Trainer, module: pl.LightningModule) -> None:
        """Compare. Raises StudentError where more than rounding is between them."""
        assert isinstance(module, StudentModule)
        model = bare(module.model)
        module.model.eval()  # without dropout, and attending as in training: not the module's own `eval`
        with torch.no_grad(), trainer.precision_plugin.forward_context():
            apart = mixing(model)
        module.model.train()
        exact = model.dtype == torch.float32 and trainer.precision == "32-true"
        tolerance = _ROUNDING if exact else _HALF_ROUNDING
        if not apart <= tolerance:
            raise StudentError(
                f"{model.config.model_type} lets packed rows see each other: scores of two rows differ by "
                f"{apart:.2g} of the largest from those of each alone, and rounding explains {tolerance:g}; "
                "take trainer.packing=false"
            )


def mixing(model: Any) -> float:
    """How far scores of two packed rows are from those of each alone: a share of the largest of those."""
    size = model.get_input_embeddings().weight.shape[0]
    rows = torch.arange(2 * _TOKENS, device=model.device).mul(size // (2 * _TOKENS)).view(2, 1, _TOKENS)
    nothing = rows.new_zeros(1, 0)
    places = torch.arange(_TOKENS, device=model.device).repeat(2)[None]
    together = logits(model, packed(model, rows.view(1, -1), places)).view(2, _TOKENS, -1)
    alone = torch.cat([logits(model, continued(model, nothing, row)) for row in rows])
    return float((together - alone).abs().max() / alone.abs().max())
