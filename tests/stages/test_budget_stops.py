"""A budget stops a real run cleanly, says so, and the same command with a larger one repeats no call."""

import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simula.composition import cells
from simula.stages.cell import run_cell
from simula.stages.record import record_of
from simula.store.artifacts import Store
from simula.teacher import Price, Reply, Request, Spending, Usage
from simula.teacher.simulated.teacher import Simulated

LAB = (
    *("domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2", "system=full"),
    *("teacher.price.input=1", "teacher.price.output=4", "size=20"),
)


def config(root: Path, *overrides: str) -> Any:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def ledger_keys(root: Path) -> list[str]:
    lines = [line for path in (root / "ledger").glob("*.jsonl") for line in path.read_text().splitlines()]
    return [json.loads(line)["key"] for line in lines]


def manifest(root: Path, place: str) -> dict[str, Any]:
    return dict(json.loads(next(root.glob(f"store/{place}/manifest.json")).read_text()))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run without any budget."""
    root = tmp_path_factory.mktemp("whole")
    assert run_cell(config(root), "generate") is None
    return root


@pytest.mark.parametrize("concurrency", [1, 64])
def test_a_stopped_run_is_recorded_as_such_and_goes_on_without_repeating_a_call(
    whole: Path, tmp_path: Path, concurrency: int
) -> None:
    at_once = f"dataset.concurrency={concurrency}"
    spending = Spending()
    half = manifest(whole, "taxonomy/*")["price_usd"] + manifest(whole, "dataset/*/n20")["price_usd"] / 2
    small = config(tmp_path, at_once, f"budget.usd={half}")
    reason = run_cell(small, "generate", spending)
    assert reason is not None
    found = re.match(r"dataset: (\d+)( of 20)? rows accepted; the budget of \$[\d.]+ does not cover", reason)
    assert found is not None, reason
    # Of many slots at once none may have come to its end.
    assert (0 if concurrency > 1 else 1) <= int(found[1]) < 20
    # One call's price: those of the taxonomy are the dearest.
    assert abs(spending.paid.usd - half) < 0.001
    record = record_of(Store(small.paths.store), small)
    assert (record.state, record.exit_code, record.reason) == ("stopped", 3, reason)
    # Everything paid for is recorded, and a run with no more budget sends nothing.
    assert len(ledger_keys(tmp_path)) == spending.paid.calls
    assert run_cell(config(tmp_path, at_once, "budget.calls=0"), "generate") is not None
    assert len(ledger_keys(tmp_path)) == spending.paid.calls
    (settled,) = tmp_path.glob("cache/candidates/*/n20.jsonl")
    assert concurrency > 1 or len(settled.read_text().splitlines()) > 1

    rest = Spending()
    assert run_cell(config(tmp_path, at_once, "budget.usd=1"), "generate", rest) is None
    keys = ledger_keys(tmp_path)
    assert len(keys) == len(set(keys)) == spending.paid.calls + rest.paid.calls
    assert sorted(keys) == sorted(ledger_keys(whole))
    rows = [next(root.glob("store/dataset/*/n20/rows.parquet")).read_bytes() for root in (tmp_path, whole)]
    assert rows[0] == rows[1]


def test_all_cells_of_a_command_pay_from_one_budget(whole: Path, tmp_path: Path) -> None:
    spending, limit = Spending(), "budget.calls=150"
    assert run_cell(config(tmp_path, limit, "system=baseline"), "generate", spending) is None
    assert run_cell(config(tmp_path, limit), "generate", spending) is not None
    assert spending.paid.calls == 150
    # What is recorded costs nothing: a cell that has it all is done whatever is left.
    assert run_cell(config(tmp_path, limit, "system=baseline", "size=10"), "generate", spending) is None


def test_tokens_of_unusable_answers_are_in_the_manifest_and_in_no_rows_price(
    whole: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost, ask = Usage(prompt=10, completion=5), Simulated.ask

    async def wasteful(self: Simulated, request: Request) -> Reply:
        return replace(await ask(self, request), unusable=lost)

    monkeypatch.setattr(Simulated, "ask", wasteful)
    assert run_cell(config(tmp_path), "generate") is None
    for place in ("taxonomy/*", "dataset/*/n20"):
        said, clean = manifest(tmp_path, place), manifest(whole, place)
        sent = said["calls"] - said["recorded_calls"]
        assert (said["unusable_tokens"], clean["unusable_tokens"]) == (15 * sent, 0)
        assert said["price_usd"] == clean["price_usd"]
        wasted = sent * Price(input=1, output=4).of(lost)
        assert said["paid_now_usd"] == pytest.approx(clean["paid_now_usd"] + wasted)


def test_the_manifest_says_what_an_accepted_row_costs(whole: Path) -> None:
    said = manifest(whole, "dataset/*/n20")
    assert said["usd_per_row"] == pytest.approx(said["price_usd"] / 20)
    assert said["tokens_per_row"] == (said["prompt_tokens"] + said["completion_tokens"]) / 20
    assert "usd_per_row" not in manifest(whole, "taxonomy/*")
