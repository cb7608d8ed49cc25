"""Figure 6 scaled down: accuracy by data size of two systems, in the laboratory, on two CPU cores."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.small import Claim, rendered
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 6 scaled down: accuracy by data size in the laboratory"
SWEEPS = (Sweep("run", ("experiment=fig6_small",)),)
CLAIMS = (Claim("full", "baseline"), Claim("full", "baseline", gains=True))
SOURCE = "The paper finds full best or tied almost everywhere, and that the baseline gains least by size."


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The finished students, and whether the paper's findings are seen in them."""
    return rendered(store, wanted, TITLE, "fig6_small", "system", CLAIMS, SOURCE)
