"""Figure 4: (a) global and (b) local distance, (c) level-ratio coverage: real data and five systems."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.comparison import Compared, Ours, number, reference, table
from experiments.drawing import draw
from experiments.results import ONE_SET, Found, found
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Figure 4: diversity and coverage of real data and of five systems"
SWEEPS = (
    Sweep("assess", ("experiment=figure_4",)),
    Sweep("assess", ("experiment=figure_4", "system=full", "assessment.dataset=benchmark")),
)
"""Of the systems' rows, and of the real data."""


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's numbers beside those of the store's finished cells."""
    diversity, coverage = (found(store, measure, wanted) for measure in ("diversity", "coverage"))
    distances = [
        _compared(
            {"domain": line["domain"], "system": line["system"]},
            f"{line['scope']} distance",
            number(line["mean_cosine_distance"]),
            diversity.get((line["domain"], line["system"])),
            f"{line['scope']} distance (",
        )
        for line in reference("diversity.csv")
    ]
    levels = [
        _compared(
            {"domain": line["domain"], "system": line["system"], "level": line["level"]},
            "coverage",
            number(line["coverage"]),
            coverage.get((line["domain"], line["system"])),
            f"coverage level {line['level']}, assigned",
        )
        for line in reference("level_ratio_coverage.csv")
    ]
    return Rendered(
        TITLE,
        (
            table("Mean cosine distance (Figure 4 a, b)", distances),
            table("Level-ratio coverage (Figure 4 c)", levels),
        ),
        (*distances, *levels),
        draw([*distances, *levels], ("measure", "domain", "level"), "system", _unit),
        (
            "The paper's distances are of Gecko embeddings and only CTI-MCQ's axes are labelled; distances by"
            " another embedding compare between systems, not with the paper's. Level 0 holds the factors.",
            ONE_SET,
        ),
    )


def _unit(one: Compared) -> str:
    return "share of nodes" if one.what == "coverage" else "cosine distance"


def _compared(
    where: Mapping[str, str], what: str, paper: float | None, of: Found | None, begins: str
) -> Compared:
    """The measure whose name begins so, with its interval."""
    if of is None or of.state != "done":
        return Compared(where, what, paper, state="missing" if of is None else of.state)
    name = next((name for name in of.manifest["measures"] if name.startswith(begins)), None)
    if name is None:
        return Compared(where, what, paper)
    low, high = of.manifest["intervals"].get(name, (None, None))
    return Compared(where, what, paper, ours=Ours(of.manifest["measures"][name], low, high, of.on))
