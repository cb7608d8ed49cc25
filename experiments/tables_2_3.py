"""Tables 2 and 3: taxonomies beside an expert's: four scores, of ours and of one from a single call.

docs/expert_taxonomies.md says which of the paper's six are here, and how the others are loaded.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import fmean

from experiments.comparison import Compared, Ours, State, number, reference, table
from experiments.drawing import draw
from experiments.results import ONE_SET, Found, measured
from experiments.sweeps import Sweep
from experiments.writing import Rendered
from simula.store.artifacts import Store

TITLE = "Tables 2 and 3: taxonomies beside an expert's"
SWEEPS = (Sweep("assess", ("experiment=taxonomy_quality", "teacher=gemini_flash")),)
_SCORES = ("completeness", "soundness", "novelty", "coverage")
_METHODS = {"simula": "ours", "zero_shot": "zero_shot"}
_EXPERTS = {"logical_fallacies": "fallacies"}
"""The paper's name to ours, where they differ."""


def render(store: Store, wanted: Mapping[str, str]) -> Rendered:
    """The paper's numbers beside those of the store's finished measures."""
    known = list(measured(store, "taxonomy", wanted))
    # An expert's name begins the key.
    states = {one.folder.name.rpartition("-")[0]: one.state for one in known}
    by_expert = {one.manifest["set"]: one for one in known if one.manifest}
    lines = reference("taxonomy_quality.csv")
    single = [one for line in lines if line["table"] == "3" for one in _of_one(line, by_expert, states)]
    means = [one for line in lines if line["table"] == "2" for one in _of_kind(line, by_expert)]
    return Rendered(
        TITLE,
        (table("Means by kind (Table 2)", means, 2), table("Each expert taxonomy (Table 3)", single, 2)),
        (*means, *single),
        draw(single, ("measure", "method"), "taxonomy", lambda _: "score"),
        (
            "Our expert taxonomies are our own writing of public facts and not the paper's documents: scores"
            " compare methods on one expert taxonomy, not ours with the paper's.",
            ONE_SET,
        ),
    )


def _of_one(
    line: Mapping[str, str], by_expert: Mapping[str, Found], states: Mapping[str, State]
) -> list[Compared]:
    name = _EXPERTS.get(line["taxonomy"], line["taxonomy"])
    of, state = by_expert.get(name), states.get(name, "missing")
    where = {"taxonomy": line["taxonomy"], "method": line["method"]}
    return [
        Compared(where, score, paper, ours=_ours(of, line["method"], score), state=state)
        for score in _SCORES
        if (paper := number(line[score])) is not None
    ]


def _of_kind(line: Mapping[str, str], by_expert: Mapping[str, Found]) -> list[Compared]:
    members = [one for one in by_expert.values() if one.manifest["expert"]["kind"] == line["kind"]]
    where = {"kind": line["kind"], "method": line["method"]}
    return [
        Compared(where, score, paper, ours=_mean(members, line["method"], score))
        for score in _SCORES
        if (paper := number(line[score])) is not None
    ]


def _ours(of: Found | None, method: str, score: str) -> Ours | None:
    if of is None:
        return None
    scores = next(iter(of.manifest["scores"].values()))
    said = scores.get(_METHODS[method], {}).get("all", {}).get(score)
    if said is None or said["value"] is None:
        return None
    return Ours(said["value"], said["low"], said["high"], f"judge {of.manifest['judge']}")


def _mean(members: Sequence[Found], method: str, score: str) -> Ours | None:
    """Over the experts of a kind; without an interval, as there are at most three."""
    values = [ours.value for one in members if (ours := _ours(one, method, score)) is not None]
    return Ours(fmean(values), on=f"mean of {len(values)} expert taxonomies") if values else None
