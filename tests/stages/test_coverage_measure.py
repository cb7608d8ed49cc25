"""Coverage of a stored set, end to end with the simulated teacher; of others' sets on others' taxonomies."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from simula.composition import Cell, cells
from simula.config import Config
from simula.errors import ConfigurationError
from simula.metrics.coverage import agreements, coverage
from simula.plan import Assumptions, plan
from simula.plan.steps import Cost
from simula.progress import Progress
from simula.report.measures import shown_measures, write_measures
from simula.stages.bench import Bench
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys
from simula.stages.measures.coverage import measure_coverage, shown_outlines
from simula.stages.measures.points import read_set
from simula.stages.record import record_of
from simula.stages.taxonomy import read_taxonomies
from simula.store.artifacts import Store
from simula.store.coverage import ASSIGNMENTS, NODES, read_coverage
from simula.store.edited import read_covered
from simula.teacher.settings import EmbeddedTeacher, ReplayTeacher
from simula.teacher.simulated import SimulatedTeacher

BASE = ["domain=arithmetic", "teacher=simulated", "system=full", "size=30", "tracking=none"]
MEASURED = [
    "assessment.measures=[coverage]",
    "taxonomy.expansion.depth=2",
    "assessment.coverage.common=[10,90]",
]
TREES = """\
taxonomies:
- factor: setting
  children:
  - name: shop
    children: [{name: bakery}, {name: market}]
  - name: outer space
- factor: colour
  children: [{name: red}]
"""


def config(*overrides: str) -> Config:
    return cells([*BASE, *MEASURED, *overrides], sweep=False)[0].config


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """A cell whose store holds its 30 rows and their coverage."""
    made = config(f"paths.root={tmp_path_factory.mktemp('covered')}")
    assert run_cell(made, "assess") is None
    return made


def varied(own: Config, *, points: int = 1000, **coverage: object) -> Config:
    """Another coverage of the same rows."""
    chosen = own.assessment.coverage.model_copy(update=coverage)
    return replace(own, assessment=own.assessment.model_copy(update={"coverage": chosen, "points": points}))


def elsewhere(own: Config, root: Path) -> Config:
    """The cell with an empty store."""
    folders = {"root": root, "store": root / "store", "ledger": root / "ledger"}
    return replace(own, paths=own.paths.model_copy(update=folders))


def bench(config: Config) -> Bench:
    return Bench(config, Store(config.paths.store), Progress("test"))


def key(config: Config) -> str:
    return artifact_keys(config)["coverage"]


def test_rows_are_placed_by_their_text_and_by_lineage(own: Config) -> None:
    made = measure_coverage(bench(own))
    folder, trees = bench(own).store.folder("coverage", made["key"]), read_taxonomies(bench(own))
    factors = [tree.factor for tree in trees.taxonomies]
    assert made["points"] == 30
    assert set(made["inputs"]) == {"dataset", "taxonomy"}
    assert made["calls"] == made["assigned"]["assignments"] == 30 * len(factors)
    assert made["templates"].keys() == {"assign_node"}
    lines = pq.read_table(folder / ASSIGNMENTS).to_pylist()
    points = read_set(bench(own)).points
    assert [line["point"] for line in lines] == [point.id for point in points] * len(factors)
    places = {
        factor: [tuple(line["path"]) for line in lines if line["factor"] == factor] for factor in factors
    }
    # What is stored is what the points' places give.
    sizes = [expected.points for expected in read_coverage(folder)["assigned"].levels[0].curve]
    assert sizes[-1] == 30
    assert 10 in sizes
    found = coverage(trees, places, sizes)
    assert read_coverage(folder)["assigned"] == found
    measures = made["measures"]
    assert measures["coverage level 0, assigned"] == found.levels[0].share
    assert measures["coverage level 2, assigned"] == found.levels[2].share
    ten = found.levels[2].at(10)
    assert ten is not None
    assert measures["coverage level 2, assigned, of 10 points"] == ten.share
    assert "coverage level 0" not in measures
    assert not [name for name in measures if "90" in name]
    # By lineage as the other measures count it.
    reached = {(c.factor, c.path[:2]) for point in points if point.mix for c in point.mix.choices}
    nodes = {(tree.factor, path) for tree in trees.taxonomies for path, _ in tree.nodes if len(path) == 2}
    assert measures["coverage level 2"] == len(reached & nodes) / len(nodes)
    counts = {
        (line["factor"], *line["path"]): line["assigned"]
        for line in pq.read_table(folder / NODES).to_pylist()
    }
    assert counts.keys() == {(tree.factor, *path) for tree in trees.taxonomies for path, _ in tree.nodes}
    assert sum(count for node, count in counts.items() if len(node) == 2) == sum(
        bool(path) for paths in places.values() for path in paths
    )


def test_the_simulated_teacher_agrees_with_lineage_as_far_as_it_does_not_err(own: Config) -> None:
    reader = bench(replace(own, scorer=SimulatedTeacher(misplacement=0)))
    honest = measure_coverage(reader)
    erring = measure_coverage(bench(replace(own, scorer=SimulatedTeacher(misplacement=0.5))))
    known = {"calculation", "setting", "amounts", "form"}

    def mean(made: dict) -> float:
        shares = [entry["agreed"] for entry in made["agreement"] if entry["factor"] in known]
        assert shares
        return sum(shares) / len(shares)

    assert mean(honest) > 0.9 > 0.7 > mean(erring)
    entry = honest["agreement"][0]
    lines = pq.read_table(reader.store.folder("coverage", honest["key"]) / ASSIGNMENTS).to_pylist()
    assigned = [tuple(line["path"]) for line in lines if line["factor"] == entry["factor"]]
    lineage = [
        next((choice.path for choice in point.mix.choices if choice.factor == entry["factor"]), None)
        for point in read_set(reader).points
        if point.mix
    ]
    again = agreements(entry["factor"], 2, lineage, assigned)[0]
    assert (again.agreed, again.kappa, again.points) == (entry["agreed"], entry["kappa"], entry["points"])


def test_it_is_shown_as_tables_a_figure_and_sentences(own: Config, tmp_path: Path) -> None:
    store = bench(own).store
    shown = shown_measures(store, [record_of(store, own)])["coverage"]
    assert [table.title for table in shown.tables] == [
        "Coverage",
        "Coverage by factor",
        "Agreement of assignment and lineage",
    ]
    together = shown.tables[0]
    assert together.columns[-2:] == ("of\u00a010 points,\u00a0%", "reachable,\u00a0%")
    measures = measure_coverage(bench(own))["measures"]
    line = next(line.cells for line in together.lines if line.cells[1:3] == ("assigned", "1"))
    assert line[5].startswith(f"{100 * measures['coverage level 1, assigned']:.1f} [")
    assert line[6].startswith(f"{100 * measures['coverage level 1, assigned, of 10 points']:.1f} [")
    assert any("of the nodes, such as" in sentence for sentence in shown.sentences)
    assert "assignments by simulated-" in shown.sentences[0]
    files = write_measures({"coverage": shown}, tmp_path)
    assert {path.name for path in files} == {"coverage.png", "coverage.pdf", "coverage.md"}


def test_a_set_of_somebody_else_on_a_taxonomy_of_somebody_else(tmp_path: Path) -> None:
    trees, theirs = tmp_path / "trees.yaml", tmp_path / "theirs.jsonl"
    trees.write_text(TREES)
    questions = [
        "Sarah has 24 muffins and buys 18 more. How many muffins does Sarah have now?",
        "What is a muffin?",
    ]
    theirs.write_text("".join(json.dumps({"question": one, "answer": "42"}) + "\n" for one in questions))
    named = config(
        f"paths.root={tmp_path}",
        f"assessment.dataset={theirs}",
        f"assessment.coverage.taxonomy={trees}",
        "teacher.misplacement=0",
    )
    assert set(artifact_keys(named)) == {"coverage"}
    assert run_cell(named, "assess") is None
    made = record_of(bench(named).store, named).manifests["coverage"]
    assert made["measures"] == {
        "coverage level 0, assigned": 1 / 2,
        "coverage level 1, assigned": 1 / 3,
        "coverage level 2, assigned": 1 / 2,
    }
    assert made["assigned"]["ended"] == {"assigned": 1, "nowhere": 3}
    assert (made["inputs"], made["agreement"]) == ({}, [])
    assert made["empty"]["assigned"] == {
        "branches": 3,
        "nodes": 3,
        "largest": [
            {"factor": "setting", "path": ["shop", "market"], "nodes": 1},
            {"factor": "setting", "path": ["outer space"], "nodes": 1},
            {"factor": "colour", "path": [], "nodes": 1},
        ],
    }
    # What the file says is the identity, not its name.
    moved = varied(named, taxonomy=tmp_path / "moved.yaml")
    assert key(moved) == key(named)
    trees.write_text(TREES.replace("name: red", "name: blue"))
    assert key(replace(named, covered=read_covered(trees))) != key(named)
    # Without a teacher nothing says where they stand.
    reason = run_cell(varied(named, assigned=False), "assess")
    assert reason is not None
    assert "only a teacher can say where they stand" in reason


def test_the_benchmark_is_placed_in_the_domains_own_taxonomies(own: Config, tmp_path: Path) -> None:
    real = varied(elsewhere(own, tmp_path), points=6)
    real = replace(real, assessment=real.assessment.model_copy(update={"dataset": "benchmark"}))
    assert set(artifact_keys(real)) == {"taxonomy", "coverage"}
    assert run_cell(real, "assess") is None
    made = record_of(bench(real).store, real).manifests["coverage"]
    assert made["set"] == "arithmetic, real"
    assert made["points"] == 6
    assert [name for name in made["measures"] if "assigned" not in name] == []


def test_a_small_teachers_context_holds_half_a_taxonomy(own: Config) -> None:
    trees = read_taxonomies(bench(own))
    for teacher, divided in ((EmbeddedTeacher(), False), (EmbeddedTeacher(context=200), True)):
        for scorer in (teacher, ReplayTeacher(of=teacher, ledger=Path("nowhere"))):
            shown = shown_outlines(varied(replace(own, scorer=scorer), descriptions=False), trees)
            assert any(outline.divided for outline in shown) == divided
            assert (
                all(view.tokens <= 100 for outline in shown for view in outline.views.values()) or not divided
            )
    assert not any(outline.divided for outline in shown_outlines(own, trees))


def test_what_cannot_be_used_is_told_before_any_work(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"assessment.coverage.taxonomy=none.yaml: No such file"):
        config("assessment.coverage.taxonomy=none.yaml")
    broken = tmp_path / "broken.yaml"
    broken.write_text("taxonomies:\n- factor: setting\n")
    with pytest.raises(ConfigurationError, match="the factor 'setting' has no children"):
        read_covered(broken)


def test_what_changes_the_key(own: Config) -> None:
    others = [
        varied(own, descriptions=False),
        varied(own, tokens=200),
        varied(own, common=(20,)),
        varied(own, assigned=False),
        varied(own, points=20),
        replace(own, scorer=SimulatedTeacher(misplacement=1)),
        replace(own, domain=own.domain.model_copy(update={"description": "Other problems."})),
    ]
    assert len({key(config) for config in [own, *others]}) == 1 + len(others)
    same = [
        varied(own, concurrency=2),
        replace(own, scoring=own.scoring.model_copy(update={"batch_size": 3})),
        replace(own, scorer=own.teacher),
    ]
    assert {key(config) for config in same} == {key(own)}
    assert {artifact_keys(config)["dataset"] for config in [*others[:-1], *same]} == {
        artifact_keys(own)["dataset"]
    }


def test_by_lineage_alone_no_teacher_is_in_the_key_or_asked(own: Config) -> None:
    alone = varied(own, assigned=False)
    assert key(alone) == key(replace(alone, scorer=SimulatedTeacher(misplacement=1)))
    made = measure_coverage(bench(alone))
    assert (made["calls"], made["teachers"]) == (0, {})
    assert not [name for name in made["measures"] if "assigned" in name]


def test_the_plan_counts_a_call_a_point_and_factor_once(own: Config, tmp_path: Path) -> None:
    def planned(*configs: Config) -> list[Cost]:
        missing = plan([Cell((), config) for config in configs], Assumptions()).missing
        return [cost for step in missing if step.stage == "coverage" for cost in step.costs]

    def calls(*configs: Config) -> float:
        return sum(cost.calls for cost in planned(*configs))

    assert calls(own) == 0  # it exists
    trees = read_taxonomies(bench(own)).taxonomies
    assert calls(varied(own, points=20)) == 20 * len(trees)
    assert calls(varied(own, points=20, assigned=False)) == 0
    # Nothing is built: the number of factors and their sizes are assumed.
    new = varied(elsewhere(own, tmp_path), points=10)
    (cost,) = planned(new)
    assert cost.calls == 10 * 4
    assert cost.prompt_tokens / cost.calls == 200 + 25 * (7 + 7 * 4) + 300
    # Of a file the number is known: "setting" in one call or, level by level, in two; "colour" in one.
    file = tmp_path / "trees.yaml"
    file.write_text(TREES)
    theirs = replace(elsewhere(own, tmp_path), covered=read_covered(file))
    assert calls(theirs) == 30 * 2
    assert calls(varied(theirs, tokens=8)) == 30 * 3
    # A smaller size's points are among those of a larger one.
    smaller, larger = (replace(theirs, scalars=own.scalars.model_copy(update={"size": n})) for n in (20, 50))
    assert calls(smaller, larger) == 50 * 2
