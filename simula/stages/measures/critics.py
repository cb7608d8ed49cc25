"""The measure `critics`: how good the double critic and each of its two questions are (Section 3.6)."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.critique import Asked, Judged, judge_doubly
from simula.domain import Example
from simula.draws import entropy, generator
from simula.durable import write_json
from simula.errors import UnreadableReply
from simula.evaluation.critics import CRITICS, Tried, contradictions, controlled, empirical
from simula.prompts import Tally
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.canaries import canary_items, judge_canaries_anew
from simula.stages.keys import MEASURES, trials_key
from simula.stages.measures.trials import STAGE as TRIALS
from simula.stages.measures.trials import build_trials, each_answered, stored_trials
from simula.store.trials import Trial

VERDICTS = "verdicts.jsonl"
"""What the critic said of each answer, item by item."""
STUDIES = "studies.json"
"""Rates by critic and group, of which `simula report` makes tables and figures."""
EVERYTHING = ("all", "all")
"""The group of all questions."""

Answers = tuple[Judged, Judged | None, Judged | None]
"""Of the right answer, the corrupted one and the writer's own."""


def measure_critics(bench: Bench) -> dict[str, Any]:
    """The manifest of the measure: of all questions in numbers, by group in `studies.json`.

    Raises:
        SimulaError: the points have no answers, or are of another form than the domain's.
        UnreadableReply: no reply of the critic could be read.
        TeacherUnavailable: no further call can succeed, or calls were lost; what was answered is recorded.
    """
    trials = build_trials(bench)
    # What the critics were tried on, as their questions' own manifest has it.
    said: dict[str, Any] = {
        name: trials[name] for name in ("set", "file", "empty_texts", "answers_known") if name in trials
    }

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        return {**said, **run(_make, bench, folder, log)}

    stage, key = MEASURES["critics"]
    return bench.build(stage, key(bench.config), {TRIALS: trials_key(bench.config)}, make)


async def _make(bench: Bench, folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
    config, trials, tally = bench.config, stored_trials(bench), Tally()
    canaries = await judge_canaries_anew(bench, canary_items(bench), log)
    judged = await _judged(bench, trials, tally)
    lines = [
        {"id": trial.id, **{name: said and asdict(said) for name, said in zip(_NAMES, one, strict=True)}}
        for trial, one in zip(trials, judged, strict=True)
    ]
    with (folder / VERDICTS).open("w", encoding="utf-8") as file:
        file.writelines(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    found = list(studies(trials, judged, config.assessment.critics.teacher_accuracy))
    write_json(folder / STUDIES, found)
    measures = dict(_numbers(found, config.double_judged_by.model))
    log(measures)
    return {
        "teacher": config.teacher.model,
        "critic": config.double_judged_by.model,
        "questions": len(trials),
        "measures": measures,
        **cost(tally.spent, tally),
        **canaries,
    }


_NAMES = ("right", "corrupted", "own")


async def _judged(bench: Bench, trials: Sequence[Trial], tally: Tally) -> list[Answers]:
    """What the critic says of every answer. Raises UnreadableReply where none of it can be read."""
    config = bench.config
    put = [
        (trial.id, name, example)
        for trial in trials
        for name, example in zip(_NAMES, (trial.right, trial.corrupted, trial.own), strict=True)
        if example is not None
    ]
    async with bench.asker(config.double_judged_by) as asker:
        with bench.progress.bar("critics: answers judged") as meter:
            done = 0

            async def judge(one: tuple[str, str, Example]) -> Judged:
                nonlocal done
                item, name, example = one
                seed = entropy("critics", item, name)
                said = await judge_doubly(example.model_dump(mode="json"), asker, seed, tally)
                done += 1
                meter(done, len(put), "", lambda: paid_now(tally))
                return said

            found = await each_answered(judge, put, config.dataset.concurrency)
    if all(one.accepts(critic) is None for one in found for critic in CRITICS):
        raise UnreadableReply(f"none of {len(found)} answers was judged readably by {asker.teacher.model}")
    by_name = {(item, name): said for (item, name, _), said in zip(put, found, strict=True)}
    return [
        (by_name[trial.id, "right"], by_name.get((trial.id, "corrupted")), by_name.get((trial.id, "own")))
        for trial in trials
    ]


def studies(
    trials: Sequence[Trial], judged: Sequence[Answers], accuracy: float | None
) -> Iterator[dict[str, Any]]:
    """What is known of each group of questions, as plain values: first of all of them.

    Args:
        trials: the questions.
        judged: what the critic said of each one's answers.
        accuracy: the teacher's, where it is not to be measured.
    """
    members: dict[tuple[str, str], list[int]] = {EVERYTHING: list(range(len(trials)))}
    for at, trial in enumerate(trials):
        for group in trial.groups.items():
            members.setdefault(group, []).append(at)
    for (by, name), places in members.items():
        some = [_tried(trials[at], judged[at]) for at in places]
        yield {
            "by": by,
            "name": name,
            "questions": len(some),
            "critics": {critic: _study(some, critic, accuracy, by, name) for critic in CRITICS},
            "contradictions": {
                kind: asdict(contradictions([one for one in said if one is not None]))
                for kind, said in (
                    ("right", [one.right for one in some]),
                    ("corrupted", [one.corrupted for one in some]),
                    ("own", [one.own for one in some]),
                    ("all", [said for one in some for said in (one.right, one.corrupted, one.own)]),
                )
            },
        }


def _study(
    some: Sequence[Tried], critic: Asked, accuracy: float | None, by: str, name: str
) -> dict[str, Any]:
    draw = generator(entropy("critics", critic), by, name)
    return {
        "controlled": asdict(controlled(some, critic, accuracy, draw)),
        "empirical": asdict(empirical(some, critic)),
    }


def _tried(trial: Trial, answers: Answers) -> Tried:
    right, corrupted, own = answers
    return Tried(right, corrupted, own, trial.own_right, trial.elo)


def _numbers(found: Sequence[Mapping[str, Any]], critic: str) -> Iterator[tuple[str, float]]:
    """What tables show of all questions; the critic is in the names, so that two are never taken for one."""
    everything = found[0]
    for asked in CRITICS:
        study = everything["critics"][asked]
        named = {f"right accepted, {asked}": study["controlled"]["right_accepted"]}
        named[f"corrupted accepted, {asked}"] = study["controlled"]["corrupted_accepted"]
        if asked == "double":
            named |= {
                "expected accuracy": study["controlled"]["accuracy"],
                "expected rejection": study["controlled"]["rejection"],
                "accuracy before": study["empirical"]["before"],
                "accuracy after": study["empirical"]["accepted"],
                "rejection": study["empirical"]["rejection"],
            }
        yield from _known(named, critic)
    gap = everything["contradictions"]["all"]
    yield from _known({"both yes": gap["both_yes"], "both no": gap["both_no"]}, critic)


def _known(named: Mapping[str, Mapping[str, Any]], critic: str) -> Iterator[tuple[str, float]]:
    for name, one in named.items():
        if one["value"] is not None:
            yield f"{name} ({critic})", one["value"]
