"""The paper's numbers beside ours: differences, marks, files; and a real store rendered as far as it goes."""

from __future__ import annotations

import csv
import importlib
import json
import math
import os
import platform
import re
from pathlib import Path

import pytest
from matplotlib.figure import Figure

from experiments import comparison, drawing, figure_4, figure_5, table_6, tables_2_3
from experiments.__main__ import AXES, ITEMS, main
from experiments.comparison import Compared, Ours, reference, table
from experiments.results import ONE_SET
from experiments.writing import Rendered, latex, write
from simula.composition import cells
from simula.help import conf_folder
from simula.plan import still_to_do
from simula.progress import Progress
from simula.report.text_table import Line, TextTable
from simula.stages.bench import Bench, axes
from simula.stages.cell import run_cell
from simula.stages.keys import artifact_keys, cell_key
from simula.stages.measures.pooled import measure_pool
from simula.store.artifacts import Store
from simula.teacher import Spending

WHERE = {"domain": "gsm8k"}


def test_half_widths_of_a_difference_add_as_squares() -> None:
    one = Compared(WHERE, "accuracy", 0.5, 0.03, Ours(0.56, 0.52, 0.60))
    assert one.difference == pytest.approx(0.06)
    low, high = one.difference_half or (math.nan, math.nan)
    assert (low, high) == pytest.approx((0.01, 0.11))  # 0.06 ± sqrt(0.04² + 0.03²)
    assert one.mark == "outside"
    assert Compared(WHERE, "accuracy", 0.5, 0.06, Ours(0.56, 0.52, 0.60)).mark == ""
    # An exact number of the paper's, and ours without an interval: nothing can be said to be outside.
    assert Compared(WHERE, "accuracy", 0.53, ours=Ours(0.56, 0.54, 0.58)).mark == "outside"
    assert Compared(WHERE, "accuracy", 0.5, ours=Ours(0.9)).mark == ""
    assert Compared(WHERE, "accuracy", None, ours=Ours(0.9)).difference is None


@pytest.mark.parametrize("state", ["missing", "running"])
def test_what_there_is_not_is_marked(state: str, tmp_path: Path) -> None:
    known = Compared(WHERE, "accuracy", 0.5, 0.01, Ours(0.51, 0.49, 0.53, "12 items"))
    absent = Compared({"domain": "lexam"}, "accuracy", 0.3, state=state)  # type: ignore[arg-type]
    shown = table("Both", [known, absent], 2)
    assert shown.columns == ("domain", "measure", "paper", "ours", "difference", "mark")
    assert [line.cells for line in shown.lines] == [
        ("gsm8k", "accuracy", "0.50 ± 0.01", "0.51 [0.49, 0.53]", "+0.01 [-0.01, 0.03]", ""),
        ("lexam", "accuracy", "0.30", "–", "–", state),
    ]
    assert "1 of 2 numbers have no finished result of ours." in shown.notes
    assert "Ours: 12 items." in shown.notes
    files = write("both", Rendered("Both", (shown,), (known, absent)), tmp_path)
    assert [path.name for path in files] == ["both.md", "both.csv", "both.tex"]
    with (tmp_path / "both.csv").open(newline="") as file:
        lines = list(csv.DictReader(file))
    assert (lines[0]["ours"], lines[0]["difference"], lines[0]["computed_on"]) == ("0.51", "0.01", "12 items")
    assert lines[1]["ours"] == ""
    assert lines[1]["mark"] == state


def test_latex_is_escaped() -> None:
    shown = latex(TextTable("50 % & more", ("a_b", "n"), (Line(("x ± y", "{1}")),), 1, ("κ – 1",)))
    assert r"\caption{50 \% \& more}" in shown
    assert r"a\_b & n \\" in shown
    assert r"x $\pm$ y & \{1\} \\" in shown
    assert r"\begin{tabular}{lr}" in shown
    assert r"$\kappa$ -- 1" in shown


def assert_latex(text: str) -> None:
    """Nothing that TeX would stop at: open braces and environments, rows of other lengths, bare signs."""
    plain = re.sub(r"\\[\\{}&%$#_]", "", text.replace("% \\usepackage{booktabs}\n", ""))
    assert plain.count("{") == plain.count("}")
    assert plain.count("$") % 2 == 0
    assert not re.search(r"[#_^%]", plain)
    opened: list[str] = []
    for step, name in re.findall(r"\\(begin|end){(\w+)}", plain):
        if step == "begin":
            opened.append(name)
        else:
            assert opened.pop() == name
    assert not opened
    for form, body in re.findall(r"\\begin{tabular}{(\w+)}(.*?)\\end{tabular}", plain, re.DOTALL):
        rows = [row for row in body.splitlines() if "&" in row]
        assert rows
        assert {row.count("&") for row in rows} == {len(form) - 1}


@pytest.mark.parametrize("name", ITEMS)
def test_an_item_renders_where_nothing_is_finished(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    monkeypatch.setattr("experiments.figure_10.REPEATS", 2)
    # Composing takes seconds, and test_table_6.py does it.
    monkeypatch.setattr("experiments.table_6.configured", table_6.printed)
    assert main([name]) == 0
    (said,) = [line for line in capsys.readouterr().out.splitlines() if " lines, " in line]
    assert said.endswith(" 0 outside")
    drawn = set() if name == "table_6" else {".png", ".pdf"}
    files = list((tmp_path / "experiments").glob(f"{name}.*"))
    assert {path.suffix for path in files} == {".md", ".csv", ".tex", *drawn}
    assert_latex((tmp_path / "experiments" / f"{name}.tex").read_text())


def test_items_are_listed_with_their_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 0
    listed = capsys.readouterr().out
    assert "simula assess -m experiment=figure_4 system=full assessment.dataset=benchmark" in listed
    assert all(f"\n{name} " in listed for name in ITEMS)
    assert main(["figure_44"]) == 2
    assert "did you mean figure_4" in capsys.readouterr().err


def test_words_are_checked_before_anything_is_rendered(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    assert main(["--help"]) == 0
    assert "python -m experiments plan figure_4" in capsys.readouterr().out
    assert main(["table_6", "teecher=gemini_flash"]) == 2
    assert "there is no axis 'teecher'; did you mean teacher?" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())
    (cell,) = cells(["domain=arithmetic"], sweep=False)
    assert set(AXES) == set(axes(cell.config))


def running(store: Store, word: str, *overrides: str) -> None:
    """A cell that this very process works on."""
    (cell, *_) = cells([f"paths.root={store.root.parent}", f"experiment={word}", *overrides], sweep=True)
    key, who = cell_key(cell.config), {"pid": os.getpid(), "host": platform.node()}
    said = {"key": key, "axes": axes(cell.config), "artifacts": artifact_keys(cell.config)}
    store.cells.mkdir(parents=True, exist_ok=True)
    record = {**said, "status": "running", "who": who, "until": "assess"}
    (store.cells / f"{key}.json").write_text(json.dumps(record))


def test_what_is_being_measured_is_marked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the items whose sets have no artifact of their own kind yet, too: pools, and expert taxonomies."""
    for item in (figure_5, tables_2_3):
        monkeypatch.setattr(item, "draw", lambda *_: None)
    store = Store(tmp_path / "store")
    running(store, "figure_5", "domain=gsm8k", "system=full")
    running(store, "taxonomy_quality", "teacher=gemini_flash", "assessment.taxonomy.expert=animals")
    states = {(one.where["domain"], one.mark) for one in figure_5.render(store, {}).compared}
    assert {domain for domain, mark in states if mark == "running"} == {"gsm8k"}
    single = [one for one in tables_2_3.render(store, {}).compared if "taxonomy" in one.where]
    assert {one.where["taxonomy"] for one in single if one.mark == "running"} == {"animals"}
    other = figure_5.render(store, {"teacher": "simulated"}).compared
    assert {one.mark for one in other} == {"missing"}


def test_shares_have_an_axis_of_shares(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether all are 1, or they differ; other numbers have the axis that fits them, and each its unit."""
    drawn: list[Figure] = []
    monkeypatch.setattr(drawing, "drawing", lambda figure: drawn.append(figure))
    known = [
        Compared({"level": f"{at}", "set": what}, what, paper)
        for what, *papers in (("alike", 1.0, 1.0), ("apart", 0.2, 0.9), ("Elo", 390.0, 520.0))
        for at, paper in enumerate(papers)
    ]
    drawing.draw(known, ("set",), "level", lambda one: "Elo" if one.what == "Elo" else "share of all")
    alike, apart, elo = drawn[0].axes
    assert alike.get_ylim() == (0, 1.05)
    assert 0 < apart.get_ylim()[0] < 0.2
    assert apart.get_ylim()[1] <= 1.05
    assert elo.get_ylim()[1] > 520
    assert [one.get_ylabel() for one in drawn[0].axes] == ["share of all", "share of all", "Elo"]


def test_what_an_item_costs_is_what_the_plan_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    words = ["domain=cti_mcq", "system=baseline", "teacher=gemini_flash_batch"]
    assert main(["plan", "figure_4", *words]) == 0
    said = capsys.readouterr().out
    assert f"simula assess -m experiment=figure_4 {' '.join(words)}" in said
    known = ["experiment=figure_4", *words]
    both = [*cells(known, sweep=True), *cells([*known, "assessment.dataset=benchmark"], sweep=True)]
    expected = still_to_do(both)
    assert expected["usd"] > 1
    assert f"2 cells, {expected['calls']:,.0f} calls, ${expected['usd']:,.2f}" in said
    # A result that needs nothing says so, and a word that is no option is refused in a sentence.
    assert main(["plan", "table_6"]) == 0
    assert "it needs no result" in capsys.readouterr().out
    assert main(["plan", "figure_3", "teacher=gemini_flsh"]) == 2
    assert "did you mean gemini_flash" in capsys.readouterr().err


def test_every_command_is_of_an_experiment_that_is_there() -> None:
    for name in ITEMS:
        item = importlib.import_module(f"experiments.{name}")
        assert item.SWEEPS or name == "table_6"
        for sweep in item.SWEEPS:
            (experiment,) = [line for line in sweep.overrides if line.startswith("experiment=")]
            path = conf_folder() / "experiment" / f"{experiment.removeprefix('experiment=')}.yaml"
            assert f"simula {sweep.command} -m {experiment}" in path.read_text(encoding="utf-8")
    shown = (comparison.REFERENCE.parent / "README.md").read_text(encoding="utf-8")
    assert all(f"| `{name}` |" in shown for name in ITEMS)


def test_a_real_store_is_rendered_as_far_as_it_goes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two systems of the laboratory stand for two of the paper's; a third is not there."""
    paper = tmp_path / "paper"
    paper.mkdir()
    systems = ("baseline", "full", "local")
    (paper / "diversity.csv").write_text(
        "domain,system,scope,mean_cosine_distance\n"
        + "".join(f"arithmetic,{system},global,0.5\n" for system in systems)
    )
    (paper / "level_ratio_coverage.csv").write_text(
        "domain,system,level,coverage\n" + "".join(f"arithmetic,{system},1,1.0\n" for system in systems)
    )
    (paper / "complexity_elo.csv").write_text(
        "domain,system,mode,mean,q05,q95\narithmetic,full,400,410,300,500\narithmetic,real,1,2,3,4\n"
    )
    monkeypatch.setattr(comparison, "REFERENCE", paper)
    base = [f"paths.root={tmp_path}", "domain=arithmetic", "teacher=simulated", "tracking=none", "size=12"]
    base += ["assessment.measures=[diversity,coverage,complexity]", "assessment.pooled=true"]
    found = cells([*base, "system=baseline,full"], sweep=True)
    for cell in found:
        assert run_cell(cell.config, "assess") is None
    store = Store(found[0].config.paths.store)
    measure_pool([Bench(cell.config, store, Progress("test"), Spending()) for cell in found])

    rendered = figure_4.render(store, {})
    ours = {(one.where["system"], one.what): one for one in rendered.compared}
    assert {place for place, one in ours.items() if one.mark == "missing"} == {
        ("local", "global distance"),
        ("local", "coverage"),
    }
    distance = ours["full", "global distance"].ours
    assert distance is not None
    assert 0 < (distance.low or 0) < distance.value < (distance.high or 0) < 1
    assert distance.on == "full: 12 data points, teacher simulated, tfidf embedding, data seed 0"
    assert ONE_SET in rendered.sentences
    assert ours["baseline", "coverage"].ours is not None
    assert rendered.drawing is not None
    # Cells of another teacher are not these.
    assert all(one.ours is None for one in figure_4.render(store, {"teacher": "gemini_flash"}).compared)

    elo = {(one.where["system"], one.what): one.ours for one in figure_5.render(store, {}).compared}
    assert elo["real", "mean"] is None
    mean = elo["full", "mean"]
    assert mean is not None
    assert 300 < (mean.low or 0) <= mean.value <= (mean.high or 0) < 500


def test_the_papers_numbers_are_all_there() -> None:
    assert {path.name: len(reference(path.name)) for path in comparison.REFERENCE.glob("*.csv")} == {
        "accuracy_by_complexity.csv": 36,
        "accuracy_by_size.csv": 250,
        "complexity_elo.csv": 24,
        "complexity_validity_mmlu.csv": 30,
        "critic_math.csv": 5,
        "critic_mmlu.csv": 9,
        "diversity.csv": 12,
        "elo_by_batch_math.csv": 30,
        "hyperparameters.csv": 7,
        "level_ratio_coverage.csv": 102,
        "score_quartiles_math.csv": 5,
        "systems.csv": 7,
        "taxonomy_quality.csv": 16,
    }
