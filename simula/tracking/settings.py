"""Whether and where the stages of a run are tracked."""

from __future__ import annotations

from typing import Literal

from simula.settings import Settings, incidental


class Tracking(Settings):
    """Tracking by Weights & Biases; no field is part of any artifact's identity.

    Keys are never settings: the client reads WANDB_API_KEY from the environment.
    """

    mode: Literal["auto", "online", "offline", "disabled"] = incidental("auto")
    """`auto`: online where WANDB_API_KEY is set, else offline, for `simula track sync`. `disabled`: free."""
    project: str = incidental("simula", min_length=1)
    """W&B project; the runs of one experiment are one group in it."""
    entity: str = incidental("")
    """W&B user or team; empty: the key's default."""
    artifacts: Literal["references", "files", "none"] = incidental("references")
    """What W&B holds of taxonomies, data sets, adapters, evaluations and measures, each with what it was made
    from: where its files are, the files themselves, or nothing. Whole models are never uploaded."""
    largest_file_mb: float = incidental(50.0, gt=0)
    """With `artifacts=files`: a larger file is only referred to, and counted (MB of 10^6 bytes)."""
