"""Figure 12: accuracy by data size with another optimiser, Muon, on CTI-MCQ."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.robustness import rendered
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 12: accuracy by data size with another optimiser, Muon"
SWEEPS = (Sweep("run", ("experiment=figure_12",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's curves beside those of the store's finished students."""
    return rendered(store, wanted, TITLE, "figure_12", "fig12")
