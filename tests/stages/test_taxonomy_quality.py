"""The measure `taxonomy` end to end: trees by a scripted teacher, labels by a judge that knows the truth."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from scripted_taxonomies import EXPERT, Scripted, bench, config, scores, writer

from simula.composition import cells
from simula.errors import ConfigurationError
from simula.plan.steps import plan
from simula.report.measures import shown_measures, write_measures
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys
from simula.stages.measures.taxonomy_quality import LABELS, TREES, measure_taxonomy
from simula.stages.record import record_of
from simula.stages.topic import topic_cell
from simula.store.artifacts import Store
from simula.store.expert import read_expert
from simula.teacher.port import Request


def test_scores_are_those_worked_out_by_hand(expert: Path, tmp_path: Path) -> None:
    found = config(tmp_path, expert)
    assert run_cell(found, "assess") is None
    store = Store(found.paths.store)
    record = record_of(store, found)
    assert record.state == "done"
    assert set(record.artifacts) == {"topic", "quality"}
    made = record.manifests["quality"]
    # Of T_E's 8 nodes 5 are in ours, of whose 8 one is new, one says another again, one is bad.
    assert scores(made, "ours") == [5 / 8, 6 / 8, 1 / 8, 6 / 8]
    assert scores(made, "zero_shot") == [3 / 8, 3 / 4, 0, 3 / 8]
    assert made["differences"]["judge"]["completeness"]["value"] == 2 / 8
    assert made["measures"]["coverage (zero-shot)"] == 3 / 8
    by_level = made["scores"]["judge"]["ours"]["levels"]
    # Above: metals and gases of 3 nodes; below: iron, copper, neon of 6, and 5 nodes of ours.
    assert [level["completeness"]["value"] for level in by_level] == [2 / 2, 3 / 6]
    assert [level["soundness"]["value"] for level in by_level] == [2 / 3, 4 / 5]
    assert [level["novelty"]["value"] for level in by_level] == [0, 1 / 6]
    assert made["scores"]["judge"]["ours"]["all"]["nodes"] == {
        "good_overlapping": 5,
        "good_exclusive": 1,
        "redundant": 1,
        "bad": 1,
        "undecided": 0,
    }
    assert made["matches"]["ours expert"] == {
        "overlapping": 5,
        "mutual": 5,
        "names_another": 0,
        "not_overlapping": 0,
    }
    assert made["zero_shot_tree"]["repairs"] == {
        "nodes listed twice": 1,
        "parents that were not listed": 0,
        "paths that began with the factor": 1,
    }
    # Four trees of 2 and 3 branches, each in one call, and the tree of one call.
    assert made["templates"].keys() == {"judge_node", "zero_shot_taxonomy"}
    assert made["calls"] == (2 + 3) + (2 + 3) + 1
    assert made["judge_is_writer"]
    folder = store.root / record.artifacts["quality"]
    trees = json.loads((folder / TREES).read_text())
    assert set(trees) == {"expert", "ours", "zero_shot"}
    lines = list(csv.DictReader((folder / LABELS).read_text().splitlines()))
    assert len(lines) == 8 + 8 + 8 + 4
    assert lines[1] | {"reason": ""} == {
        "comparison": "ours",
        "tree": "expert",
        "path": "metals > iron",
        "label": "good_overlapping",
        "match": "metals > iron",
        "votes": "good_overlapping",
        "reason": "",
    }


def test_the_tree_is_expanded_as_every_taxonomy_is(expert: Path, tmp_path: Path) -> None:
    found = config(tmp_path, expert)
    asked: list[Request] = []

    def script(request: Request) -> Any:
        asked.append(request)
        return writer(request)

    measure_taxonomy(bench(replace(found, teacher=found.teacher.model_copy(update={"script": script}))))
    assert {request.template for request in asked} == {
        *("propose_children", "review_children", "plan_level", "zero_shot_taxonomy", "judge_node")
    }
    assert all("The data set: Texts about stuff." in request.system for request in asked)
    (one,) = [request for request in asked if request.template == "zero_shot_taxonomy"]
    assert (one.values["depth"], one.values["nodes"], one.max_tokens) == (2, 8, 8192)
    topic = topic_cell(found)
    assert topic is not None
    assert (topic.domain.name, topic.taxonomy.expansion.depth) == ("stuff", 2)
    # The second time nothing is asked, and another judge leaves the trees as they are.
    count = len(asked)
    measure_taxonomy(bench(found))
    assert len(asked) == count
    other = replace(found, judge=Scripted(model="other", temperature=1.0, max_tokens=500))
    assert not measure_taxonomy(bench(other))["judge_is_writer"]
    mine, theirs = artifact_keys(found), artifact_keys(other)
    assert mine["topic"] == theirs["topic"]
    assert mine["quality"] != theirs["quality"]


def test_votes_show_the_judges_noise(expert: Path, tmp_path: Path) -> None:
    calls = 0

    def wavering(request: Request) -> Any:
        nonlocal calls
        answer = writer(request)
        if request.template == "judge_node" and request.values["nodes"][0] == ["bad salt"]:
            calls += 1
            if calls == 2:
                answer["labels"][0]["label"] = "redundant"
        return answer

    made = measure_taxonomy(bench(config(tmp_path, expert, "assessment.taxonomy.votes=3", script=wavering)))
    assert scores(made, "zero_shot") == [3 / 8, 3 / 4, 0, 3 / 8]
    assert made["noise"]["nodes"] == 28
    assert made["noise"]["unanimous"] == 27
    # Of that node's three pairs two differ.
    assert made["noise"]["disagreement"] == pytest.approx(2 / 3 / 28)


def test_a_tree_of_one_call_that_does_not_come_is_told_and_left_out(expert: Path, tmp_path: Path) -> None:
    def script(request: Request) -> Any:
        return "noise" if request.template == "zero_shot_taxonomy" else writer(request)

    found = config(tmp_path, expert, script=script)
    made = measure_taxonomy(bench(found))
    assert set(made["trees"]) == {"ours"}
    assert "zero_shot_taxonomy" in made["zero_shot_tree"]["lost"]
    assert made["differences"]["judge"] is None
    without = measure_taxonomy(bench(config(tmp_path, expert, "assessment.taxonomy.zero_shot=false")))
    assert without["zero_shot_tree"]["lost"] is None
    assert scores(without, "ours") == scores(made, "ours")


def test_a_factor_of_edited_trees_is_measured(expert: Path, tmp_path: Path) -> None:
    trees = tmp_path / "mine.yaml"
    trees.write_text(
        "taxonomies:\n- factor: stuff\n  children:\n"
        "  - {name: metals, children: [{name: iron}, {name: tin}]}\n"
        "- factor: age\n  children: [{name: old}]\n"
        "strategies:\n- {factors: [stuff], weight: 1}\n"
    )
    edited = f"taxonomy.expansion.edited={trees}"
    with pytest.raises(ConfigurationError, match="name the tree to measure: stuff, age"):
        config(tmp_path, expert, edited)
    with pytest.raises(ConfigurationError, match="there is no factor 'stuf'; did you mean stuff"):
        config(tmp_path, expert, edited, "assessment.taxonomy.factor=stuf")
    found = config(tmp_path, expert, edited, "assessment.taxonomy.factor=stuff")
    assert set(artifact_keys(found)) == {"taxonomy", "quality"}
    assert scores(measure_taxonomy(bench(found)), "ours") == [2 / 8, 3 / 3, 1 / 8, 3 / 8]


@pytest.mark.parametrize(
    ("override", "message"),
    [
        ("assessment.taxonomy.expert=null", "the measure taxonomy needs one: animals, elements, fallacies"),
        (
            "assessment.taxonomy.expert=element",
            "there is no shipped taxonomy 'element'; did you mean elements",
        ),
        ("assessment.taxonomy.expert=none.csv", "No such file"),
        ("assessment.taxonomy.labels=none.csv", "assessment.taxonomy.labels=none.csv: No such file"),
        ("assessment.taxonomy.description=''", "does not describe its topic"),
        ("assessment.taxonomy.votes=0", "votes=0: nobody labels"),
    ],
)
def test_what_cannot_be_measured_is_told_before_any_call(
    override: str, message: str, expert: Path, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=message):
        config(tmp_path, expert, override)


def test_taxonomies_are_measured_without_a_data_set(expert: Path, tmp_path: Path) -> None:
    reason = run_cell(config(tmp_path, expert), "generate")
    assert reason is not None
    assert r"assessment.measures=[taxonomy] is measured by simula assess alone" in reason


def test_what_changes_which_key(expert: Path, tmp_path: Path) -> None:
    before = artifact_keys(config(tmp_path, expert))

    def changed(*overrides: str, path: Path = expert) -> set[str]:
        after = artifact_keys(config(tmp_path, path, *overrides))
        return {name for name in before if before[name] != after[name]}

    assert changed("assessment.taxonomy.concurrency=3", "size=7") == set()
    assert changed("assessment.taxonomy.votes=2") == {"quality"}
    assert changed("assessment.taxonomy.depth=1") == {"topic", "quality"}
    assert changed("assessment.taxonomy.description=Other texts.") == {"topic", "quality"}
    # What the file says decides, not where it is.
    moved = tmp_path / "moved" / "stuff.txt"
    moved.parent.mkdir()
    moved.write_text(EXPERT)
    assert changed(path=moved) == set()
    more = tmp_path / "more" / "stuff.txt"
    more.parent.mkdir()
    more.write_text(EXPERT + "stones\n")
    assert changed(path=more) == {"quality"}


def test_the_plan_counts_the_calls(tmp_path: Path) -> None:
    overrides = [
        *("domain=arithmetic", "teacher=simulated", "tracking=none", f"paths.root={tmp_path}"),
        *(
            "assessment.measures=[taxonomy]",
            "assessment.taxonomy.expert=elements",
            "assessment.taxonomy.votes=3",
        ),
        *("taxonomy.expansion.max_children=5",),
    ]
    made = plan(cells(overrides, sweep=False))
    assert [step.stage for step in made.steps] == ["topic", "quality"]
    topic, quality = ({cost.template: cost.calls for cost in step.costs} for step in made.steps)
    # One factor, whose root and 5 kinds are divided: 6 nodes, 3 proposals each.
    assert topic == {"propose_children": 18, "review_children": 6, "plan_level": 1}
    # T_E: 10 branches of 7, 7, 16, 16, 39, 13, 7, 8, 7 and 8 nodes. Ours, expected: 5 of 1 + 4 nodes.
    theirs = sum(-(-(len(branch.children) + 1) // 10) for branch in read_expert("elements").taxonomy.children)
    assert theirs == 10 + 1 + 1 + 3 + 1
    assert quality == {"zero_shot_taxonomy": 1, "judge_node": 3 * 2 * (theirs + 5)}


def test_tables_have_the_papers_form(expert: Path, tmp_path: Path) -> None:
    other = tmp_path / "more.yaml"
    other.write_text(
        "description: Texts about stuff.\nkind: grounded\ntaxonomies:\n- factor: stuff\n"
        "  children: [{name: metals, children: [{name: iron}, {name: gold}]}]\n"
    )
    one = tmp_path / "stuff.yaml"
    one.write_text(
        "description: Texts about stuff.\nkind: grounded\ntaxonomies:\n- factor: stuff\n  children:\n"
        "  - {name: metals, children: [{name: iron}, {name: copper}, {name: gold}, {name: lead}]}\n"
        "  - {name: gases, children: [{name: neon}, {name: argon}]}\n"
    )
    records = []
    for found in (config(tmp_path, one), config(tmp_path, other)):
        assert run_cell(found, "assess") is None
        records.append(record_of(Store(found.paths.store), found))
    shown = shown_measures(Store(tmp_path / "store"), records)["taxonomy"]
    means, table, differences, levels, labels = shown.tables
    assert table.columns == ("taxonomy", "method", "completeness", "soundness", "novelty", "coverage")
    cells_of = {line.cells[:2]: line.cells[2:] for line in table.lines}
    assert list(cells_of) == [
        (name, method) for name in ("stuff", "more") for method in ("ours", "zero-shot")
    ]
    assert [cell.split()[0] for cell in cells_of["stuff", "ours"]] == ["0.625", "0.750", "0.125", "0.750"]
    # Of metals, iron and gold ours has two; copper, silver, gases and neon are new to it.
    assert [cell.split()[0] for cell in cells_of["more", "ours"]] == ["0.667", "0.750", "1.333", "2.000"]
    # 0.625 [0.31, 0.86] and 0.667 [0.21, 0.94]; half widths 0.279 and 0.365.
    assert means.lines[0].cells[:4] == ("grounded", "ours", "2", "0.646 [0.42, 0.88]")
    assert differences.lines[0].cells[:2] == ("stuff", "judge")
    assert [line.cells[2] for line in levels.lines[:2]] == ["1", "2"]
    assert labels.lines[0].cells == ("stuff", "ours", "expert", "5", "3", "0", "0", "0", "5", "0", "0")
    assert any("the judge is the teacher that wrote the trees" in sentence for sentence in shown.sentences)
    files = {path.name for path in write_measures({"taxonomy": shown}, tmp_path / "report")}
    assert files == {"taxonomy.md", "taxonomy.png", "taxonomy.pdf"}
