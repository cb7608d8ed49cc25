"""Figure 13: accuracy by data size with a teacher of another family, Qwen3-Next-80B-Instruct, on CTI-MCQ."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.robustness import rendered
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 13: accuracy by data size with a teacher of another family, Qwen3-Next-80B-Instruct"
SWEEPS = (Sweep("run", ("experiment=figure_13",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's curves beside those of the store's finished students."""
    return rendered(store, wanted, TITLE, "figure_13", "fig13")
