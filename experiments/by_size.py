"""What Figures 6, 7, 11, 12 and 13 have in common: accuracy by data size, beside the paper's curves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from experiments.accuracies import against_paper
from experiments.comparison import table
from experiments.curves import draw_curves
from experiments.writing import Rendered
from simula.store.artifacts import Store


def rendered(
    store: Store,
    wanted: Mapping[str, str],
    title: str,
    experiment: str,
    axis: str,
    lines: Sequence[Mapping[str, str]],
    notes: tuple[str, ...],
) -> Rendered:
    """The paper's curves beside those of the store's finished students, a table a domain.

    Args:
        store: where results are.
        wanted: axis to value: other cells are left out.
        title: of the item.
        experiment: whose cells are taken.
        axis: what a curve is of, such as system.
        lines: the paper's numbers.
        notes: what a reader should know.
    """
    compared = against_paper(store, wanted, experiment, axis, lines)
    tables = tuple(
        table(f"Accuracy on {domain}", [one for one in compared if one.where["domain"] == domain])
        for domain in dict.fromkeys(line["domain"] for line in lines)
    )
    return Rendered(title, tables, compared, draw_curves(compared, axis), notes)
