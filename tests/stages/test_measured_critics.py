"""The measure critics: rates of simulated critics of known traits, shared trials, own rows apart."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from critics_runs import asked, assessed, config, folder_of

from simula.report.measures import shown_measures, write_measures
from simula.stages.measures.critics import STUDIES, VERDICTS
from simula.stages.record import CellRecord
from simula.store.arithmetic import ArithmeticBenchmark
from simula.store.artifacts import Store
from simula.store.trials import read_trials
from simula.teacher.simulated import SimulatedTeacher
from simula.teacher.simulated.mistakes import error_rate
from simula.teacher.simulated.problem import Problem
from simula.teacher.simulated.text import parse

HASTY = ["teacher.skill=2.5", "assessment.critics.questions=240"]
HASTY += ["assessment.columns.labels=[level]", "assessment.columns.reasoning=reasoning"]
OTHER = ["teacher@double_judge=simulated", "double_judge.sensitivity=0.8", "double_judge.specificity=0.95"]


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("critics")


@pytest.fixture(scope="module")
def real(root: Path) -> list[str]:
    """Problems of three levels with right answers, as a file, and a writer that often errs."""
    path = root / "levels.jsonl"
    lines = []
    for item in ArithmeticBenchmark(items=300).load(root):
        problem = parse(item.example.question)
        assert problem is not None
        line = item.example.model_dump(include={"question", "answer", "reasoning"})
        lines.append(json.dumps(line | {"level": level_of(problem)}) + "\n")
    path.write_text("".join(lines))
    return [*HASTY, f"assessment.dataset={path}"]


@pytest.fixture(scope="module")
def measured(root: Path, real: list[str]) -> CellRecord:
    return assessed(config(root, *real))


def level_of(problem: Problem) -> int:
    return min(2, int(problem.complexity // 2))


def studies(record: CellRecord, root: Path) -> dict[tuple[str, str], Any]:
    found = json.loads((folder_of(record, root, "critics") / STUDIES).read_text())
    return {(one["by"], one["name"]): one for one in found}


def believed(right: bool, traits: SimulatedTeacher) -> dict[str, float]:
    """Each critic's chance to accept: a yes that pleases comes with `agreement`, whatever is believed."""
    seen, pleases = traits.believes(right), traits.agreement
    correct, incorrect = seen + (1 - seen) * pleases, seen * (1 - pleases)
    return {"correct": correct, "incorrect": incorrect, "double": correct * incorrect}


def test_rates_of_a_critic_of_known_traits(measured: CellRecord, root: Path) -> None:
    everything = studies(measured, root)["all", "all"]
    traits = SimulatedTeacher()
    right, wrong = believed(True, traits), believed(False, traits)
    trials = read_trials(folder_of(measured, root, "trials"))
    problems = [parse(trial.right.question) for trial in trials]
    mu = sum(1 - error_rate(p.complexity, 2.5, traits.complexity_slope) for p in problems if p) / len(trials)
    assert 0.6 < mu < 0.8
    for critic, study in everything["critics"].items():
        accepted = mu * right[critic] + (1 - mu) * wrong[critic]
        truths = {
            ("controlled", "right_accepted"): right[critic],
            ("controlled", "corrupted_accepted"): wrong[critic],
            ("controlled", "teacher_accuracy"): mu,
            ("controlled", "accuracy"): mu * right[critic] / accepted,
            ("controlled", "rejection"): 1 - accepted,
            ("empirical", "before"): mu,
            ("empirical", "accepted"): mu * right[critic] / accepted,
            ("empirical", "rejection"): 1 - accepted,
            ("empirical", "right_accepted"): right[critic],
            ("empirical", "wrong_refused"): 1 - wrong[critic],
        }
        for (way, name), truth in truths.items():
            found = study[way][name]
            assert found["low"] <= truth <= found["high"], (critic, name, truth, found)
            assert found["high"] - found["low"] < 0.2
    for kind, chance in (("right", right), ("corrupted", wrong)):
        # The two questions are independent; "incorrect" accepts where it says no.
        yes = chance["correct"] * (1 - chance["incorrect"])
        no = (1 - chance["correct"]) * chance["incorrect"]
        gap = everything["contradictions"][kind]
        for name, truth in (("both_yes", yes), ("both_no", no), ("contradicted", yes + no)):
            assert gap[name]["low"] <= truth <= gap[name]["high"], (kind, name, truth, gap[name])
    numbers = measured.manifests["critics"]["measures"]
    name = f"corrupted accepted, double ({traits.model_copy(update={'skill': 2.5}).model})"
    assert numbers[name] == everything["critics"]["double"]["controlled"]["corrupted_accepted"]["value"]


def test_every_group_is_what_its_questions_say(measured: CellRecord, root: Path) -> None:
    """Counted once more from the stored verdicts, in the plainest way."""
    trials = {trial.id: trial for trial in read_trials(folder_of(measured, root, "trials"))}
    lines = (folder_of(measured, root, "critics") / VERDICTS).read_text().splitlines()
    verdicts = {line["id"]: line for line in map(json.loads, lines)}
    assert list(verdicts) == list(trials)

    def accepted(said: Mapping[str, str], critic: str) -> bool:
        yes, no = said["correct"] == "yes", said["incorrect"] == "no"
        return {"correct": yes, "incorrect": no, "double": yes and no}[critic]

    groups = studies(measured, root)
    for by in ("level", "complexity third"):
        assert sum(one["questions"] for (kind, _), one in groups.items() if kind == by) == 240
    assert {name for kind, name in groups if kind == "level"} == {"0", "1", "2"}
    for (by, name), group in groups.items():
        ids = [id for id, trial in trials.items() if by == "all" or trial.groups[by] == name]
        assert group["questions"] == len(ids)
        for critic, study in group["critics"].items():
            kinds = {kind: [accepted(verdicts[id][kind], critic) for id in ids] for kind in ("right", "own")}
            assert study["controlled"]["pairs"] == len(ids)
            assert study["controlled"]["right_accepted"]["count"] == sum(kinds["right"])
            corrupted = sum(accepted(verdicts[id]["corrupted"], critic) for id in ids)
            assert study["controlled"]["corrupted_accepted"]["count"] == corrupted
            right = [trials[id].own_right for id in ids]
            kept = Counter(zip(kinds["own"], right, strict=True))
            found = study["empirical"]
            assert found["before"]["count"] == sum(right)
            assert (found["accepted"]["count"], found["accepted"]["of"]) == (
                kept[True, True],
                kept[True, True] + kept[True, False],
            )
            assert (found["rejected"]["count"], found["rejected"]["of"]) == (
                kept[False, True],
                kept[False, True] + kept[False, False],
            )
            elos = [trials[id].elo for id, own in zip(ids, kinds["own"], strict=True) if own]
            assert found["elo_accepted"]["value"] == pytest.approx(sum(e or 0 for e in elos) / len(elos))
        said = [verdicts[id][kind] for id in ids for kind in ("right", "corrupted", "own")]
        pairs = Counter((one["correct"], one["incorrect"]) for one in said)
        gap = group["contradictions"]["all"]
        assert (gap["both_yes"]["count"], gap["both_no"]["count"]) == (pairs["yes", "yes"], pairs["no", "no"])
        assert gap["contradicted"]["of"] == len(said)


def test_trials_hold_a_right_a_wrong_and_an_own_answer(measured: CellRecord, root: Path) -> None:
    trials = read_trials(folder_of(measured, root, "trials"))
    said = measured.manifests["trials"]
    assert (said["questions"], said["corruptions_lost"], said["unanswered"]) == (240, 0, 0)
    assert said["own_right"] == sum(trial.own_right for trial in trials)
    for trial in trials:
        problem = parse(trial.right.question)
        assert problem is not None
        assert trial.corrupted is not None
        assert trial.own is not None
        assert trial.right.answer == str(problem.truth) != trial.corrupted.answer
        assert trial.corrupted.reasoning == problem.reasoning(int(trial.corrupted.answer))
        assert trial.own.reasoning == problem.reasoning(int(trial.own.answer))
        assert trial.own_right == (trial.own.answer == str(problem.truth))
        assert trial.groups["level"] == str(level_of(problem))
    # A third is a third, and harder problems are in the higher ones.
    by_third: dict[str, list[float]] = {}
    for trial in trials:
        problem = parse(trial.right.question)
        by_third.setdefault(trial.groups["complexity third"], []).append(problem.complexity if problem else 0)
    means = [sum(by_third[name]) / 80 for name in ("low", "middle", "high")]
    assert {len(some) for some in by_third.values()} == {80}
    assert means == sorted(means)


def test_another_critic_judges_the_same_trials_and_stands_beside_the_first(
    measured: CellRecord, root: Path, real: list[str]
) -> None:
    before = asked(root)
    other = assessed(config(root, *real, *OTHER))
    after = asked(root)
    assert {name: after[name] - before[name] for name in after if after[name] != before[name]} == {
        "judge_correct": 720,
        "judge_incorrect": 720,
    }
    assert other.artifacts["trials"] == measured.artifacts["trials"]
    (shown,) = shown_measures(Store(root / "store"), [measured, other]).values()
    overall, by_group, own, gaps = shown.tables
    models = [one.manifests["critics"]["critic"] for one in (measured, other)]
    assert [line.cells[:2] for line in overall.lines] == [
        (model, asks) for model in models for asks in ("correct?", "incorrect?", "both")
    ]
    levels = [line.cells[:2] for line in by_group.lines if line.cells[1].startswith("level")]
    assert levels == [(model, f"level: {level}") for level in "012" for model in models]
    assert own.lines[0].cells[:2] == levels[0]
    assert gaps.lines[0].cells[:2] == (models[0], "all")
    assert "levels.jsonl; writer: simulated-" in overall.notes[0]
    assert not shown.sentences
    assert "by level" in shown.caption
    files = write_measures({"critics": shown}, root / "measures")
    assert {path.suffix for path in files} == {".png", ".pdf", ".md"}
    # What tells two critics apart is in no table twice.
    first = studies(measured, root)["all", "all"]["critics"]["double"]["controlled"]
    second = studies(other, root)["all", "all"]["critics"]["double"]["controlled"]
    assert second["right_accepted"]["high"] < first["right_accepted"]["low"]
    assert second["corrupted_accepted"]["value"] < first["corrupted_accepted"]["value"]
    assert second["teacher_accuracy"] == first["teacher_accuracy"]


def test_own_rows_are_told_apart_by_node_and_complexity(tmp_path: Path) -> None:
    overrides = [
        "system=local_global",
        "size=20",
        "taxonomy.expansion.depth=2",
        "assessment.critics.rated=false",
    ]
    record = assessed(config(tmp_path, *overrides))
    groups = studies(record, tmp_path)
    kinds = {by for by, _ in groups}
    assert {"calculation", "setting", "complex"} <= kinds
    assert "complexity third" not in kinds
    assert groups["complex", "yes"]["questions"] + groups["complex", "no"]["questions"] == 20
    assert record.manifests["critics"]["answers_known"] is False
    (shown,) = shown_measures(Store(tmp_path / "store"), [record]).values()
    assert shown.sentences == (
        "local_global: the answers of its rows are taken for right, since critics accepted them; "
        "nobody knows it.",
    )
    assert "score_complexity" not in asked(tmp_path)
    stored = config(tmp_path, *overrides, f"assessment.dataset={record.artifacts['dataset'][8:]}")
    again = assessed(stored)
    assert again.manifests["critics"]["answers_known"] is False
    assert studies(again, tmp_path)["complex", "yes"]["questions"] == groups["complex", "yes"]["questions"]
