"""A plan counts every call once, prices it by who is asked, and says what it knows and what it assumes."""

import datetime
import io
import json
import os
import re
from pathlib import Path
from typing import Any

import anyio
import pytest
from rich.console import Console

from simula.composition import cells
from simula.embedding.settings import ServerEmbedding
from simula.plan import Plan, Step, plan, print_plan
from simula.plan.measured import recorded_tokens
from simula.plan.prices import price_warnings
from simula.stages.cell import run_cell
from simula.teacher import Ledger, Reply, Usage
from simula.teacher.settings import EmbeddedTeacher, GeminiTeacher, Price, ServerTeacher

GOLDEN = Path(__file__).parent / "golden" / "plan_80.txt"
PAPER = ("domain=gsm8k", "teacher=gemini_flash", "student=gemma3_4b_pt", "training=paper", "size=4000")
UNWATCHED = "++critic.canaries=0"
"""Without the calls that every data set begins with."""
LAB = ("domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2")


def planned(root: Path, *overrides: str) -> Plan:
    sweep = any("," in line for line in overrides)
    return plan(cells([*overrides, f"paths.root={root}"], sweep=sweep))


def step(made: Plan, stage: str) -> Step:
    (found,) = [one for one in made.steps if one.stage == stage]
    return found


def calls(made: Plan) -> dict[str, float]:
    return {cost.template: cost.calls for cost in made.costs}


def test_the_plan_fits_80_columns_and_says_everything(tmp_path: Path) -> None:
    text = io.StringIO()
    lines = ["system=local_global,full", "teacher@double_judge=gemini_flash_lite", "budget.usd=20"]
    lines += ["double_judge.price.date=2026-01-15"]
    found = cells([*PAPER, *lines, f"paths.root={tmp_path}"], sweep=True)
    print_plan(found, console=Console(file=text, width=80), today=datetime.date(2026, 11, 22))
    lines = [line.rstrip() for line in text.getvalue().splitlines()]
    if os.environ.get("SIMULA_UPDATE_GOLDEN"):
        GOLDEN.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert lines == GOLDEN.read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 80
    assert list(tmp_path.iterdir()) == []


def test_the_calls_of_a_candidate_are_those_of_its_mechanism(tmp_path: Path) -> None:
    def each(*overrides: str) -> dict[str, float]:
        made = planned(tmp_path, *PAPER, UNWATCHED, *overrides)
        data = step(made, "dataset")
        assert data.rates is not None
        candidates = 4000 / data.rates.accepted
        return {cost.template: round(cost.calls / candidates, 3) for cost in data.costs}

    assert each("system=baseline") == {"write_sample": 1}
    assert each("system=local") == {"write_scenarios": 1, "complexify": 0.5, "write_sample": 1}
    assert each("system=full") == {
        "write_scenarios": 1,
        "complexify": 0.5,
        "write_sample": 1,
        "judge_requirements": 1.3,
        "refine": 0.3,
        "judge_correct": 0.9,
        "judge_incorrect": 0.9,
    }
    assert set(each("system=self_instruct")) == {"write_sample", "write_like"}
    assert set(each("system=evol_instruct")) == {"write_sample", "evolve"}


def test_each_role_pays_its_own_teachers_price(tmp_path: Path) -> None:
    dear = ("teacher@judge=gemini_flash", "judge.price.input=100", "judge.price.output=0")
    made = planned(tmp_path, *PAPER, "system=full", *dear, "teacher@double_judge=openai_compatible")
    costs = {cost.template: cost for cost in step(made, "dataset").costs}
    assert costs["judge_correct"].usd == costs["judge_incorrect"].usd == 0
    judged = costs["judge_requirements"]
    assert judged.usd == pytest.approx(100 * judged.prompt_tokens / 1e6, rel=1e-4)
    written = costs["write_sample"]
    priced = (0.30 * written.prompt_tokens + 2.50 * written.completion_tokens) / 1e6
    assert written.usd == pytest.approx(priced, rel=1e-4)


def test_cells_that_differ_in_the_critic_pay_for_one_generation(tmp_path: Path) -> None:
    one = calls(planned(tmp_path, *PAPER, "system=full"))
    both = calls(planned(tmp_path, *PAPER, "system=full", "critic=double,none,requirements"))
    assert both == pytest.approx(one)
    # Another generation is another bill.
    other = calls(planned(tmp_path, *PAPER, "system=full", "data_seed=0,1"))
    assert other["write_sample"] == pytest.approx(2 * one["write_sample"])
    assert other["propose_children"] == one["propose_children"]


def test_sizes_of_a_data_set_pay_for_the_largest(tmp_path: Path) -> None:
    full = (*PAPER, UNWATCHED, "system=full")
    largest = calls(planned(tmp_path, *full, "size=16000"))
    assert calls(planned(tmp_path, *full, "size=64,16000,4000")) == pytest.approx(largest)


def test_every_data_set_of_a_teacher_behind_a_network_begins_with_canaries(tmp_path: Path) -> None:
    def canaries(*overrides: str) -> float:
        counts = [
            sum(calls(planned(tmp_path, *PAPER, "system=full", *more)).values())
            for more in (overrides, (*overrides, UNWATCHED))
        ]
        return counts[0] - counts[1]

    assert canaries() == pytest.approx(32)
    assert canaries("critic.canaries=5") == pytest.approx(20)
    # A run that makes two data sets pays for them once.
    assert canaries("data_seed=0,1") == pytest.approx(32)
    assert canaries("teacher@double_judge=embedded") == 0
    assert canaries("teacher=gemini_flash_batch") == 0
    assert canaries("system=local_global") == 0


def test_another_critic_of_what_is_stored_costs_the_critic_and_what_is_missing(tmp_path: Path) -> None:
    (cell,) = cells([*LAB, f"paths.root={tmp_path}", "system=local_global", "size=40"], sweep=False)
    assert run_cell(cell.config, "generate") is None
    stored = manifest(tmp_path, 40)["candidates"]
    made = planned(tmp_path, *LAB, "system=local_global,full", "size=40")
    needed = 40 / 0.75  # by the assumed rate
    assert [one.exists for one in made.steps if one.stage == "dataset"] == [True, False]
    assert calls(made)["write_sample"] == pytest.approx(needed - stored)
    assert calls(made)["judge_requirements"] == pytest.approx(needed * 1.3)


def test_a_larger_size_is_planned_from_what_the_smaller_one_needed(tmp_path: Path) -> None:
    """The plan of 120 rows after 40 against what they then cost: within a fifth, tokens included."""
    config = cells([*LAB, f"paths.root={tmp_path}", "system=full", "size=40"], sweep=False)[0].config
    assert run_cell(config, "generate") is None
    made = planned(tmp_path, *LAB, "system=full", "size=120")
    assert step(made, "taxonomy").exists
    data = step(made, "dataset")
    assert data.rates is not None
    assert "candidates of arithmetic-all-k5-c50-rd-" in data.rates.source
    assert all(cost.recorded for cost in data.costs)
    before = manifest(tmp_path, 40)
    config = cells([*LAB, f"paths.root={tmp_path}", "system=full", "size=120"], sweep=False)[0].config
    assert run_cell(config, "generate") is None
    after = manifest(tmp_path, 120)
    for name in ("calls", "prompt_tokens", "completion_tokens"):
        assert getattr(data, name) == pytest.approx(after[name] - before[name], rel=0.2)
    # What exists is neither counted nor priced.
    assert calls(planned(tmp_path, *LAB, "system=full", "size=120")) == {}
    assert calls(planned(tmp_path, *LAB, "system=full", "size=100")) == {}


def test_rates_of_another_mechanism_count_where_domain_critic_and_teacher_are_the_same(
    tmp_path: Path,
) -> None:
    config = cells([*LAB, f"paths.root={tmp_path}", "system=full", "size=30"], sweep=False)[0].config
    assert run_cell(config, "generate") is None
    said = manifest(tmp_path, 30)

    def rates(*overrides: str) -> Any:
        return step(planned(tmp_path, *LAB, "system=full", *overrides), "dataset").rates

    alike = rates("complexity=none")
    assert alike.accepted == pytest.approx(30 / said["candidates"])
    assert "1 data sets of this domain, critic and teacher" in alike.source
    assert rates("critic=none").source == "assumed"
    assert rates("teacher.skill=1").source == "assumed"


def manifest(root: Path, size: int) -> dict[str, Any]:
    (path,) = root.glob(f"store/dataset/*/n{size}/manifest.json")
    return dict(json.loads(path.read_text()))


def test_tokens_come_from_the_ledger_by_template_and_model(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger", fsync=False)

    async def record() -> None:
        for number in range(10):
            usage = Usage(prompt=100 + number, cached=40, completion=30, thinking=10)
            reply = Reply("{}", "gemini-2.5-flash", "stop", usage)
            await ledger.append(f"{number:020x}", "write_sample", "gemini-2.5-flash", reply, 0.1)

    anyio.run(record)
    ledger.close()
    with next((tmp_path / "ledger").glob("*.jsonl")).open("a") as file:
        file.write('{"key":"00')
    (found,) = recorded_tokens(tmp_path / "ledger").items()
    assert found[0] == ("gemini-2.5-flash", "write_sample")
    mean = found[1]
    assert (mean.calls, mean.prompt, mean.cached, mean.completion) == (10, 104.5, 40, 40)

    costs = {c.template: c for c in planned(tmp_path, *PAPER, "system=full").costs}
    sample = costs["write_sample"]
    assert (sample.recorded, costs["refine"].recorded) == (10, 0)
    assert sample.prompt_tokens == pytest.approx(104.5 * sample.calls)
    assert sample.usd == pytest.approx(sample.calls * (64.5 * 0.30 + 40 * 0.03 + 40 * 2.50) / 1e6, rel=1e-4)
    other = {c.template: c for c in planned(tmp_path, *PAPER, "teacher=gemini_flash_lite").costs}
    assert other["write_sample"].recorded == 0


def test_a_token_budget_of_the_data_set_and_the_candidate_limit_bound_the_plan(tmp_path: Path) -> None:
    made = planned(tmp_path, *PAPER, UNWATCHED, "system=full", "dataset.tokens=100000")
    data = step(made, "dataset")
    assert data.prompt_tokens + data.completion_tokens == pytest.approx(100_000)
    limited = planned(tmp_path, *PAPER, "system=full", "dataset.candidates_per_row=1")
    assert calls(limited)["write_sample"] == 4000


def test_rows_that_a_provider_embeds_are_planned_once_for_all_sizes(tmp_path: Path) -> None:
    none = planned(tmp_path, *PAPER, "system=full")
    assert step(none, "assess").calls == 0
    made = planned(tmp_path, *PAPER, "system=full", "embedding=gemini", "size=40,300,4000")
    steps = [one for one in made.steps if one.stage == "assess"]
    # At most assessment.points rows are measured: 40, 300 and 1,000, 100 a call.
    assert [one.calls for one in steps] == [1, 2, 7]
    assert [one.prompt_tokens for one in steps] == [40 * 300, 200 * 300, 700 * 300]
    assert [one.completion_tokens for one in steps] == [0, 0, 0]
    assert sum(one.usd for one in steps) == pytest.approx(940 * 300 * 0.15 / 1e6)


def test_the_price_of_an_embedding_is_shown_and_doubted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chosen = ["embedding=gemini", "embedding.price.date=2026-01-15", "budget.usd=0.01"]
    found = cells([*PAPER, "teacher=simulated", *chosen, f"paths.root={tmp_path}"], sweep=False)
    text = io.StringIO()
    print_plan(found, console=Console(file=text, width=200), today=datetime.date(2026, 11, 22))
    said = text.getvalue()
    assert "gemini-embedding-001: $0.15 in a million tokens (read 2026-01-15)" in said
    assert "compare them with the provider's page and override embedding.price" in said
    assert "budget.usd covers about 22 % of this" in said
    assert re.search(r"embed +gemini-embedding-001 +10 +30000 +0 +0\.0[45] +assumed", said)
    far = ServerEmbedding(model="far", base_url="https://api.example.org/v1")
    (free,) = price_warnings([far], datetime.date(2026, 11, 22))
    assert free.startswith("far has no price and counts as free: state embedding.price.input, or")


def test_doubtful_prices_are_named() -> None:
    today = datetime.date(2026, 11, 22)
    old = Price(input=1, date=datetime.date(2026, 8, 1))
    fresh = Price(input=1, date=datetime.date(2026, 8, 24))
    far = ServerTeacher(model="far", base_url="https://api.example.org/v1")

    def warned(*teachers: Any) -> list[str]:
        return price_warnings(teachers, today)

    assert warned(GeminiTeacher(price=fresh), EmbeddedTeacher(), ServerTeacher(model="here")) == []
    assert "were read 113 days ago, on 2026-08-01" in warned(GeminiTeacher(price=old))[0]
    assert warned(far)[0].startswith("far has no price and counts as free")
    assert warned(GeminiTeacher())[0].startswith("gemini-2.5-flash has no price")
    assert "have no date" in warned(GeminiTeacher(price=Price(input=1)))[0]
    stated = fresh.model_copy(update={"model": "gemini-2.5-flash"})
    assert (
        warned(GeminiTeacher(price=stated), GeminiTeacher(model="gemini-2.5-flash-001", price=stated)) == []
    )
    (other,) = warned(GeminiTeacher(model="gemini-2.5-pro", price=stated))
    assert "prices are those of gemini-2.5-flash: state teacher.price.input" in other


def test_shipped_price_lists_have_a_date() -> None:
    from omegaconf import OmegaConf

    from simula.help import conf_folder

    stated = 0
    for path in [*conf_folder().glob("teacher/*.yaml"), conf_folder() / "embedding" / "gemini.yaml"]:
        price = OmegaConf.load(path).get("price")
        if path.stem in ("replay", "vllm"):  # the recorded teacher's, and openai_compatible's
            continue
        assert price is not None, path
        if price.input or price.output:
            stated += 1
            assert price.model == OmegaConf.load(path).model
            assert datetime.date.fromisoformat(price.date) <= datetime.date.today() + datetime.timedelta(366)
    assert stated >= 3


def test_json_holds_the_same_numbers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = cells([*PAPER, "system=full", f"paths.root={tmp_path}"], sweep=False)
    assert print_plan(found, as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    made = plan(found)
    assert said["still_to_do"]["usd"] == pytest.approx(sum(one.usd for one in made.missing))
    assert sum(one["usd"] for one in said["calls"]) == pytest.approx(said["still_to_do"]["usd"])
    assert said["prices"]["gemini-2.5-flash"]["date"] == "2026-11-22"
    assert said["assumptions"]["tokens"]["write_sample"] == [400, 220]


def test_a_teachers_examination_is_planned_by_the_benchmarks_own_items(tmp_path: Path) -> None:
    gsm8k = ["domain=gsm8k", "teacher=simulated", "tracking=none", "evaluation.teacher=true"]
    for limit, calls in (("null", 1319), ("100", 100), ("5000", 1319)):
        made = planned(tmp_path, *gsm8k, f"evaluation.limit={limit}")
        (step,) = [step for step in made.steps if step.stage == "teacher"]
        assert step.calls == calls
