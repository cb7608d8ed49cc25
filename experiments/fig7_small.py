"""Figure 7 scaled down: accuracy by complexity split, in the laboratory, on two CPU cores."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.small import Claim, rendered
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 7 scaled down: accuracy by complexity split in the laboratory"
SWEEPS = (Sweep("run", ("experiment=fig7_small",)),)
CLAIMS = (Claim("high", "low"), Claim("high", "mixed"))
SOURCE = (
    "The paper finds high above low on GSM8k, where its teacher answers 88 % right; on LEXam, where it"
    " answers 57 % right, it finds that only the low split helps. The findings below are GSM8k's."
)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The finished students, and whether the paper's findings are seen in them."""
    return rendered(store, wanted, TITLE, "fig7_small", "selection", CLAIMS, SOURCE)
