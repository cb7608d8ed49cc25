"""The laboratory's contrasts: rows and answers are counted as by hand, and added up with their signs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest

from experiments import lab_contrasts, lab_rows
from experiments.lab_answers import Written, counted_answers, read_answers, worth_of_seeing
from experiments.lab_cells import Arm, declared, lab_cells
from experiments.lab_findings import FINDINGS, STRONG, WEAK, Finding, Weighed, mechanism, system, weigh
from experiments.lab_rows import counted, read_problem
from experiments.sweeps import Sweep, cost
from simula.composition import cells
from simula.domain import Example
from simula.stages.cell import run_cell
from simula.store.arithmetic import ArithmeticBenchmark
from simula.store.artifacts import Store
from simula.store.rows import REFUSED, ROWS, read_rows
from simula.teacher.simulated.ontology import Node
from simula.teacher.simulated.problem import Problem

QUESTION = "Sarah has 12 apples and buys 5 more. How many apples does Sarah have now?"
LONGER = "Sarah has 12 apples and buys 5 more. Then 3 of them get lost. How many apples does Sarah have now?"


def problem(question: str) -> Problem:
    found = read_problem(Example(question=question, answer="0"))
    assert found is not None
    return found


def answer(question: str, text: str, *, right: bool = False) -> Written:
    return Written(problem(question), text, right)


def test_an_answer_is_read_step_by_step() -> None:
    good = answer(QUESTION, "12 + 5 = 17\n#### 17", right=True)
    turned = answer(QUESTION, "5 + 12 = 17\n#### 17", right=True)
    slip = answer(QUESTION, "12 + 5 = 18\n#### 18")
    other = answer(QUESTION, "12 - 5 = 7\n#### 7")
    longer = answer(QUESTION, "12 + 5 = 17, 17 - 3 = 14\n#### 14")
    wordy = answer(QUESTION, "The answer is 17.", right=True)
    assert [(one.setup, one.sums) for one in (good, turned, slip, other, longer, wordy)] == [
        (True, True),
        (True, True),
        (True, False),
        (False, True),
        (True, True),
        (False, False),
    ]
    assert [one.more for one in (good, longer, wordy)] == [False, True, False]
    assert [one.fewer for one in (good, longer, wordy)] == [False, False, True]
    assert [one.stopped for one in (good, slip, longer, wordy)] == [True, False, True, True]
    assert answer(LONGER, "12 + 5 = 17\n#### 17").fewer
    # A dividend and a divisor cannot be turned, and what is no whole number is no sum of anybody's.
    assert not answer(QUESTION, "12 / 5 = 2\n#### 2").sums


def test_shares_of_answers_are_those_of_a_hand_count() -> None:
    written = [
        answer(QUESTION, "12 + 5 = 17\n#### 17", right=True),
        answer(QUESTION, "12 + 5 = 17, 17 - 3 = 14\n#### 14"),
        answer(QUESTION, "12 - 5 = 7"),
        answer(LONGER, "12 + 5 = 17\n#### 17"),
    ]
    assert counted_answers(written) == {
        "right": 0.25,
        "stopped": 0.5,
        "first": 0.75,
        "setup": 0.75,
        "sums": 1.0,
        "more": 0.25,
        "fewer": 0.25,
        "form": 0.75,
        "one": pytest.approx(1 / 3),
        "several": 0.0,
    }


def test_what_a_wording_is_worth_is_told_within_wordings() -> None:
    other = "Sarah has 12 apples, but 5 get lost. How many apples does Sarah have left?"

    def answers(question: str, seen: bool, right: int, of: int) -> list[tuple[Written, bool]]:
        return [(answer(question, "", right=at < right), seen) for at in range(of)]

    # The easy wording is seen more often: pooled, seeing would look worth far more than it is.
    easy = [*answers(QUESTION, True, 9, 9), *answers(QUESTION, False, 2, 3)]
    hard = [*answers(other, True, 0, 2), *answers(other, False, 1, 6)]
    found = worth_of_seeing([*easy, *hard])
    assert found is not None
    weights = np.array([9 * 3 / 12, 2 * 6 / 8])
    differences = np.array([1 - 2 / 3, 0 - 1 / 6])
    mean = (weights * differences).sum() / weights.sum()
    error = np.sqrt(((weights * (differences - mean)) ** 2).sum()) / weights.sum()
    # t(0.975) with one degree of freedom
    assert found == pytest.approx((mean, mean - 12.706 * error, mean + 12.706 * error), rel=1e-3)
    assert worth_of_seeing(easy) is None


def test_answers_are_read_in_the_order_that_is_wanted(tmp_path: Path) -> None:
    lines = [{"item": "b", "text": "B", "right": True}, {"item": "a", "text": "A", "right": False}]
    (tmp_path / "answers.jsonl").write_text("\n".join(map(json.dumps, lines)))
    problems = {"a": problem(QUESTION), "b": problem(LONGER)}
    found = read_answers(tmp_path, problems, ["a", "b"])
    assert [(one.text, one.right, one.problem) for one in found] == [
        ("A", False, problems["a"]),
        ("B", True, problems["b"]),
    ]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Store, Path]:
    """A data set of a teacher that is wrong on nearly half of its problems, with both critics."""
    root = tmp_path_factory.mktemp("lab")
    words = ["experiment=lab_systems", "system=full", "teacher.skill=2.5", "size=40", f"paths.root={root}"]
    (cell,) = cells([*words, "data_seed=3", "tracking=none"], sweep=False)
    assert run_cell(cell.config, "generate") is None
    (folder,) = (root / "store" / "dataset").glob("*/n40")
    return Store(root / "store"), folder


def test_rows_are_counted_as_one_by_one(made: tuple[Store, Path]) -> None:
    _, folder = made
    items = ArithmeticBenchmark(items=50).load(folder)
    rows = read_rows(folder / ROWS)[:30]
    found = counted(rows, read_rows(folder / REFUSED), items)
    wrong = {True: [0, 0], False: [0, 0]}
    wordings: set[Node] = set()
    several = 0
    for row in rows:
        assert row.example is not None
        told = problem(row.example.question)
        wrong[row.complex][0] += str(told.truth) != row.example.answer
        wrong[row.complex][1] += 1
        wordings.add(told.wording)
        several += len(told.results) > 1
    refused = [one for one in read_rows(folder / REFUSED) if one.slot < rows[-1].slot]
    assert {one.status for one in refused} == {"rejected"}
    assert found["wrong_plain"] == pytest.approx(wrong[False][0] / wrong[False][1])
    assert found["wrong_complex"] == pytest.approx(wrong[True][0] / wrong[True][1])
    assert found["wrong"] == pytest.approx((wrong[True][0] + wrong[False][0]) / 30)
    assert found["refused"] == pytest.approx(len(refused) / (len(refused) + 30))
    assert found["several"] == pytest.approx(several / 30)
    seen = [problem(item.example.question).wording in wordings for item in items]
    assert {told.path for told in wordings} == lab_rows.wordings(rows)
    assert found["wordings"] == pytest.approx(sum(seen) / 50)
    # Some are wrong, and critics refused more than they let pass: or nothing above says anything.
    refused_share = found["refused"]
    assert refused_share is not None
    assert refused_share > 0.3


def test_a_cell_is_found_by_its_teachers_skill(made: tuple[Store, Path]) -> None:
    store, folder = made
    few = ("experiment=lab_systems", "system=full", "size=64", "data_seed=0")
    known = declared([Sweep("run", (*few, "teacher.skill=2.5,7"))])
    assert [one.arm for one in known] == [Arm("full", 2.5, 64), Arm("full", 7, 64)]
    (found,) = lab_cells(store, {}, known)
    assert found.arm == Arm("full", 2.5, 40)
    assert found.luck == (3, 0)
    assert not found.finished
    assert found.folder("dataset") == folder
    assert found.folder("evaluate") is None
    assert found.rows() == read_rows(folder / ROWS)
    assert found.refused() == read_rows(folder / REFUSED)
    assert lab_cells(store, {"system": "baseline"}, known) == []
    assert lab_cells(store, {}, known[1:]) == []


def students(
    shares: Mapping[Arm, float], seeds: int = 3
) -> dict[Arm, dict[tuple[str | int | float, ...], list[bool]]]:
    """Students who are right on this share of 60 items, which ones by chance."""
    rng = np.random.default_rng(1)
    return {
        arm: {
            (seed, 0): [bool(one) for one in rng.permutation(60) < round(share * 60)] for seed in range(seeds)
        }
        for arm, share in shares.items()
    }


def test_what_a_mechanism_is_worth_depends_on_the_teacher() -> None:
    shares = {
        mechanism("none", "none", WEAK): 0.4,
        mechanism("all", "none", WEAK): 0.1,
        mechanism("none", "double", WEAK): 0.7,
        mechanism("none", "none", STRONG): 0.5,
        mechanism("all", "none", STRONG): 0.8,
        mechanism("none", "double", STRONG): 0.55,
    }
    right = students(shares)
    seen = {one.finding.words: one for one in weigh(right, {})}
    expected = {
        "complexity helps, skill 7": 0.3,
        "complexity hurts, skill 2.5": 0.3,
        "complexity is worth more where the teacher is strong": 0.6,
        "the same problems answered by skill 7 are above those by 2.5, complexity=none": 0.1,
        "the same problems answered by skill 7 are above those by 2.5, complexity=all": 0.7,
        "critics help, skill 2.5": 0.3,
        "critics help, skill 7": 0.05,
        "critics are worth more where the teacher is weak": 0.25,
    }
    for words, difference in expected.items():
        ours = seen[words].ours
        assert ours is not None, words
        assert ours.difference == pytest.approx(difference, abs=1e-9), words
        assert ours.family == len(expected)
    assert seen["complexity helps, skill 7"].verdict == "as the paper"
    assert (
        seen["the same problems answered by skill 7 are above those by 2.5, complexity=all"].verdict == "told"
    )
    assert [one.verdict for one in seen.values()].count("missing") == len(FINDINGS) - len(expected)


def test_verdicts_follow_the_sign_and_what_the_paper_finds() -> None:
    better, worse = system("global", 64), system("local", 64)
    right = students({better: 0.2, worse: 0.8})
    parts = ((better, 1), (worse, -1))
    besides = {"stopped in time": students({better: 0.5, worse: 0.5})}
    findings = [Finding("a", "yes", parts), Finding("b", "both", parts, open=True)]
    plain, open_one = weigh(right, besides, findings)
    assert (plain.verdict, plain.outside) == ("against the paper", True)
    assert (open_one.verdict, open_one.outside) == ("the contrary is told", False)
    record = plain.record()
    assert record["ours"] == pytest.approx(-0.6)
    assert record["stopped in time"] == pytest.approx(0)
    assert Weighed(plain.finding, None, {}).verdict == "missing"
    # A difference that one data set of each would tell says nothing of the next one.
    (alone,) = weigh(students({better: 0.2, worse: 0.8}, seeds=1), {}, [plain.finding])
    assert alone.verdict == "one data set each"


def test_the_data_sets_that_are_counted_are_those_that_are_generated() -> None:
    (sweep,) = (sweep for sweep in lab_contrasts.SWEEPS if sweep.command == "generate")
    one_seed = Sweep("generate", tuple(word for word in sweep.overrides if "data_seed" not in word))
    skill = Sweep("generate", (*one_seed.words(["teacher.skill=7"]), "data_seed=0"))
    assert {one.arm for one in declared([skill])} == {one for one in lab_contrasts.DATA if one.skill == 7}
    assert "teacher.skill=2.5,4.5,7" in sweep.overrides


def test_every_arm_of_a_finding_is_declared_and_shown_before_it_is_finished(tmp_path: Path) -> None:
    rendered = lab_contrasts.render(Store(tmp_path), {})
    contrasts, taught, data = rendered.tables
    assert [line.cells[6] for line in contrasts.lines] == ["missing"] * len(FINDINGS)
    assert {line.cells[3] for line in taught.lines} == {"0 of 3"}
    arms = {Arm(line.cells[0], float(line.cells[1]), int(line.cells[2])) for line in taught.lines}
    assert arms == {arm for finding in FINDINGS for arm, _ in finding.parts}
    assert {line.tone for line in (*taught.lines, *data.lines)} == {"none"}


def test_data_sets_alone_cost_no_student(tmp_path: Path) -> None:
    words = ("experiment=lab_systems", "size=24", "data_seed=0", "system=full", f"paths.root={tmp_path}")
    run, generate = cost([Sweep("run", words)]), cost([Sweep("generate", words)])
    assert run.gpu_hours > 0
    assert generate.gpu_hours == 0
    assert generate.calls == run.calls > 0
    # The same cell twice is made once.
    assert cost([Sweep("run", words), Sweep("generate", words)]).gpu_hours == run.gpu_hours
