"""Figure 7: accuracy by complexity split: the lowest and the highest 40 % of each node's rows, and a mix."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.by_size import rendered
from experiments.comparison import reference
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 7: accuracy by complexity split and data size"
SWEEPS = (Sweep("run", ("experiment=figure_7",)),)
SPLITS = {"low": "low", "high": "high", "all": "mixed"}
"""The paper's name of a split to that of our selection."""


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's curves beside those of the store's finished students."""
    lines = [line | {"selection": SPLITS[line["split"]]} for line in reference("accuracy_by_complexity.csv")]
    notes = (
        "mixed is the paper's all: as many rows, half from the low ones, half from the high ones.",
        "Our sizes count the rows before the split, of which 40 % are trained on; the paper does not say"
        " which it means.",
    )
    return rendered(store, wanted, TITLE, "figure_7", "selection", lines, notes)
