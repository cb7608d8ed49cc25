"""Critics side by side: what they accept, what can be expected of them, what they really filter."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simula.evaluation.critics import CRITICS
from simula.report.measures.critics_figure import Curve, draw_critics
from simula.report.measures.shown import Measured, Shown
from simula.report.text_table import Line, TextTable
from simula.stages.measures.critics import STUDIES

_ASKS: Mapping[str, str] = {"correct": "correct?", "incorrect": "incorrect?", "double": "both"}
_PREFERRED = ("level", "complexity third")
"""What the figure's axis is, where the points have it: the paper's levels, else thirds by Elo."""
_EXPLAINED = (
    "Right and corrupted accepted: p(y), the specificity, and p(y_corrupt), one minus the sensitivity to what"
    " is wrong, over questions of which the critic decided on both answers; 95 % Wilson intervals, as all"
    " shares.",
    "Expected: with the writer's accuracy μ, A = μ·p(y) + (1−μ)·p(y_corrupt) is accepted, and μ·p(y)/A of it"
    " is right; the middle 95 % over draws of the questions' four counts (Dirichlet, 1/4 added to each) and"
    " of μ (Beta, 1/2 added).",
    "Measured: the writer's own answers to the same questions.",
)


@dataclass(frozen=True, slots=True)
class _Critic:
    """One critic on one set."""

    name: str
    """Its model; beside it the set and the writer where they are not those of all."""
    studies: tuple[Mapping[str, Any], ...]
    """By group of questions, all of them first."""

    def of(self, by: str) -> list[Mapping[str, Any]]:
        """The groups of one kind, in the order of their names; thirds from low to high."""
        order = {"low": 0, "middle": 1, "high": 2}
        found = [study for study in self.studies if study["by"] == by]
        return sorted(found, key=lambda study: (order.get(study["name"], 0), study["name"]))


def show_critics(sets: Sequence[Measured]) -> Shown:
    """Tables by critic, by group of questions and by contradiction, and the paper's Figure 3."""
    critics = [_Critic(name, _studies(one)) for name, one in zip(_names(sets), sets, strict=True)]
    kinds = list(dict.fromkeys(study["by"] for critic in critics for study in critic.studies))
    tables = [_overall(critics, _common(sets))]
    if kinds[1:]:
        tables += [_by_group(critics, kinds[1:]), _left_and_rejected(critics, kinds[1:])]
    tables.append(_contradictions(critics, kinds))
    by = next((kind for kind in _PREFERRED if kind in kinds), "all")
    drawing = draw_critics([Curve(critic.name, critic.of(by)) for critic in critics], by)
    caption = (
        f"The double critic{'' if by == 'all' else f' by {by}'}: (a) expected from right and corrupted"
        " answers, (b) measured on the writer's own answers, (c) mean Elo of the questions whose own answers"
        f" were accepted and rejected; 95 % intervals. {_common(sets)}"
    )
    taken = dict.fromkeys(str(one.manifest["set"]) for one in sets if not one.manifest["answers_known"])
    sentences = [
        f"{name}: the answers of its rows are taken for right, since critics accepted them; nobody knows it."
        for name in taken
    ]
    return Shown(tuple(tables), drawing, caption, tuple(sentences))


def _studies(one: Measured) -> tuple[Mapping[str, Any], ...]:
    return tuple(json.loads((one.folder / STUDIES).read_text(encoding="utf-8")))


_TOLD_BY = ("critic", "set", "teacher")


def _names(sets: Sequence[Measured]) -> list[str]:
    """The critics' models, with what else tells them apart."""
    told = [name for name in _TOLD_BY if name == "critic" or len({one.manifest[name] for one in sets}) > 1]
    names = [", ".join(str(one.manifest[name]) for name in told) for one in sets]
    return [
        name if names.count(name) == 1 else f"{name} ({one.folder.name})"
        for name, one in zip(names, sets, strict=True)
    ]


def _common(sets: Sequence[Measured]) -> str:
    """What all of them were computed on."""
    said = {name: " and ".join(dict.fromkeys(str(one.manifest[name]) for one in sets)) for name in _TOLD_BY}
    return f"Set: {said['set']}; writer: {said['teacher']}."


def _overall(critics: Sequence[_Critic], common: str) -> TextTable:
    lines = [
        Line((critic.name, _ASKS[asked], *_rates(critic.studies[0], asked)))
        for critic in critics
        for asked in CRITICS
    ]
    return TextTable("Critics", ("critic", "asks", *_RATES), tuple(lines), 2, (common, *_EXPLAINED))


def _by_group(critics: Sequence[_Critic], kinds: Sequence[str]) -> TextTable:
    lines = [
        Line((critic.name, name, *_rates(study, "double"))) for critic, name, study in _groups(critics, kinds)
    ]
    return TextTable("The double critic by group", ("critic", "questions", *_RATES), tuple(lines), 2)


def _groups(
    critics: Sequence[_Critic], kinds: Sequence[str]
) -> Iterator[tuple[_Critic, str, Mapping[str, Any]]]:
    """Critic, name of the group, study: kind by kind, so that critics of one group stand together."""
    for by in kinds:
        for name in dict.fromkeys(study["name"] for critic in critics for study in critic.of(by)):
            for critic in critics:
                for study in critic.of(by):
                    if study["name"] == name:
                        yield critic, name if by == "all" else f"{by}: {name}", study


_RATES = (
    "pairs",
    "right accepted,\u00a0%",
    "corrupted accepted,\u00a0%",
    "writer right,\u00a0%",
    "expected accuracy,\u00a0%",
    "expected rejection,\u00a0%",
    "answers",
    "accuracy before,\u00a0%",
    "accuracy after,\u00a0%",
    "rejected,\u00a0%",
    "undecided",
)


def _rates(study: Mapping[str, Any], asked: str) -> Iterator[str]:
    known, filtered = study["critics"][asked]["controlled"], study["critics"][asked]["empirical"]
    yield f"{known['pairs']:,}"
    for name in ("right_accepted", "corrupted_accepted", "teacher_accuracy", "accuracy", "rejection"):
        yield _percent(known[name])
    yield f"{filtered['answers']:,}"
    for name in ("before", "accepted", "rejection"):
        yield _percent(filtered[name])
    yield f"{known['undecided']} + {filtered['undecided']}"


def _left_and_rejected(critics: Sequence[_Critic], kinds: Sequence[str]) -> TextTable:
    """As the paper's Table 4."""
    lines = []
    for critic, name, study in _groups(critics, kinds):
        found = study["critics"]["double"]["empirical"]
        cells = (
            cell
            for kind in ("rejected", "accepted")
            for cell in (_percent(found[kind]), _elo(found[f"elo_{kind}"]), f"{found[kind]['of']:,}")
        )
        caught = (_percent(found["wrong_refused"]), _percent(found["right_accepted"]))
        lines.append(Line((critic.name, name, *cells, *caught)))
    columns = (
        *("critic", "questions", "rejected right,\u00a0%", "rejected Elo", "rejected"),
        *("accepted right,\u00a0%", "accepted Elo", "accepted"),
        *("wrong rejected,\u00a0%", "right accepted,\u00a0%"),
    )
    note = "Wrong rejected, right accepted: the critic's sensitivity and specificity on the writer's answers."
    return TextTable("The writer's own answers by group", columns, tuple(lines), 2, (note,))


def _contradictions(critics: Sequence[_Critic], kinds: Sequence[str]) -> TextTable:
    lines = []
    for critic, name, study in _groups(critics, kinds):
        found = study["contradictions"]
        cells = [_percent(found["all"][kind]) for kind in ("both_yes", "both_no")]
        cells += [_percent(found[answers]["contradicted"]) for answers in ("right", "corrupted", "own")]
        lines.append(Line((critic.name, name, f"{found['all']['contradicted']['of']:,}", *cells)))
    columns = (
        *("critic", "questions", "answers", "both yes,\u00a0%", "both no,\u00a0%"),
        *("of right,\u00a0%", "of corrupted,\u00a0%", "of own,\u00a0%"),
    )
    note = (
        "The sycophancy gap: how often the two questions contradict each other about one answer. Both yes,"
        " correct and incorrect, is what a critic says that would please; either of the two is counted of"
        " right, corrupted and the writer's own answers."
    )
    return TextTable("Contradictions", columns, tuple(lines), 2, (note,))


def _percent(one: Mapping[str, Any]) -> str:
    """With its interval, where there is one."""
    if one["value"] is None:
        return "–"
    if one["low"] == one["high"]:
        return f"{100 * one['value']:.1f}"
    return f"{100 * one['value']:.1f} [{100 * one['low']:.1f}, {100 * one['high']:.1f}]"


def _elo(one: Mapping[str, Any]) -> str:
    if one["value"] is None:
        return "–"
    half = "" if one["low"] is None else f" ± {one['high'] - one['value']:.0f}"
    return f"{one['value']:.0f}{half}"
