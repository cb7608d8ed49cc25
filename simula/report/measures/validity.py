"""Do scores say what people say? One line a schedule and score (Table 5)."""

from __future__ import annotations

from collections.abc import Sequence

from simula.metrics.ranged import shown
from simula.report.measures.shown import Measured, Shown
from simula.report.measures.validity_figure import NAMES, draw_validity
from simula.report.text_table import Line, TextTable

_NUMBERS = ("nmi", "nmi_by_chance", "ari", "ari_by_chance", "auc")


def show_validity(sets: Sequence[Measured]) -> Shown:
    """One table a set, and the grid of all sets as a figure."""
    caption = (
        "Agreement of scores with human levels (NMI, ARI) and with the scorer's own mistakes (AUC), by items "
        "scored beside one another and batches an item is in; 95 % intervals over the items. Grey: what "
        "chance gives, the middle 95 % under permuted levels, and an AUC of 0.5."
    )
    return Shown(tuple(_table(one) for one in sets), draw_validity(sets), caption)


def _table(one: Measured) -> TextTable:
    said = one.manifest
    columns = (
        *("batch size", "appearances", "score", "items"),
        *("NMI", "NMI by chance", "ARI", "ARI by chance", "AUC"),
    )
    lines = tuple(
        Line(
            (
                str(cell["batch_size"]),
                str(cell["appearances"]),
                NAMES[cell["score"]],
                f"{cell['points']:,}",
                *(shown(cell.get(number), 2) for number in _NUMBERS),
            )
        )
        for cell in said["grid"]
    )
    right = "nobody knows its answers" if said["right"] is None else f"it answers {said['right']:,} rightly"
    notes = [
        f"{said['points']:,} items of {said['levels']} human levels, scored by {said['scorer']}; {right}. "
        "KMeans on the scores against the levels. NMI is above 0 even where scores say nothing, and so is "
        "its interval: by chance is what permuted levels give, the mean and the middle 95 %; a number among "
        "those says nothing. AUC of a logistic regression of being right on the score, fitted on these "
        "items, so never below 0.5: that high scores go with right answers is not in it."
    ]
    if said["points_without_level"] or said["batches_left_out"]:
        notes.append(
            f"{said['points_without_level']} points without a level are left out; {said['batches_left_out']} "
            f"of {said['batches']} batches could not be read."
        )
    return TextTable(f"Validity of {said['attribute']}, {one.name}", columns, lines, 3, tuple(notes))
