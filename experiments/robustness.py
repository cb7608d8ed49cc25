"""What Figures 12 and 13 have in common, in the paper all of their numbers."""

from __future__ import annotations

from collections.abc import Mapping

from experiments import by_size
from experiments.comparison import reference
from experiments.writing import Rendered
from simula.store.artifacts import Store

DOUBT = (
    "The paper shows the same curves in Figures 12 and 13, with another optimiser and another teacher: at"
    " least one of them does not show what it says, and it does not tell which. A difference from ours may"
    " be theirs."
)


def rendered(store: Store, wanted: Mapping[str, str], title: str, experiment: str, figure: str) -> Rendered:
    """The paper's curves beside those of the store's finished students.

    Args:
        store: where results are.
        wanted: axis to value: other cells are left out.
        title: of the item.
        experiment: whose cells are taken.
        figure: as the reference file names it.
    """
    lines = [line for line in reference("accuracy_by_size.csv") if line["figure"] == figure]
    return by_size.rendered(store, wanted, title, experiment, "system", lines, (DOUBT,))
