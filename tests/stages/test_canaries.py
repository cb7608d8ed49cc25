"""Every run that pays for a critic behind a network begins with known answers, judged anew and compared."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import anyio
import pytest

from simula.composition import cells
from simula.config import Config
from simula.errors import BenchmarkError, StoreError
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.canaries import canary_items, judge_canaries_anew, judges_canaries
from simula.stages.cell import run_cell
from simula.stages.record import record_of
from simula.store.artifacts import Store
from simula.store.canaries import first_of, kept_runs
from simula.teacher import Reply, Request, Spending, Usage
from simula.teacher.settings import (
    EmbeddedTeacher,
    GeminiBatchTeacher,
    GeminiTeacher,
    ReplayTeacher,
    ServerTeacher,
    may_drift,
)
from simula.teacher.simulated import SimulatedTeacher
from simula.teacher.simulated.judgement import is_right
from simula.teacher.simulated.text import parse

LAB = ["domain=arithmetic", "teacher=simulated", "tracking=none", "system=full", "size=6"]
LAB += ["taxonomy.expansion.depth=2", "teacher@double_judge=openai_compatible"]


class Critic:
    """Knows the truth, until it is told to please; remembers what it was asked."""

    model = "Qwen/Qwen3-Next-80B-A3B-Instruct"

    def __init__(self) -> None:
        self.version = self.model
        self.pleases = False
        self.asked: list[Request] = []

    @property
    def canaries(self) -> list[Request]:
        return [request for request in self.asked if request.temperature == 0]

    async def ask(self, request: Request) -> Reply:
        self.asked.append(request)
        example = request.values["example"]
        problem = parse(example["question"])
        right = problem is not None and is_right(example["answer"], problem)
        yes = self.pleases or right == (request.template == "judge_correct")
        text = json.dumps({"explanation": "Seen.", "verdict": "yes" if yes else "no"})
        return Reply(text, self.version, "stop", Usage(prompt=40, completion=10))

    async def close(self) -> None: ...


@pytest.fixture(scope="module")
def patched() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="module")
def first(
    patched: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Critic, dict[str, Any]]:
    """A store with one data set, its critic and its manifest."""
    critic, root = Critic(), tmp_path_factory.mktemp("canaries")
    patched.setattr(ServerTeacher, "connect", lambda settings: critic)
    return root, critic, generated(root)


def config(root: Path, *overrides: str) -> Config:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def generated(root: Path, *overrides: str) -> dict[str, Any]:
    one = config(root, *overrides)
    assert run_cell(one, "generate") is None
    return record_of(Store(one.paths.store), one).manifests["dataset"]


def test_each_data_set_judges_them_anew_and_compares_with_the_first(
    first: tuple[Path, Critic, dict[str, Any]], capsys: pytest.CaptureFixture[str]
) -> None:
    root, critic, manifest = first
    said = manifest["canaries"]
    assert len(critic.canaries) == 32
    assert (said["answers"], said["right_accepted"], said["wrong_refused"]) == (16, 8, 8)
    assert (said["calls"], said["prompt_tokens"], said["first"], said["flip_rate"]) == (32, 1280, None, None)
    again = generated(root, "data_seed=1")
    # Recorded answers do not count: the same questions are sent again, and not one of them is changed.
    assert len(critic.canaries) == 64
    assert len({(request.prompt, request.template, request.seed) for request in critic.canaries}) == 32
    assert again["canary_flip_rate"] == 0
    assert again["canaries"]["first"] is not None
    assert "canaries: 0 of 32 verdicts" in capsys.readouterr().err
    # A smaller data set asks nothing, and nothing about them.
    before = len(critic.asked)
    assert "canaries" not in generated(root, "size=3")
    assert len(critic.asked) == before


def test_neither_rows_nor_keys_know_of_them(
    first: tuple[Path, Critic, dict[str, Any]], tmp_path: Path
) -> None:
    root, _, manifest = first
    other = generated(tmp_path, "critic.canaries=0")
    assert "canaries" not in other
    assert [manifest[name] for name in MADE] == [other[name] for name in MADE]
    name = f"store/dataset/{manifest['key']}/rows.parquet"
    assert (root / name).read_bytes() == (tmp_path / name).read_bytes()


MADE = ("key", "inputs", "calls", "prompt_tokens", "price_usd", "templates", "refused")


def test_a_teacher_that_changed_is_told_in_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    critic = Critic()
    monkeypatch.setattr(ServerTeacher, "connect", lambda settings: critic)
    first = generated(tmp_path)["canaries"]["run"]
    critic.pleases, critic.version = True, "qwen-new"
    assert "first verdicts of Qwen/Qwen3-Next-80B-A3B-Instruct are kept" in capsys.readouterr().err
    # It accepts nothing any more, yes to "is it incorrect?" too: the data set stops short.
    stopped = run_cell(config(tmp_path, "data_seed=1"), "generate")
    assert stopped is not None
    assert "0 of 6 rows" in stopped
    # Eight wrong answers are correct now, and eight right ones incorrect.
    told = capsys.readouterr().err.replace("\n", " ")
    assert "warning: canaries: 16 of 32 verdicts of Qwen/Qwen3-Next-80B-A3B-Instruct are others" in told
    assert "(then Qwen/Qwen3-Next-80B-A3B-Instruct answered, now qwen-new)" in told
    assert "more than critic.canary_flips=0.1" in told
    # From then on the new model is compared with itself.
    (folder,) = (tmp_path / "store" / "canaries").iterdir()
    runs = kept_runs(folder)
    assert [one.answered for one in runs] == [(critic.model,), ("qwen-new",)]
    assert runs[0].run == first
    assert first_of(runs, ("qwen-new",)) == runs[1]
    assert first_of(runs, ("another",)) == runs[0]
    assert first_of([], ("another",)) is None


def test_who_is_asked(tmp_path: Path) -> None:
    """Teachers behind a network that answer at once, where there is a double critic."""
    server, online, batch = ServerTeacher(model="m"), GeminiTeacher(), GeminiBatchTeacher()
    assert [may_drift(one) for one in (server, online, batch)] == [True, True, False]
    local = (EmbeddedTeacher(), SimulatedTeacher(), ReplayTeacher(of=online, ledger=tmp_path))
    assert not any(may_drift(one) for one in local)
    assert judges_canaries(config(tmp_path))
    # A system without a double critic has it measured all the same.
    assert judges_canaries(config(tmp_path, "critic=requirements"))
    assert not judges_canaries(config(tmp_path, "critic.canaries=0"))


def test_the_flip_rate_is_tracked_and_a_spoiled_record_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ServerTeacher, "connect", lambda settings: Critic())
    one = config(tmp_path, "critic.canaries=2")
    items, logged = one.benchmark.load(tmp_path), list[Any]()

    def bench() -> Bench:
        """Of another command."""
        return Bench(one, Store(one.paths.store), Progress("test"))

    assert anyio.run(judge_canaries_anew, bench(), [], logged.append) == {}
    for _ in range(2):
        anyio.run(judge_canaries_anew, bench(), items, logged.append)
    assert logged == [{}, {"canary_flip_rate": 0.0}]
    (folder,) = (tmp_path / "store" / "canaries").iterdir()
    next(iter(folder.iterdir())).write_text("{}")
    with pytest.raises(StoreError, match="move it away"):
        anyio.run(judge_canaries_anew, bench(), items, logged.append)


def test_a_run_pays_once_whatever_it_does(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    critic = Critic()
    monkeypatch.setattr(ServerTeacher, "connect", lambda settings: critic)
    tried = ["assessment.measures=[critics]", "assessment.dataset=benchmark", "benchmark.items=20"]
    one, rated = config(tmp_path, *tried), "assessment.critics.rated=false"
    first, again = Spending(), Spending()
    assert run_cell(one, "assess", first) is None
    manifest = record_of(Store(one.paths.store), one).manifests["critics"]
    assert (manifest["canaries"]["answers"], manifest["canaries"]["flip_rate"]) == (16, None)
    assert len(critic.canaries) == 32
    # A data set of the same command begins with the verdicts that were just given, and compares nothing.
    own = config(tmp_path, "benchmark.items=20")
    assert run_cell(own, "generate", first) is None
    assert len(critic.canaries) == 32
    said = record_of(Store(own.paths.store), own).manifests["dataset"]["canaries"]
    assert (said["answers"], said["calls"], said["paid_now_usd"], said["first"]) == (16, 32, 0, None)
    # Another command is another run, and a changed critic is told before it is measured.
    critic.pleases = True
    other = config(tmp_path, *tried, rated)
    assert run_cell(other, "assess", again) is None
    assert len(critic.canaries) == 64
    manifest = record_of(Store(other.paths.store), other).manifests["critics"]
    assert manifest["canary_flip_rate"] == manifest["canaries"]["flip_rate"] == 0.5
    assert "16 of 32 verdicts" in capsys.readouterr().err.replace("\n", " ")


def test_without_a_benchmark_a_critic_is_measured_and_canaries_are_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    one = config(tmp_path)

    def missing(*_: Any) -> list[Any]:
        raise BenchmarkError("the items are not there")

    monkeypatch.setattr(type(one.benchmark), "load", missing)
    assert canary_items(Bench(one, Store(one.paths.store), Progress("test"))) == []
    assert "canaries: none are judged: the items are not there" in capsys.readouterr().err
