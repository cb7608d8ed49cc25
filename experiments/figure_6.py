"""Figures 6 and 11: accuracy by data size: five systems, five benchmarks, one in three languages."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.by_size import rendered
from experiments.comparison import reference
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figures 6 and 11: accuracy by data size"
SWEEPS = (Sweep("run", ("experiment=figure_6",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's curves beside those of the store's finished students."""
    lines = [line for line in reference("accuracy_by_size.csv") if line["figure"] in ("fig6", "fig11")]
    note = "The paper's numbers are read off the paths of its figures, ± 0.0005; it prints no table of them."
    return rendered(store, wanted, TITLE, "figure_6", "system", lines, (note,))
