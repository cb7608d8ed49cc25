"""Table 5: agreement of scores with human levels (NMI, ARI) and with what the model gets right (AUC)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from experiments.comparison import Compared, Ours, number, reference, table
from experiments.drawing import draw
from experiments.results import ONE_SET, Found, found
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store
from simula.store.measured_sets import REAL

TITLE = "Table 5: agreement of complexity scores with human levels and with the model's own mistakes"
SWEEPS = (Sweep("assess", ("experiment=table_5",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's numbers beside those of the store's finished validity grids on Global MMLU."""
    grids = found(store, "validity", wanted)
    compared = []
    for line in reference("complexity_validity_mmlu.csv"):
        of = grids.get((f"global_mmlu_{line['language']}", REAL))
        where = {name: line[name] for name in ("language", "batch_size", "appearances")}
        entry = _entry(of, where)
        compared += [
            Compared(
                where,
                name.upper(),
                number(line[name]),
                ours=_ours(of, entry, name),
                state="missing" if of is None else of.state,
            )
            for name in ("nmi", "ari", "auc")
        ]
    return Rendered(
        TITLE,
        (table(TITLE, compared, 2),),
        tuple(compared),
        draw(compared, ("language", "measure"), "batch_size", lambda _: "agreement"),
        (
            "The paper does not say whether its scores are raw or calibrated: ours are Elo, and raw for"
            " batches of one.",
            ONE_SET,
        ),
    )


def _entry(of: Found | None, where: Mapping[str, str]) -> Mapping[str, Any] | None:
    if of is None or of.state != "done":
        return None
    score = "raw" if where["batch_size"] == "1" else "elo"
    place = (int(where["batch_size"]), int(where["appearances"]), score)
    keys = ("batch_size", "appearances", "score")
    return next((one for one in of.manifest["grid"] if tuple(one[key] for key in keys) == place), None)


def _ours(of: Found | None, entry: Mapping[str, Any] | None, name: str) -> Ours | None:
    if of is None or entry is None or entry[name] is None:
        return None
    value, low, high = entry[name]
    on = f"{of.manifest['set']}: {entry['points']:,} items, scored by {of.manifest['scorer']}"
    return Ours(value, low, high, on)
