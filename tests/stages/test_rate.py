"""Ratings stand between data set and student only where a selection needs them."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from simula.composition import Cell, cells
from simula.config import Config
from simula.domain import Example
from simula.plan import Assumptions, plan
from simula.progress import Progress
from simula.report.grid import panels
from simula.report.loading import load_result
from simula.scoring import EloSettings, ScoredBatch, ScoringSettings, rate
from simula.settings import fingerprint
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, rating_key
from simula.stages.rate import BATCHES, RATINGS, rate_rows, rate_selected, read_selecting
from simula.stages.record import record_of
from simula.stages.train import selected_rows, train_student
from simula.store.artifacts import Store
from simula.store.ratings import read_ratings
from simula.student import training

BASE = ["domain=arithmetic", "teacher=simulated", "system=local_global", "size=40", "tracking=none"]
SPLITS = ["low", "high", "mixed"]


def config(*overrides: str) -> Config:
    return cells([*BASE, *overrides], sweep=False)[0].config


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A store with a data set of 40 rows."""
    root = f"paths.root={tmp_path_factory.mktemp('rated')}"
    assert run_cell(config(root, "taxonomy.expansion.depth=2"), "generate") is None
    return root


def bench(root: str, *overrides: str) -> Bench:
    found = config(root, "taxonomy.expansion.depth=2", *overrides)
    return Bench(found, Store(found.paths.store), Progress("test"))


def test_nothing_is_rated_where_all_rows_are_trained_on(root: str) -> None:
    everything = bench(root)
    assert rate_selected(everything) == {}
    assert "rate" not in artifact_keys(everything.config)
    assert len(selected_rows(everything)[0]) == 40


def test_ratings_are_an_artifact_that_the_selections_share(root: str) -> None:
    made = rate_selected(bench(root, "selection=low"))
    folder = bench(root).store.folder("rate", made["key"])
    assert made["inputs"] == {
        "dataset": artifact_keys(bench(root).config)["dataset"].removeprefix("dataset/")
    }
    assert (made["rows"], made["batches"], made["batches_scored"], made["calls"]) == (40, 40, 40, 40)
    assert (made["batches_left_out"], made["rows_unrated"], made["parts"]) == ({}, 0, 1)
    assert made["templates"].keys() == {"score_complexity"}
    ratings = read_ratings(folder / RATINGS)
    assert {rating.appearances for rating in ratings.values()} == {5}
    assert made["elo_lowest"] == min(rating.elo for rating in ratings.values())
    for which in ("high", "mixed"):
        assert rate_selected(bench(root, f"selection={which}"))["made"] == made["made"]
    # The stored batches are all that a rating needs.
    slots = list(ratings)
    batches = [
        ScoredBatch(tuple(map(slots.index, line["slots"])), tuple(line["scores"]))
        for line in pq.read_table(folder / BATCHES).to_pylist()
    ]
    assert rate(batches, 40, EloSettings()) == list(ratings.values())


def test_ratings_without_an_order_cost_no_further_call_and_selections_go_by_them(root: str) -> None:
    by_elo = rate_selected(bench(root, "selection=low"))
    fitted = bench(root, "selection=low", "scoring.method=bradley_terry", "scoring.resamples=20")
    made = rate_selected(fitted)
    assert made["key"] != by_elo["key"]
    assert (made["calls"], made["recorded_calls"]) == (40, 40)
    path = fitted.store.folder("rate", made["key"]) / RATINGS
    assert read_ratings(path) == read_ratings(fitted.store.folder("rate", by_elo["key"]) / RATINGS)
    lines = pq.read_table(path).to_pylist()
    assert sum(line["bradley_terry"] for line in lines) == pytest.approx(400 * 40)
    assert all(line["low"] < line["bradley_terry"] < line["high"] for line in lines)
    assert read_selecting(fitted) == {line["slot"]: line["bradley_terry"] for line in lines}
    assert read_selecting(bench(root, "selection=low")) == {line["slot"]: line["elo"] for line in lines}


def test_unconnected_ratings_say_so(root: str, capsys: pytest.CaptureFixture[str]) -> None:
    made = rate_rows(bench(root, "selection=low", "scoring.appearances=1"))
    assert made["parts"] == 8
    assert "8 parts that no chain of batches connects" in capsys.readouterr().err


def test_another_scorer_gives_another_rating_and_no_other_data_set() -> None:
    own, other = (artifact_keys(config("selection=low", *more)) for more in ([], ["teacher@scorer=embedded"]))
    changed = {name for name in own if own[name] != other[name]}
    assert changed == {"rate", "train", "evaluate"}


@pytest.mark.parametrize(
    ("override", "changed"),
    [
        ("scoring.attribute=length", {"rate", "train", "evaluate"}),
        ("scoring.elo.k_factor=16", {"rate", "train", "evaluate"}),
        ("scoring.concurrency=3", set()),
        ("scoring.resamples=50", set()),
        ("scoring.method=bradley_terry", {"rate", "train", "evaluate"}),
        ("selection=high", {"train", "evaluate"}),
        ("selection.share=0.3", {"train", "evaluate"}),
        ("seed=3", {"train", "evaluate"}),
    ],
)
def test_what_changes_which_key(override: str, changed: set[str]) -> None:
    before, after = artifact_keys(config("selection=low")), artifact_keys(config("selection=low", override))
    assert {name for name in before if before[name] != after[name]} == changed
    if "selection" not in override:
        # Where nothing is rated, how it would be rated is in no key.
        unrated = artifact_keys(config()), artifact_keys(config(override))
        assert unrated[0] == unrated[1] or override == "seed=3"


def test_a_student_is_trained_on_the_selected_rows(root: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: dict[str, Sequence[Example]] = {}

    class Trained(Exception):
        pass

    for which in SPLITS:

        def train(domain: Any, examples: Sequence[Example], *rest: Any, which: str = which) -> None:
            seen[which] = examples
            raise Trained

        monkeypatch.setattr(training, "train", train)
        chosen = bench(root, f"selection={which}")
        rate_selected(chosen)
        with pytest.raises(Trained):
            train_student(chosen)
        rows, said = selected_rows(chosen)
        assert seen[which] == [row.example for row in rows]
        assert said["selection"]["rows_before"] == 40
        assert said["selection"]["rows"] == len(rows) > 0
    low, high = ({example.question for example in seen[which]} for which in ("low", "high"))
    assert not low & high
    ratings = read_ratings(bench(root).store.folder("rate", rating_key(chosen.config)) / RATINGS)
    elo = {
        row.example.question: ratings[row.slot].elo for row in selected_rows(bench(root))[0] if row.example
    }
    assert sum(map(elo.__getitem__, low)) / len(low) < sum(map(elo.__getitem__, high)) / len(high) - 20


def test_selections_are_arms_of_their_own_in_the_report(root: str) -> None:
    swept = cells([*BASE, root, f"selection=everything,{','.join(SPLITS)}"], sweep=True)
    records = [record_of(Store(cell.config.paths.store), cell.config) for cell in swept]
    (panel,) = panels([load_result(Store(swept[0].config.paths.store), record) for record in records])
    name = "local_global"
    assert [group.system for group in panel.groups] == [name, *(f"{name}, {w} complexity" for w in SPLITS)]
    assert json.dumps([record.axes["selection"] for record in records]) == json.dumps(["everything", *SPLITS])


def test_the_plan_counts_the_calls_of_the_rating_once(tmp_path: Path) -> None:
    def steps(*overrides: str) -> dict[str, tuple[int, float]]:
        swept: list[Cell] = cells([*BASE, f"paths.root={tmp_path}", *overrides], sweep=True)
        found: dict[str, tuple[int, float]] = {}
        for step in plan(swept, Assumptions()).steps:
            count, calls = found.get(step.stage, (0, 0.0))
            found[step.stage] = count + 1, calls + step.calls
        return found

    assert "rate" not in steps()
    swept = steps("selection=everything,low,high", "size=42")
    assert list(swept) == ["taxonomy", "dataset", "assess", "rate", "train", "untuned", "evaluate"]
    assert swept["rate"] == (1, 42)
    assert steps("selection=low", "scoring.batch_size=4", "size=42")["rate"] == (1, 53)
    assert swept["train"][0] == 3


def test_a_method_that_is_not_chosen_leaves_the_keys_as_they_were() -> None:
    said = ScoringSettings().identity()
    assert list(said) == ["kind", "attribute", "guidance", "batch_size", "appearances", "elo"]
    # What stands in stores was rated under this key.
    assert fingerprint(said) == "39c787b3042b"
