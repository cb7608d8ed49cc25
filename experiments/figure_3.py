"""Figure 3: the double critic on MATH by level: expected and measured accuracy and rejection, Elo."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.comparison import Compared, number, reference, table
from experiments.critic_results import estimate, studied
from experiments.drawing import draw
from experiments.results import ONE_SET, found
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store
from simula.store.measured_sets import REAL

TITLE = "Figure 3: the double critic on MATH by level"
SWEEPS = (Sweep("assess", ("experiment=figure_3",)),)
_COLUMNS = {
    "a_baseline_acc": ("a: accuracy before", "controlled", "teacher_accuracy"),
    "a_expected_critic_acc": ("a: expected accuracy", "controlled", "accuracy"),
    "a_theoretical_rejection_pct": ("a: expected rejection", "controlled", "rejection"),
    "b_baseline_acc": ("b: accuracy before", "empirical", "before"),
    "b_accepted_acc": ("b: accuracy of accepted", "empirical", "accepted"),
    "b_empirical_rejection_pct": ("b: rejection", "empirical", "rejection"),
    "c_elo_accepted": ("c: Elo of accepted", "empirical", "elo_accepted"),
    "c_elo_rejected": ("c: Elo of rejected", "empirical", "elo_rejected"),
}
"""The paper's column to the measure's name, and where ours is."""


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's numbers beside those of the store's finished critic bench on MATH."""
    of = found(store, "critics", wanted).get(("math", REAL))
    compared = []
    for line in reference("critic_math.csv"):
        study = studied(of, "level", line["level"])
        for column, (what, part, name) in _COLUMNS.items():
            percent = not column.startswith("c_")
            paper = number(line[column])
            compared.append(
                Compared(
                    {"level": line["level"]},
                    what,
                    paper / 100 if percent and paper is not None else paper,
                    ours=estimate(of, study, part, name),
                    state="missing" if of is None else of.state,
                )
            )
    shares = [one for one in compared if not one.what.startswith("c")]
    ratings = [one for one in compared if one.what.startswith("c")]
    return Rendered(
        TITLE,
        (table("Accuracy and rejection (Figure 3 a, b)", shares), table("Elo (Figure 3 c)", ratings, 0)),
        tuple(compared),
        draw(compared, ("measure",), "level", lambda one: "Elo" if one.what.startswith("c") else "share"),
        ("The paper prints whole percents; Elo compares within one pool of items, not between two.", ONE_SET),
    )
