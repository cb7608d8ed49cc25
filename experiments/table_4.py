"""Table 4: the double critic on MMLU by level and language: accuracy and Elo of rejected and accepted."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.comparison import Compared, number, reference, table
from experiments.critic_results import counted, estimate, studied
from experiments.drawing import draw
from experiments.results import ONE_SET, found
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store
from simula.store.measured_sets import REAL

TITLE = "Table 4: the double critic on MMLU by level and language"
SWEEPS = (Sweep("assess", ("experiment=table_4",)),)


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's numbers beside those of the store's finished critic benches on Global MMLU."""
    benches = found(store, "critics", wanted)
    compared = []
    for line in reference("critic_mmlu.csv"):
        of = benches.get((f"global_mmlu_{line['language']}", REAL))
        study = studied(of, "level", line["level"])
        state = "missing" if of is None else of.state
        where = {"language": line["language"], "level": line["level"]}
        for part in ("rejected", "accepted"):
            for what, name in (("accuracy", part), ("elo", f"elo_{part}")):
                half = number(line[f"{part}_{what}_ci"])
                ours = estimate(of, study, "empirical", name)
                paper = number(line[f"{part}_{what}"])
                compared.append(
                    Compared(where, f"{what} of {part}", paper, paper_half=half, ours=ours, state=state)
                )
            paper = number(line[f"{part}_n"])
            compared.append(Compared(where, f"{part}", paper, ours=counted(of, study, part), state=state))
    accuracies, ratings = (
        [one for one in compared if one.what.startswith(what)] for what in ("accuracy", "elo")
    )
    counts = [one for one in compared if one.what in ("rejected", "accepted")]
    return Rendered(
        TITLE,
        (
            table("Accuracy (Table 4)", accuracies, 2),
            table("Elo (Table 4)", ratings, 0),
            table("Answers (Table 4)", counts, 0),
        ),
        tuple(compared),
        draw(accuracies, ("language", "measure"), "level", lambda _: "accuracy, share"),
        ("The paper's counts fit other subjects of MMLU than its text names.", ONE_SET),
    )
