"""Calibrated complexity of a set, of any attribute, and of several sets in one pool."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from simula import cli
from simula.composition import Cell, cells
from simula.config import Config
from simula.metrics import AssessmentSettings
from simula.metrics.complexity import KINDS
from simula.metrics.length import length_effect
from simula.plan import plan
from simula.plan.steps import Step
from simula.progress import Progress
from simula.report.loading import report
from simula.report.measures import shown_measures, write_measures
from simula.report.measures.complexity import show_complexity
from simula.report.measures.shown import Measured
from simula.report.text_table import markdown
from simula.scoring import EloSettings, ScoredBatch, compared, estimate, rate
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys
from simula.stages.measures.complexity import measure_complexity
from simula.stages.measures.pooled import pools, rate_pools, stored_pools
from simula.stages.rate import rate_selected
from simula.stages.record import record_of
from simula.store.arithmetic import ArithmeticBenchmark
from simula.store.artifacts import Store
from simula.store.complexity import BATCHES, RATINGS, read_densities
from simula.teacher import Spending

BASE = ["domain=arithmetic", "teacher=simulated", "tracking=none", "taxonomy.expansion.depth=2"]
MEASURED = ["assessment.measures=[complexity]", "scoring.resamples=10"]
DENSITY = {
    "axis": [300.0, 400.0, 500.0],
    "sets": {
        "theirs": {"density": [0.001, 0.008, 0.001], "low": [0, 0.007, 0], "high": [0.002, 0.009, 0.002]}
    },
}
POOLED = [*MEASURED, "assessment.pooled=true", "assessment.real=true", "benchmark.items=30", "size=20"]


def config(root: Path, *overrides: str) -> Config:
    return cells([*BASE, f"paths.root={root}", *overrides], sweep=False)[0].config


def elsewhere(one: Config, root: Path) -> Config:
    """The same cell on an empty store; composing takes a third of a second."""
    return replace(
        one, paths=one.paths.model_copy(update={"store": root / "store", "ledger": root / "ledger"})
    )


def measured(found: Config) -> tuple[dict[str, Any], Path]:
    store = Store(found.paths.store)
    manifest = measure_complexity(Bench(found, store, Progress("test")))
    return manifest, store.folder("complexity", manifest["key"])


def again(folder: Path) -> tuple[list[dict[str, Any]], list[ScoredBatch]]:
    """The ratings of an artifact, and the batches that they must follow from."""
    lines = pq.read_table(folder / RATINGS).to_pylist()
    batches = pq.read_table(folder / BATCHES).to_pylist()
    return lines, [ScoredBatch(tuple(batch["places"]), tuple(batch["scores"])) for batch in batches]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Questions that the simulated teacher understands, of a set of somebody else's."""
    path = tmp_path / "theirs.jsonl"
    items = ArithmeticBenchmark(items=25).load(tmp_path)
    lines = [{"question": item.example.question, "answer": item.example.answer} for item in items]
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return path


def test_any_attribute_is_rated_and_named_in_tables(file: Path, tmp_path: Path) -> None:
    theirs = [
        f"assessment.dataset={file}",
        "scoring.attribute=prejudice",
        "scoring.guidance='how far it judges people by their group'",
    ]
    one = config(tmp_path, *MEASURED, *theirs)
    assert run_cell(one, "assess") is None
    record = record_of(Store(one.paths.store), one)
    manifest, folder = record.manifests["complexity"], Store(one.paths.store).root
    folder = folder / record.artifacts["complexity"]
    assert (manifest["set"], manifest["attribute"], manifest["points"]) == (str(file), "prejudice", 25)
    assert (manifest["calls"], manifest["batches"], manifest["batches_left_out"]) == (25, 25, {})
    # Both ratings follow from the stored batches; what one gains the other loses.
    lines, batches = again(folder)
    assert [line["elo"] for line in lines] == [each.elo for each in rate(batches, 25, EloSettings())]
    fitted = estimate(compared(batches, 25), EloSettings(), 0, 0).value
    assert [line["bradley_terry"] for line in lines] == pytest.approx(fitted.tolist())
    for kind in KINDS:
        assert sum(line[kind] for line in lines) == pytest.approx(25 * 400)
        assert manifest["measures"][f"prejudice {KINDS[kind]}, mean"] == pytest.approx(400)
    (said,) = manifest["sets"]
    words = np.array([float(line["words"]) for line in lines])
    effect = length_effect(np.array([line["elo"] for line in lines]), words)
    assert effect is not None
    assert said["length"]["elo"] == effect.to_json()
    shown = shown_measures(Store(one.paths.store), [record])["complexity"]
    assert [table.title for table in shown.tables] == [
        "Calibrated prejudice, each set by itself",
        "Is prejudice mere length?",
    ]
    # The sentence on length stands beside the measure, whoever reads it.
    assert shown.sentences == (f"{file}: {effect.sentence('prejudice')}.",)
    (text,) = [
        path for path in write_measures({"complexity": shown}, tmp_path / "measures") if path.suffix == ".md"
    ]
    assert "points of prejudice" in text.read_text()
    assert "sets do not compare" in text.read_text()


def test_all_rows_that_a_selection_rated_are_measured_without_a_further_call(tmp_path: Path) -> None:
    own = config(tmp_path, *MEASURED, "system=local", "size=20", "selection=low")
    assert run_cell(own, "generate") is None
    bench = Bench(own, Store(own.paths.store), Progress("test"))
    by_selection = rate_selected(bench)
    manifest = measure_complexity(bench)
    assert (manifest["calls"], manifest["recorded_calls"]) == (20, 20) == (by_selection["calls"], 20)
    assert plan([Cell((), own)]).missing[0].stage == "train"
    # Whichever rating selections go by, the measure has both: it is the same artifact.
    other = replace(own, scoring=own.scoring.model_copy(update={"method": "bradley_terry"}))
    assert artifact_keys(other)["complexity"] == artifact_keys(own)["complexity"]


def test_the_ratings_are_the_same_at_any_concurrency(file: Path, tmp_path: Path) -> None:
    many = config(tmp_path, *MEASURED, f"assessment.dataset={file}")
    one = replace(many, scoring=many.scoring.model_copy(update={"concurrency": 1}))
    found = [measured(many), measured(elsewhere(one, tmp_path / "other"))]
    assert found[0][0]["key"] == found[1][0]["key"]
    for name in (RATINGS, BATCHES, "densities.json"):
        assert len({(folder / name).read_bytes() for _, folder in found}) == 1


def test_unconnected_points_say_so(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    once = config(tmp_path, *MEASURED, f"assessment.dataset={file}", "scoring.appearances=1")
    manifest, _ = measured(once)
    assert manifest["parts"] == 5
    assert "5 parts that no chain of batches connects" in capsys.readouterr().err


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with a pool of two systems and the benchmark's items, made by the command line."""
    root = tmp_path_factory.mktemp("pooled")
    arguments = ["assess", "-m", *BASE, f"paths.root={root}", *POOLED, "system=baseline,local"]
    assert cli._dispatch(arguments) == 0
    return root


@pytest.fixture(scope="module")
def both(root: Path) -> list[Config]:
    """Its cells."""
    return [config(root, *POOLED, f"system={system}") for system in ("baseline", "local")]


def made(root: Path) -> tuple[str, dict[str, Any]]:
    (found,) = stored_pools(Store(root / "store")).items()
    return found


def test_a_sweeps_sets_are_rated_in_one_pool_with_the_real_items(root: Path) -> None:
    place, manifest = made(root)
    assert [one["set"] for one in manifest["sets"]] == ["real", "baseline", "local"]
    assert [one["points"] for one in manifest["sets"]] == [30, 20, 20]
    assert manifest["set"] == "pool of real, baseline, local"
    lines, batches = again(root / "store" / place)
    ratings = rate(batches, 70, EloSettings())
    assert [line["elo"] for line in lines] == [each.elo for each in ratings]
    assert sum(each.elo for each in ratings) == pytest.approx(70 * 400)
    # One schedule over all of them: sets stand beside each other in batches.
    sets = [line["set"] for line in lines]
    assert sum(len({sets[item] for item in batch.items}) > 1 for batch in batches) > 40
    for one in manifest["sets"]:
        own = [line["elo"] for line in lines if line["set"] == one["set"]]
        assert one["elo"]["mean"][0] == pytest.approx(np.mean(own))
        assert one["elo"]["5 % quantile"][0] == pytest.approx(np.quantile(own, 0.05))
        assert one["elo"]["mean"][1] < np.mean(own) < one["elo"]["mean"][2]
    # Problems as they are easiest to think of are easier than those drawn over the whole world.
    by_name = {one["set"]: one["elo"]["mean"] for one in manifest["sets"]}
    assert by_name["baseline"][2] < by_name["real"][0]
    assert set(read_densities(root / "store" / place)["elo"]["sets"]) == {"real", "baseline", "local"}


def test_the_pool_is_the_same_in_whatever_order_and_no_cells_own(root: Path, both: list[Config]) -> None:
    place, manifest = made(root)
    again = [replace(one, scalars=one.scalars.model_copy(update={"seed": 1})) for one in both]
    turned = [*again, *both[::-1]]
    ((*pool,),) = pools(turned)
    assert len(pool) == 3  # seeds of students share their data set
    assert rate_pools(turned, Spending()) == ([place], [])
    assert manifest == made(root)[1]
    assert not any("complexity" in artifact_keys(one) for one in turned)
    # Another domain's sets, or those of another scale, are another pool.
    scaled = both[1].scoring.model_copy(update={"batch_size": 4})
    assert len(pools([both[0], replace(both[1], scoring=scaled)])) == 2


def test_reports_and_plans_know_the_pool(
    root: Path, both: list[Config], capsys: pytest.CaptureFixture[str]
) -> None:
    def shown(*some: Config) -> str:
        assert report([Cell((), one) for one in some], everything=False) == 0
        return (root / "report" / "index.html").read_text()

    def step(*some: Config) -> Step:
        return next(step for step in plan([Cell((), one) for one in some]).steps if step.stage == "pool")

    assert (step(*both).exists, step(*both).cells, step(*both).place) == (True, 3, made(root)[0])
    # 20 rows of each system and the 1,000 real items that a plan assumes, in 5 batches of 5.
    fresh = [elsewhere(one, root / "fresh") for one in both]
    assert (step(*fresh).exists, step(*fresh).calls) == (False, 1040)
    # A report need not know that a pool was asked for: the pool's data sets are among its cells'.
    alone = [replace(one, assessment=AssessmentSettings()) for one in both]
    page = shown(*alone)
    assert "Calibrated complexity, pool of real, baseline, local" in page
    assert "length explains" in page
    assert "pool of" not in shown(alone[1])


def test_a_pool_without_one_of_its_sets_is_not_rated_and_says_which(
    tmp_path: Path, both: list[Config]
) -> None:
    moved = [elsewhere(one, tmp_path) for one in both]
    assert run_cell(moved[0], "generate") is None
    places, problems = rate_pools(moved, Spending())
    assert places == []
    assert [str(problem) for problem in problems] == [
        "the pool is not rated: the data set of local is missing"
    ]


def test_sets_of_one_name_are_told_apart(tmp_path: Path, both: list[Config]) -> None:
    apart = both[0].assessment.model_copy(update={"real": False})
    sizes = [both[0].scalars.model_copy(update={"size": size}) for size in (10, 20)]
    moved = [elsewhere(replace(both[0], assessment=apart, scalars=each), tmp_path) for each in sizes]
    for one in moved:
        assert run_cell(one, "assess") is None
    (place,), _ = rate_pools(moved, Spending())
    names = [one["set"] for one in stored_pools(Store(tmp_path / "store"))[place]["sets"]]
    assert [name.split(" (")[0] for name in names] == ["baseline", "baseline"]
    assert names[0].endswith("/n10)")
    assert names[1].endswith("/n20)")


def test_what_makes_no_sense_is_told_at_once() -> None:
    with pytest.raises(ValidationError, match="pooled=true is of the measure complexity"):
        AssessmentSettings(pooled=True)
    with pytest.raises(ValidationError, match="it needs pooled=true"):
        AssessmentSettings(measures=("complexity",), real=True)
    with pytest.raises(ValidationError, match="validity compares scores with human levels"):
        AssessmentSettings(measures=("validity",), dataset="theirs.jsonl")


def test_tables_say_what_was_lost(tmp_path: Path) -> None:
    one = {
        "set": "theirs",
        "points": 4,
        "raw_mean": 20.0,
        "interval_half": None,
        "elo_and_bradley_terry": None,
        "elo": {"mean": [400.0, 390.0, 410.0], "mode": [401.0, 391.0, 411.0]}
        | {"5 % quantile": [300.0, 290.0, 310.0], "95 % quantile": [500.0, 490.0, 510.0]},
        "bradley_terry": None,
        "length": {"elo": None, "bradley_terry": None},
        "words_mean": 12.0,
    }
    manifest = {
        "attribute": "complexity",
        "sets": [one],
        "scorer": "somebody",
        "start": 400.0,
        "scale": 400.0,
    }
    manifest |= {"batches": 9, "batches_left_out": {"failed": 1, "unreadable": 2}, "parts": 2}
    manifest |= {"points_unrated": 1}
    (tmp_path / "densities.json").write_text(json.dumps({"elo": DENSITY}))
    shown = show_complexity([Measured("theirs", manifest, tmp_path)])
    table = markdown(shown.tables[0])
    assert "| theirs | 4 | 20.0 | 400 [390, 410] | 401 [391, 411] |" in table
    assert "3 of 9 batches could not be read, 1 points have no rating" in table
    assert shown.sentences == ()
    assert shown.drawing is not None
