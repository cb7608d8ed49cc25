"""The contrast of the paper, simulated: weak teachers are advised low complexity, strong ones high."""

import json
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from simula.advise import choices
from simula.arguments import read_arguments as parsed
from simula.cli import _run as run_command
from simula.composition import cells
from simula.errors import ConfigurationError
from simula.progress import Progress
from simula.stages.advise import make_pilot, read_errors
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import rows_key
from simula.store.artifacts import Store
from simula.store.rows import read_rows
from simula.teacher.simulated.judgement import is_right
from simula.teacher.simulated.text import parse

LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none", "system=full")
WEAK, STRONG = "teacher.skill=1.5", "teacher.skill=7"


def config(root: Path, *overrides: str) -> Any:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


@pytest.fixture(scope="module")
def pilots(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, dict[str, Any]]]:
    root, found = tmp_path_factory.mktemp("pilots"), {}
    for skill in (WEAK, STRONG):
        cell = config(root, skill, "size=200")
        assert run_cell(cell, "taxonomy") is None
        found[skill] = make_pilot(Bench(cell, Store(cell.paths.store), Progress("test")))
    return root, found


def advised(root: Path, said: dict[str, Any], *overrides: str) -> dict[str, str]:
    return {choice.axis: choice.overrides for choice in choices(config(root, *overrides), said)}


def test_weak_teachers_are_advised_low_complexity_and_strong_ones_high(pilots: Any) -> None:
    root, found = pilots
    weak, strong = advised(root, found[WEAK], WEAK), advised(root, found[STRONG], STRONG)
    assert weak == {"complexity": "selection=low", "critic": "critic=double", "size": "size=16000"}
    assert strong == {"complexity": "selection=high", "critic": "critic=none", "size": "size=512000"}


def student(rows: Sequence[Any]) -> float:
    """A simulated student's accuracy on problems of complexity 0 to 6, as many of each.

    It learns each whole level of complexity from its rows: what right rows teach, wrong ones of the level
    take back, and the first rows of a level teach most.
    """
    right, wrong = Counter[int](), Counter[int]()
    for row in rows:
        problem = parse(row.example.question)
        assert problem is not None
        (right if is_right(row.example.answer, problem) else wrong)[round(problem.complexity)] += 1
    learnt = {level: max(0, right[level] - wrong[level]) for level in range(7)}
    return sum(count / (count + 8) for count in learnt.values()) / len(learnt)


@pytest.mark.parametrize(("skill", "better"), [(WEAK, "plain"), (STRONG, "complex")])
def test_a_student_does_better_on_the_rows_that_are_advised(tmp_path: Path, skill: str, better: str) -> None:
    found = {}
    for name, fraction in (("plain", 0), ("complex", 1)):
        cell = config(
            tmp_path, skill, "size=60", f"complexity.fraction={fraction}", "dataset.candidates_per_row=12"
        )
        assert run_cell(cell, "generate") is None
        found[name] = student(read_rows(cell.paths.store / "dataset" / rows_key(cell) / "rows.parquet"))
    assert max(found, key=lambda name: found[name]) == better, found


def test_a_pilot_repeats_no_call_and_a_real_run_repeats_none_of_its(pilots: Any) -> None:
    root, _ = pilots
    lines = [line for path in (root / "ledger").glob("*.jsonl") for line in path.read_text().splitlines()]
    keys = [json.loads(line)["key"] for line in lines]
    assert len(keys) == len(set(keys))
    assert run_cell(config(root, STRONG, "size=40", "budget.calls=0"), "generate") is None


def test_what_is_said_is_near_the_truth(pilots: Any) -> None:
    root, found = pilots
    cell = config(root, WEAK, "size=40", "dataset.candidates_per_row=8")
    assert run_cell(cell, "generate") is None
    rows = read_rows(cell.paths.store / "dataset" / rows_key(cell) / "rows.parquet")
    problems = [(row, parse(row.example.question)) for row in rows if row.example]
    wrong = sum(not is_right(row.example.answer, problem) for row, problem in problems if problem) / len(rows)
    rows_wrong = read_errors(found[WEAK])["all"].rows
    assert rows_wrong.low <= wrong <= rows_wrong.high


def test_the_command_prints_and_takes_no_other_mechanism(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["domain=arithmetic", "teacher=simulated", STRONG, "tracking=none", "advice.points=20"]
    words.append(f"paths.root={tmp_path}")
    assert run_command("advise", parsed(words)) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert "pilot: 20 candidates of the system full" in printed
    command = shlex.split(printed.rpartition("next: simula ")[2])
    own = ["plan", "system=full", *(word for word in words if not word.startswith("advice."))]
    assert command[: len(own)] == own
    assert any(word.startswith("selection=") for word in command)
    assert run_command(command[0], parsed(command[1:])) == 0
    capsys.readouterr()
    assert run_command("advise", parsed([*words, "--json"])) == 0
    assert json.loads(capsys.readouterr().out)["advice"][0]["axis"] == "complexity"
    with pytest.raises(ConfigurationError, match="tries the system full, not full with critic=none"):
        run_command("advise", parsed([*words, "critic=none"]))


def test_a_budget_bounds_the_size(pilots: Any) -> None:
    root, found = pilots
    said = {**found[STRONG], "usd_a_row": 0.01}
    assert advised(root, said, STRONG, "budget.usd=100")["size"] == "size=4000"
    assert advised(root, said, STRONG, "budget.usd=20")["size"] == "size=2000"
    assert advised(root, said, STRONG, "budget.usd=0.001")["size"] == ""


def test_that_a_teacher_is_strong_is_suggested_and_never_sure(pilots: Any) -> None:
    root, found = pilots
    sure = {
        skill: next(choice.sure for choice in choices(config(root, skill), found[skill]))
        for skill in (WEAK, STRONG)
    }
    assert sure == {WEAK: True, STRONG: False}
