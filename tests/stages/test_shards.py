from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from simula.composition import cells
from simula.config import Config
from simula.generation import looks_back
from simula.paths import Paths
from simula.stages.cell import opened_bench
from simula.stages.dataset import build_dataset
from simula.stages.shards import ask_shard, shards_of
from simula.stages.taxonomy import build_taxonomies
from simula.teacher import Spending

SHARDS = 3


@pytest.fixture(scope="module")
def config() -> Config:
    overrides = ["domain=arithmetic", "teacher=simulated", "tracking=none", "system=full", "size=30"]
    (cell,) = cells([*overrides, f"dataset.shards={SHARDS}"], sweep=False)
    return cell.config


def at(config: Config, root: Path) -> Config:
    return replace(config, paths=Paths(**{name: root / name for name in Paths.model_fields}))


def calls(root: Path) -> list[str]:
    """What the ledger's files hold, a line a call."""
    return [line for path in (root / "ledger").rglob("*.jsonl") for line in path.read_text().splitlines()]


def test_shards_in_any_order_give_what_one_job_gives(config: Config, tmp_path: Path) -> None:
    alone, sharded = at(config, tmp_path / "alone"), at(config, tmp_path / "sharded")
    for one in (alone, sharded):
        build_taxonomies(opened_bench(one, Spending()))
    build_dataset(opened_bench(alone, Spending()))
    for shard in (2, 0, 1):
        ask_shard(opened_bench(sharded, Spending()), shard)
    manifest = build_dataset(opened_bench(sharded, Spending()))
    rows = [
        path.relative_to(tmp_path / "alone")
        for path in (tmp_path / "alone" / "store" / "dataset").rglob("*.parquet")
    ]
    assert len(rows) == 2
    for path in rows:
        assert (tmp_path / "alone" / path).read_bytes() == (tmp_path / "sharded" / path).read_bytes()
    # No call was made that one job would not make, and none twice.
    assert len(calls(tmp_path / "sharded")) == len(calls(tmp_path / "alone")) > 0
    asked = [
        json.loads((tmp_path / "sharded" / "store" / place / "manifest.json").read_text())
        for place in shards_of(config)
    ]
    assert all(shard["slots"] > 0 for shard in asked)
    assert manifest["recorded_calls"] >= sum(shard["calls"] for shard in asked) > manifest["calls"] / 2


def test_slots_that_look_back_are_left_to_the_data_set(config: Config, tmp_path: Path) -> None:
    """With every repetition of a mix shown its earlier scenarios: rows as by one job."""
    scenarios = config.scenarios.model_copy(update={"sequential_after": 1})
    few = replace(config, scenarios=scenarios, taxonomy=config.taxonomy.model_copy(update={"levels": "top"}))
    assert looks_back(few.scenarios)
    alone, sharded = at(few, tmp_path / "alone"), at(few, tmp_path / "sharded")
    for one in (alone, sharded):
        build_taxonomies(opened_bench(one, Spending()))
    made = build_dataset(opened_bench(alone, Spending()))
    asked = [ask_shard(opened_bench(sharded, Spending()), shard)["slots"] for shard in range(SHARDS)]
    assert sum(asked) < 30
    assert build_dataset(opened_bench(sharded, Spending()))["calls"] == made["calls"]
    name = next((tmp_path / "alone").rglob("rows.parquet")).relative_to(tmp_path / "alone")
    assert (tmp_path / "alone" / name).read_bytes() == (tmp_path / "sharded" / name).read_bytes()


def test_what_cannot_be_cut_has_no_shards(config: Config) -> None:
    assert len(shards_of(config)) == SHARDS
    assert not shards_of(replace(config, dataset=config.dataset.model_copy(update={"shards": 1})))
    assert not shards_of(replace(config, dataset=config.dataset.model_copy(update={"tokens": 1000})))
    overrides = ["system=self_instruct", "domain=arithmetic", "teacher=simulated", "dataset.shards=3"]
    assert not shards_of(cells(overrides, sweep=False)[0].config)
