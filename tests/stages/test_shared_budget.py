"""One budget for all that a command pays for: its jobs on a cluster, and what a provider embeds."""

import pickle
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simula.composition import cells
from simula.embedding import Embeddings, unit
from simula.embedding.settings import Remote
from simula.errors import BudgetSpent
from simula.progress import Progress
from simula.stages.bench import Bench
from simula.stages.cell import opened_bench, recorded, run_cell
from simula.stages.measures.diversity import measure_diversity
from simula.store.artifacts import Store
from simula.teacher import Budget, Spending
from simula.teacher.paid import Amount
from simula.teacher.traffic import Limits, Traffic

LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2", "size=12")


def config(root: Path, *overrides: str) -> Any:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def test_the_jobs_of_a_command_stop_at_one_budget(tmp_path: Path) -> None:
    launcher, limit = Spending(), "budget.calls=130"
    one, other = (pickle.loads(pickle.dumps(launcher)) for _ in range(2))
    assert run_cell(config(tmp_path, limit, "system=baseline"), "generate", one) is None
    reason = run_cell(config(tmp_path, limit, "system=full"), "generate", other)
    assert one.paid.calls + other.paid.calls == 130
    assert f"the command's other processes {one.paid}" in str(reason)
    # Another command has the whole budget again.
    again = Spending()
    assert "other processes" not in str(run_cell(config(tmp_path, limit, "system=full"), "generate", again))
    assert again.paid.calls == 130


def test_what_a_process_paid_is_told_where_a_signal_ends_it(tmp_path: Path) -> None:
    """As submitit does when a job is preempted; who starts again must not pay that much once more."""
    job = pickle.loads(pickle.dumps(Spending()))
    bench = opened_bench(config(tmp_path, "budget.calls=130"), job)

    def work() -> None:
        job.paid += Amount(3, 70, 0.5)
        raise SystemExit(-1)

    with pytest.raises(SystemExit):
        recorded(bench, tmp_path / "record.json", {}, work)
    again = pickle.loads(pickle.dumps(job))
    again.paid = Amount()
    again.share(tmp_path / "spending")
    assert again.others == Amount(3, 70, 0.5)


def test_who_has_no_budget_shares_nothing(tmp_path: Path) -> None:
    job = pickle.loads(pickle.dumps(Spending()))
    assert run_cell(config(tmp_path, "system=baseline"), "generate", job) is None
    assert not (tmp_path / "spending").exists()


class Far(Remote):
    """An embedding behind a network that is not asked over one."""

    model: str = "far"
    batch: int = 5

    def open_model(self) -> Any:
        return FarModel()


class FarModel:
    model = "far"

    def __init__(self) -> None:
        self.traffic = Traffic("far", Limits(1))

    async def embed(self, texts: Sequence[str]) -> Embeddings:
        vectors = unit([[len(text), text.count("a") + 1.0] for text in texts])
        return Embeddings(vectors, np.zeros(len(texts), dtype=np.bool_), sent=len(texts), tokens=len(texts))

    async def close(self) -> None:
        pass


def test_a_provider_that_embeds_is_paid_from_the_budget_too(tmp_path: Path) -> None:
    plain = config(tmp_path, "system=baseline")
    assert run_cell(plain, "generate") is None

    def bench(**budget: int) -> Bench:
        chosen = replace(plain, embedding=Far(), budget=Budget(**budget))
        return Bench(chosen, Store(plain.paths.store), Progress("test"))

    small = bench(calls=2)
    with pytest.raises(BudgetSpent, match=r"^embedding by far: 10 of 12 ?; the budget of 2 calls"):
        measure_diversity(small)
    assert small.spending.paid.calls == 2
    rest = bench(calls=1)
    assert measure_diversity(rest)["embedding"]["sent"] == 2
    assert (rest.spending.paid.calls, rest.spending.paid.tokens) == (1, 2)
