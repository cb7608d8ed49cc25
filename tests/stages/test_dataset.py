"""Data sets by the stages themselves: sharing, growing, budgets, and what is kept when a run stops short."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from simula.composition import cells
from simula.generation import Candidate
from simula.metrics.shift import FactorShift
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, rows_key
from simula.store.rows import read_rows

BASE = ("domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2")


class Store:
    """A root folder and what `simula generate` leaves in it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def config(self, *overrides: str) -> Any:
        return cells([*BASE, f"paths.root={self.root}", *overrides], sweep=False)[0].config

    def generate(self, *overrides: str) -> str | None:
        return run_cell(self.config(*overrides), "generate")

    def folder(self, *overrides: str) -> Path:
        return self.root / "store" / "dataset" / rows_key(self.config(*overrides))

    def candidates(self, *overrides: str) -> list[Candidate]:
        folder = self.folder(*overrides)
        found = read_rows(folder / "rows.parquet") + read_rows(folder / "refused.parquet")
        return sorted(found, key=lambda candidate: candidate.slot)

    def manifest(self, *overrides: str) -> dict[str, Any]:
        return dict(json.loads((self.folder(*overrides) / "manifest.json").read_text()))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path)


def test_all_systems_share_one_taxonomy_and_those_that_can_share_their_mixes(store: Store) -> None:
    mixes = {}
    for system in ("baseline", "local", "global", "local_global", "full"):
        assert store.generate(f"system={system}", "size=20") is None
        mixes[system] = [candidate.mix for candidate in store.candidates(f"system={system}", "size=20")][:20]
    assert len(list((store.root / "store" / "taxonomy").iterdir())) == 1
    assert mixes["baseline"] == mixes["local"] != mixes["global"]
    assert mixes["global"] == mixes["local_global"] == mixes["full"]


def test_a_larger_size_goes_on_from_a_smaller_one_and_equals_one_made_at_once(
    store: Store, tmp_path: Path
) -> None:
    fresh = Store(tmp_path / "fresh")
    assert store.generate("system=full", "size=15") is None
    assert store.generate("system=full", "size=40") is None
    assert fresh.generate("system=full", "size=40") is None
    for name in ("rows.parquet", "refused.parquet"):
        grown = (store.folder("system=full", "size=40") / name).read_bytes()
        assert grown == (fresh.folder("system=full", "size=40") / name).read_bytes()
    of_both = store.manifest("system=full", "size=40"), fresh.manifest("system=full", "size=40")
    # What was not asked for again counts as recorded.
    apart = {"seconds", "made", "recorded_calls", "paid_now_usd"}
    assert len({json.dumps({k: v for k, v in said.items() if k not in apart}) for said in of_both}) == 1


@pytest.mark.parametrize("cleared", [True, False])
def test_a_data_set_that_was_deleted_is_made_again_from_what_is_recorded(store: Store, cleared: bool) -> None:
    full = ("system=full", "size=15")
    assert store.generate(*full) is None
    before = [(store.folder(*full) / name).read_bytes() for name in ("rows.parquet", "refused.parquet")]
    shutil.rmtree(store.root / "store" / "dataset")
    if cleared:
        shutil.rmtree(store.root / "cache")
    assert store.generate(*full, "budget.calls=0") is None
    after = [(store.folder(*full) / name).read_bytes() for name in ("rows.parquet", "refused.parquet")]
    assert before == after


def test_bytes_do_not_depend_on_concurrency(store: Store, tmp_path: Path) -> None:
    other = Store(tmp_path / "other")
    assert store.generate("system=full", "size=30", "dataset.concurrency=1") is None
    assert other.generate("system=full", "size=30", "dataset.concurrency=256") is None
    for name in ("rows.parquet", "refused.parquet"):
        ours, theirs = (s.folder("system=full", "size=30") / name for s in (store, other))
        assert ours.read_bytes() == theirs.read_bytes()


def test_a_token_budget_pays_for_the_taxonomies_too(store: Store) -> None:
    budget = ("size=1000", "dataset.tokens=60000")
    assert store.generate("system=full", *budget) is None
    assert store.generate("system=self_instruct", *budget) is None
    full, plain = store.manifest("system=full", *budget), store.manifest("system=self_instruct", *budget)
    taxonomy = artifact_keys(store.config("system=full", *budget))["taxonomy"]
    trees = json.loads((store.root / "store" / taxonomy / "manifest.json").read_text())
    spent = [said["prompt_tokens"] + said["completion_tokens"] for said in (full, plain, trees)]
    assert 57000 < spent[0] + spent[2] <= 60000
    assert 59000 < spent[1] <= 60000
    assert full["ended_by"] == plain["ended_by"] == "tokens"
    assert full["dropped"]["tokens"] > full["dropped"]["candidates"] > 0
    assert plain["rows"] > 3 * full["rows"] > 0


def test_a_budget_that_pays_for_no_row_stops_short(store: Store) -> None:
    said = str(store.generate("system=full", "size=10", "dataset.tokens=100"))
    assert said.startswith("dataset.tokens=100 pays for no row of arithmetic-")
    assert "candidates that were tried: 0" in said


def test_what_a_short_run_kept_goes_when_the_data_set_stands(store: Store) -> None:
    full = ("system=full", "size=15")
    assert store.generate(*full, "dataset.candidates_per_row=1") is not None
    kept = store.root / "store" / "short" / rows_key(store.config(*full))
    assert (kept / "rows.parquet").is_file()
    assert store.generate(*full) is None
    assert not kept.exists()


def test_a_missing_benchmark_is_named_before_anything_is_paid_for(store: Store) -> None:
    said = store.generate("domain=gsm8k", "benchmark.source.hub=null", "size=2")
    assert "gsm8k" in str(said)
    assert not (store.root / "ledger").exists()
    assert not (store.root / "store" / "taxonomy").exists()


def test_a_judge_that_nobody_asks_splits_no_data_sets(store: Store) -> None:
    def key(*overrides: str) -> str:
        return rows_key(store.config("size=5", *overrides))

    other = "teacher@judge=embedded"
    assert key("system=baseline") == key("system=baseline", other)
    assert key("system=full") != key("system=full", other)
    assert key("critic=requirements") == key("critic=requirements", "teacher@double_judge=embedded")


def test_other_recipes_need_no_taxonomy(store: Store) -> None:
    assert store.generate("system=evol_instruct", "size=40") is None
    assert not (store.root / "store" / "taxonomy").exists()
    assert any(candidate.parents for candidate in store.candidates("system=evol_instruct", "size=40"))


def test_the_shift_from_planned_to_accepted_is_in_the_manifest(store: Store) -> None:
    assert store.generate("system=full", "size=30") is None
    said = store.manifest("system=full", "size=30")
    factors = [FactorShift.from_json(factor) for factor in said["shift"]]
    assert {"calculation", "setting", "amounts"} <= {factor.factor for factor in factors}
    for factor in factors:
        assert sum(node.planned for node in factor.nodes) == pytest.approx(1)
        assert sum(node.accepted for node in factor.nodes) == factor.accepted <= said["rows"]
        assert sum(node.candidates for node in factor.nodes) == factor.candidates <= said["candidates"]


def test_a_cell_that_differs_only_in_its_critic_repeats_no_generation_call(store: Store) -> None:
    assert store.generate("system=full", "size=20") is None
    assert store.generate("system=local_global", "size=20") is None
    said = store.manifest("system=local_global", "size=20")
    assert said["recorded_calls"] == said["calls"] >= 40
    assert len(list((store.root / "ledger").glob("*.jsonl"))) == 1
