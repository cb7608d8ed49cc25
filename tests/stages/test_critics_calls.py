"""What the measure critics asks: what its keys and the plan say, what is lost, what a kill repeats."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from critics_runs import LAB, asked, assessed, config, folder_of

from simula.composition import cells
from simula.errors import RequestLost, SimulaError, TeacherUnavailable
from simula.plan.steps import plan
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.keys import artifact_keys
from simula.stages.measures.critics import STUDIES, VERDICTS
from simula.stages.measures.trials import build_trials, each_answered
from simula.store.artifacts import Store
from simula.store.trials import FILE


def test_what_changes_which_key(tmp_path: Path) -> None:
    base = ["assessment.dataset=benchmark"]
    before = artifact_keys(config(tmp_path, *base))
    assert set(before) == {"trials", "critics"}
    for override, changed in {
        "teacher@double_judge=embedded": {"critics"},
        "assessment.critics.teacher_accuracy=0.9": {"critics"},
        "assessment.critics.attempts=1": {"trials", "critics"},
        "assessment.critics.rated=false": {"trials", "critics"},
        "scoring.batch_size=3": {"trials", "critics"},
        "benchmark.items=9": {"trials", "critics"},
        "dataset.concurrency=3": set(),
    }.items():
        after = artifact_keys(config(tmp_path, *base, override))
        assert {name for name in before if before[name] != after[name]} == changed, override


def test_the_plan_counts_what_is_asked(tmp_path: Path) -> None:
    chosen = [
        *LAB,
        f"paths.root={tmp_path}",
        "assessment.dataset=benchmark",
        "assessment.critics.questions=7",
    ]
    (cell,) = cells(chosen, sweep=False)
    planned = {cost.template: cost.calls for step in plan([cell]).steps for cost in step.costs}
    assessed(cell.config)
    assert planned == {
        "answer_item": 7,
        "corrupt_answer": 7,
        "score_complexity": 7,
        "judge_correct": 21,
        "judge_incorrect": 21,
    }
    assert asked(tmp_path) == planned
    assert not plan([cell]).missing
    # Both roles of one teacher are in one sweep for one bill of trials.
    swept = cells([*chosen, "teacher@double_judge=simulated", "double_judge.agreement=0,0.3"], sweep=True)
    assert sum(step.calls for step in plan(swept).missing) == 2 * 42


def test_points_that_critics_cannot_be_tried_on_are_told_in_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "plain.jsonl"
    path.write_text(json.dumps({"question": "q", "answer": "B"}) + "\n")

    def reason(*overrides: str) -> str:
        one = config(tmp_path, f"assessment.dataset={path}", *overrides)
        with pytest.raises(SimulaError) as error:
            build_trials(Bench(one, Store(one.paths.store), Progress("test")))
        return str(error.value)

    assert "have no answers" in reason("assessment.columns.answer=null")
    assert "have no options" in reason("domain=cti_mcq")


def test_a_lost_call_ends_the_run_when_all_others_are_answered() -> None:
    done = list[int]()

    async def work(item: int) -> int:
        if item == 1:
            raise RequestLost("outage")
        done.append(item)
        return item

    with pytest.raises(
        TeacherUnavailable, match=r"1 of 4 got no answer; the first: outage; the same command"
    ):
        anyio.run(each_answered, work, range(4), 2)
    assert done == [0, 2, 3]


SCRIPT = """
import os, signal, sys
import anyio
from simula.composition import cells
from simula.stages.cell import run_cell
from simula.teacher.simulated.settings import SimulatedTeacher
from simula.teacher.simulated.teacher import Simulated

sent = 0

class Slow(Simulated):
    # It kills itself at the twentieth such call: whoever watched it might be late.

    async def ask(self, request):
        global sent
        sent += request.template == "judge_incorrect"
        if sent == 20:
            os.kill(os.getpid(), signal.SIGKILL)
        await anyio.sleep(0.01)
        return await super().ask(request)

SimulatedTeacher.connect = lambda settings: Slow(settings)
assert run_cell(cells(sys.argv[1:], sweep=False)[0].config, "assess") is None
"""


def keys(root: Path) -> Iterator[str]:
    for path in root.glob("**/ledger/*.jsonl"):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):
                yield json.loads(line)["key"]


def test_kill_9_repeats_at_most_the_calls_in_flight(tmp_path: Path) -> None:
    few = ["assessment.dataset=benchmark", "assessment.critics.questions=15", "dataset.concurrency=4"]
    killed, calm = tmp_path / "killed", tmp_path / "calm"
    command = [sys.executable, "-c", SCRIPT, *LAB, f"paths.root={killed}", *few]
    assert subprocess.run(command, stderr=subprocess.DEVNULL, check=False).returncode == -signal.SIGKILL
    known = len(list(keys(killed)))
    records = [assessed(config(root, *few)) for root in (killed, calm)]
    all_keys = list(keys(killed))
    assert len(set(all_keys)) == len(all_keys) == len(list(keys(calm)))
    # Trials with their rating stood by then, and most of twice twenty judgements.
    assert 45 + 20 < known < len(all_keys) == 45 + 90
    for stage, name in (("trials", FILE), ("critics", VERDICTS), ("critics", STUDIES)):
        one, other = (
            (folder_of(record, where, stage) / name).read_bytes()
            for record, where in zip(records, (killed, calm), strict=True)
        )
        assert one == other
