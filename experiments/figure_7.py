"""Figure 7: accuracy by complexity split: the lowest and the highest 40 % of each node's rows, and a mix."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.accuracies import against_paper
from experiments.comparison import reference, table
from experiments.curves import draw_curves
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
    compared = against_paper(store, wanted, "figure_7", "selection", lines)
    domains = dict.fromkeys(line["domain"] for line in lines)
    return Rendered(
        TITLE,
        tuple(
            table(f"Accuracy on {domain}", [one for one in compared if one.where["domain"] == domain])
            for domain in domains
        ),
        compared,
        draw_curves(compared, "selection"),
        (
            "mixed is the paper's all: as many rows, half from the low ones, half from the high ones.",
            "Our sizes count the rows before the split, of which 40 % are trained on; the paper does not say"
            " which it means.",
        ),
    )
