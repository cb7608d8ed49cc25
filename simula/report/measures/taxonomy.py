"""Taxonomies beside experts', in the form of the paper's Tables 2 and 3, and how sure the labels are."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

from simula.evaluation.taxonomies import SCORES
from simula.metrics.taxonomy_quality import LABELS
from simula.report.measures.shown import Measured, Shown
from simula.report.measures.taxonomy_figure import draw_quality
from simula.report.text_table import Line, TextTable

_SCORES = tuple(SCORES)
_NAMES = {"ours": "ours", "zero_shot": "zero-shot"}
_Score = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _Row:
    """One method on one taxonomy, labelled by one."""

    taxonomy: str
    kind: str | None
    method: str
    whom: str
    scores: Mapping[str, _Score]

    @property
    def name(self) -> str:
        """The method, and who labelled where it was a person."""
        named = _NAMES[self.method]
        return named if self.whom == "judge" else f"{named}, by a person"


def show_taxonomy(sets: Sequence[Measured]) -> Shown:
    """Means by kind, every taxonomy, its levels, what was labelled; a figure of the scores."""
    rows = [row for one in sets for row in _rows(one)]
    return Shown(
        tables=tuple(
            table
            for table in (_means(rows), _table(rows), _differences(sets), _levels(sets), _labels(sets))
            if table.lines
        ),
        drawing=draw_quality([(row.taxonomy, row.name, row.scores) for row in rows]),
        caption="Scores of taxonomies beside an expert's, with 95 % intervals over nodes",
        sentences=tuple(sentence for one in sets for sentence in _sentences(one)),
    )


def _rows(one: Measured) -> Iterator[_Row]:
    for whom, methods in one.manifest["scores"].items():
        for method, found in methods.items():
            yield _Row(one.name, one.manifest["expert"]["kind"], method, whom, found["all"])


def _means(rows: Sequence[_Row]) -> TextTable:
    """Table 2: the means over the taxonomies of each kind."""
    groups: dict[tuple[str, str], list[_Row]] = {}
    for row in rows:
        if row.kind:
            groups.setdefault((row.kind, row.name), []).append(row)
    lines = [
        Line(
            (kind, name, str(len(group)), *(_mean([row.scores[score] for row in group]) for score in _SCORES))
        )
        for (kind, name), group in sorted(groups.items(), key=lambda item: item[0][0])
    ]
    return TextTable(
        "Taxonomies beside experts', means by kind (Table 2)",
        ("kind", "method", "taxonomies", *_SCORES),
        tuple(lines),
        2,
        (
            "Mean of the taxonomies' scores, each weighing the same, with the 95 % interval over their nodes "
            "(half widths added in squares). It says nothing of other taxonomies.",
        ),
    )


def _mean(scores: Sequence[_Score]) -> str:
    if any(score["value"] is None for score in scores):
        return "–"
    value = fmean(score["value"] for score in scores)
    half = sum(((score["high"] - score["low"]) / 2) ** 2 for score in scores) ** 0.5 / len(scores)
    most = 1.0 if scores[0]["interval"] == "wilson" else float("inf")
    return _number({"value": value, "low": max(0.0, value - half), "high": min(most, value + half)})


def _table(rows: Sequence[_Row]) -> TextTable:
    """Table 3: every taxonomy and method."""
    lines = [
        Line((row.taxonomy, row.name, *(_number(row.scores[score]) for score in _SCORES))) for row in rows
    ]
    return TextTable(
        "Taxonomies beside experts' (Table 3)",
        ("taxonomy", "method", *_SCORES),
        tuple(lines),
        2,
        (
            "Completeness: overlapping by good nodes of the expert's. Soundness: good by all nodes of the "
            "tree. Novelty: good and exclusive nodes of the tree by good ones of the expert's. Coverage: "
            "completeness and novelty. The paper prints the last two for conceptual taxonomies alone.",
            "95 % intervals: Wilson's for the first two, percentiles of a bootstrap over nodes for the "
            "others. Nodes of one branch are not independent, so that they are rather too narrow.",
        ),
    )


def _differences(sets: Sequence[Measured]) -> TextTable:
    lines = [
        Line(
            (
                one.name,
                "judge" if whom == "judge" else "a person",
                *(_signed(found[score]) for score in _SCORES),
            )
        )
        for one in sets
        for whom, found in one.manifest["differences"].items()
        if found is not None
    ]
    return TextTable(
        "Ours minus zero-shot",
        ("taxonomy", "labelled by", *_SCORES),
        tuple(lines),
        2,
        ("95 % intervals by bootstrap; the expert's nodes are drawn with their labels beside both trees.",),
    )


def _levels(sets: Sequence[Measured]) -> TextTable:
    lines = [
        Line((row.taxonomy, row.name, str(level), *(_number(scores[score]) for score in _SCORES)))
        for one in sets
        for row in _rows(one)
        for level, scores in enumerate(one.manifest["scores"][row.whom][row.method]["levels"], start=1)
    ]
    return TextTable(
        "Scores by level",
        ("taxonomy", "method", "level", *_SCORES),
        tuple(lines),
        3,
        ("Nodes of the level, in both trees; a counterpart may stand on another level.",),
    )


def _labels(sets: Sequence[Measured]) -> TextTable:
    """How many nodes have each label, and whether matches are mutual."""
    lines = []
    for one in sets:
        for row in _rows(one):
            for tree, counts in (("expert", row.scores["expert"]), (row.method, row.scores["nodes"])):
                found = one.manifest["matches"][f"{row.method} {tree}"] if row.whom == "judge" else {}
                numbers = (
                    *(counts[label] for label in (*LABELS, "undecided")),
                    *(found.get(name, "") for name in ("mutual", "names_another", "not_overlapping")),
                )
                lines.append(Line((row.taxonomy, row.name, _NAMES.get(tree, tree), *map(str, numbers))))
    return TextTable(
        "Labels of nodes",
        (
            *("taxonomy", "method", "tree", "overlapping", "exclusive", "redundant", "bad", "undecided"),
            *("match mutual", "match with another", "match one-sided"),
        ),
        tuple(lines),
        3,
        (
            "Match: of the overlapping nodes, whether the node that they name overlaps with them, with "
            "another one, or is not called overlapping from its side. Undecided nodes are in no score.",
        ),
    )


def _sentences(one: Measured) -> Iterator[str]:
    """What should be known of how a taxonomy was labelled."""
    manifest, noise = one.manifest, one.manifest["noise"]
    if manifest["judge_is_writer"] and "judge" in manifest["scores"]:
        yield f"{one.name}: the judge is the teacher that wrote the trees; teacher@judge=… names another."
    if noise["disagreement"] is not None:
        yield (
            f"{one.name}: two labels of one node by the judge differ in {100 * noise['disagreement']:.1f} % "
            f"of all pairs; {noise['unanimous']} of {noise['nodes']} nodes have one label only."
        )
    if (person := manifest["person"]) is not None:
        found = person["agreement"]
        agreed = (
            "" if found["share"] is None else f"; the judge agrees on {100 * found['share']:.1f} % of them"
        )
        kappa = "" if found["kappa"] is None else f", Cohen's κ {found['kappa']:.2f}"
        yield f"{one.name}: a person labelled {person['labelled']} of {person['of']} nodes{agreed}{kappa}."
    if (lost := manifest["zero_shot_tree"]["lost"]) is not None:
        yield f"{one.name}: no tree of one call: {lost} (assessment.taxonomy.zero_shot_tokens may help)."
    counted: dict[str, int] = {}
    for counts in manifest["judging"].values():
        for what, count in counts.items():
            counted[what] = counted.get(what, 0) + count
    if told := ", ".join(f"{what} {count:,}" for what, count in counted.items() if count):
        yield f"{one.name}: {told}."


def _number(score: _Score) -> str:
    if score["value"] is None:
        return "–"
    return f"{score['value']:.3f} [{score['low']:.2f}, {score['high']:.2f}]"


def _signed(score: _Score) -> str:
    if score["value"] is None:
        return "–"
    return f"{score['value']:+.3f} [{score['low']:+.2f}, {score['high']:+.2f}]"
