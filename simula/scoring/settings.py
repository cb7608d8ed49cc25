"""How items are scored and rated."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from simula.settings import Settings, incidental

LOWEST, HIGHEST = 1, 100
"""The raw scale, inferred from the paper's figures."""


class EloSettings(Settings):
    """From scores to ratings (Section 3.3)."""

    start: float = 400.0
    """Every item's rating before its first comparison: 400, inferred."""
    k_factor: float = Field(32.0, gt=0)
    """Points that change hands at most in one comparison: 32, inferred from Figure 10."""
    scale: float = Field(400.0, gt=0)
    """Difference of ratings at which the odds are 10 to 1. The paper is silent: 400, as in chess."""


class ScoringSettings(Settings):
    """Calibrated scores of an attribute (Section 3.3): the paper's is complexity."""

    attribute: str = Field("complexity", min_length=1)
    """What is scored, as prompts and tables name it."""
    guidance: str = Field(
        "how much knowledge, how many steps and how much care a right answer takes", min_length=1
    )
    """What the attribute means, for the teacher. The paper is silent: ours."""
    batch_size: int = Field(5, ge=1)
    """BS, items scored beside one another in one call: 5, paper."""
    appearances: int = Field(5, ge=1)
    """K, batches that an item is in: 5, paper. From 1 no connected schedule can be made."""
    elo: EloSettings = EloSettings()
    """From the scores of the batches to one rating an item; start and scale are also Bradley and Terry's."""
    method: Literal["elo", "bradley_terry"] = "elo"
    """The rating that selections go by: online Elo as in the paper, which depends on the batches' order, or
    Bradley and Terry's by maximum likelihood, which does not and has intervals. Measures state both."""
    resamples: int = Field(200, ge=2)
    """Resamples of the batches for the intervals of Bradley and Terry's ratings. The paper has none: ours."""
    concurrency: int = incidental(64, ge=1)
    """Batches asked for at once."""

    def identity(self) -> dict[str, Any]:
        """What decides the ratings that selections go by; of a method that is not chosen nothing appears."""
        said = super().identity()
        if self.method == "elo":
            del said["method"], said["resamples"]
        return said
