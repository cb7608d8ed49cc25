"""Students' accuracies beside the paper's, from stores that are empty, begun, and complete."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from experiments import comparison, figure_6, figure_7, figure_13
from experiments.__main__ import main
from experiments.accuracies import against_paper, results, students
from experiments.comparison import Compared
from experiments.robustness import DOUBT
from experiments.writing import write
from simula.errors import SimulaError
from simula.store.artifacts import Store

T2 = 4.302652729911275
"""The 97.5 % quantile of Student's t with two degrees of freedom."""


def add(
    store: Store,
    right: Sequence[bool] | None,
    *,
    status: str = "done",
    validation: float | None = None,
    untuned: Sequence[bool] = (),
    **axes: Any,
) -> None:
    """One cell, its answers being `right`; None: it is not finished."""
    known: dict[str, Any] = {
        "experiment": "figure_6",
        "domain": "gsm8k",
        "system": "full",
        "selection": "everything",
        "student": "tiny",
        "teacher": "gemini_flash",
        "learning_rate": 0.005,
        "size": 4000,
        "seed": 0,
        "data_seed": 0,
        **axes,
    }
    key = "-".join(str(value) for value in known.values())
    record = {
        "key": key,
        "axes": known,
        "artifacts": {"train": f"train/{key}", "untuned": f"untuned/{key}", "evaluate": f"evaluate/{key}"},
        "status": status,
        "reason": "it broke",
        "until": "evaluate",
        "who": {"host": "another machine", "pid": 1},
    }
    store.cells.mkdir(parents=True, exist_ok=True)
    (store.cells / f"{key}.json").write_text(json.dumps(record))
    if right is None:
        return
    for stage, said in (("untuned", untuned or [False] * len(right)), ("evaluate", right)):
        answers = {"items": [f"item {at}" for at in range(len(said))], "right": list(said)}
        _publish(store, stage, key, {}, answers | {"answered": [True] * len(said)})
    accuracies = [] if validation is None else [[1, validation]]
    _publish(store, "train", key, {"validation_accuracies": accuracies, "chosen_step": 1})


def _publish(
    store: Store, stage: str, key: str, said: Mapping[str, Any], answers: Mapping[str, Any] | None = None
) -> None:
    folder = store.folder(stage, key)
    folder.mkdir(parents=True)
    if answers is not None:
        (folder / "results.json").write_text(json.dumps(answers))
    (folder / "manifest.json").write_text(json.dumps({"seconds": 1.0, **said}))


def share(right: int, items: int = 10) -> list[bool]:
    return [at < right for at in range(items)]


def line(domain: str = "gsm8k", size: int = 4000, system: str = "full") -> dict[str, str]:
    return {
        "domain": domain,
        "system": system,
        "size": str(size),
        "accuracy": "0.5",
        "ci95_half_width": "0.05",
    }


def one(store: Store, **wanted: str) -> Compared:
    (found,) = against_paper(store, wanted, "figure_6", "system", [line()])
    return found


def test_a_mean_over_seeds_beside_the_papers(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for seed, right in enumerate((5, 6, 7)):
        add(store, share(right), seed=seed)
    found = one(store)
    assert found.ours is not None
    half = T2 * 0.1 / math.sqrt(3)
    assert (found.ours.value, found.ours.low, found.ours.high) == pytest.approx((0.6, 0.6 - half, 0.6 + half))
    # Half-widths 0.2484 and 0.05: 0.1 ± sqrt(0.0617 + 0.0025).
    assert found.difference == pytest.approx(0.1)
    assert found.difference_half == pytest.approx((0.1 - 0.2534, 0.1 + 0.2534), abs=1e-4)
    assert found.mark == "3 of 10 seeds"
    assert found.ours.on == "student tiny, teacher gemini_flash, 10 test items, learning rate 0.005"
    # Ten seeds of 0.6 and 0.7: the interval is narrow, and leaves the paper's 0.5 out.
    for seed in range(3, 10):
        add(store, share(6 + seed % 2), seed=seed)
    found = one(store)
    assert found.ours is not None
    values = [0.5, 0.6, 0.7, *(0.6 + 0.1 * (seed % 2) for seed in range(3, 10))]
    assert found.ours.value == pytest.approx(statistics.mean(values))
    wide = found.difference_half or (0.0, 0.0)
    expected = math.hypot(2.2621571628 * statistics.stdev(values) / math.sqrt(10), 0.05)
    assert (wide[1] - wide[0]) / 2 == pytest.approx(expected)
    assert found.mark == "outside"


def test_what_is_not_finished_is_told(tmp_path: Path) -> None:
    store = Store(tmp_path)
    assert one(store).mark == "missing"
    add(store, None, status="failed", seed=0)
    assert one(store).mark == "missing, 1 failed"
    add(store, None, status="running", seed=1)
    assert one(store).mark == "running, 1 failed"
    add(store, share(9), seed=2)
    found = one(store)
    # The spread over seeds is not known of one: nothing can be said to be outside.
    assert found.mark == "1 of 10 seeds, 1 failed"
    assert found.ours is not None
    assert found.ours.value == 0.9
    assert found.difference_half is None
    # Cells of another name are another experiment's, unless they are asked for.
    assert one(store, experiment="mine").mark == "missing"
    add(store, share(4), seed=2, experiment="mine")
    mine = one(store, experiment="mine")
    assert mine.ours is not None
    assert mine.ours.value == 0.4


def test_of_two_learning_rates_the_better_one_on_held_out_rows_is_shown(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for seed in range(2):
        add(store, share(8), seed=seed, learning_rate=0.005, validation=0.3)
    add(store, None, status="running", seed=0, learning_rate=0.01)
    assert one(store).mark == "running, 2 learning rates, none chosen: no seed is finished at all of them"
    for seed in range(2):
        add(store, share(6), seed=seed + 5, learning_rate=0.01, validation=0.4)
        add(store, share(8), seed=seed + 5, learning_rate=0.005, validation=0.3)
    found = one(store)
    assert found.ours is not None
    assert found.ours.value == pytest.approx(0.6)
    assert found.ours.on.endswith("learning rate 0.01 of 0.005 or 0.01")


def test_students_that_differ_in_more_are_no_one_number(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, share(5), teacher="gemini_flash")
    add(store, share(6), teacher="vertex")
    with pytest.raises(
        SimulaError, match=r"cells of gsm8k differ in teacher .* such as teacher=gemini_flash"
    ):
        one(store)
    found = one(store, teacher="vertex")
    assert found.ours is not None
    assert found.ours.value == 0.6
    other = Store(tmp_path / "other")
    add(other, share(5), critic="double")
    add(other, share(6), critic="none")
    with pytest.raises(SimulaError, match=r"cells of gsm8k, full, 4000 differ in critic"):
        one(other)


def test_an_item_that_cannot_be_shown_does_not_stop_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SIMULA_ROOT", str(tmp_path))
    store = Store(tmp_path / "store")
    add(store, share(5), teacher="gemini_flash")
    add(store, share(6), teacher="vertex")
    assert main(["figure_6", "figure_12"]) == 1
    said = capsys.readouterr()
    assert "experiments: figure_6: cells of gsm8k differ in teacher (gemini_flash, vertex)" in said.err
    assert "20 lines, 20 without a result of ours" in said.out
    assert not (tmp_path / "experiments" / "figure_6.md").exists()
    assert (tmp_path / "experiments" / "figure_12.md").exists()


@pytest.mark.parametrize("done", [0, 1, 2])
def test_a_figure_shows_as_much_as_there_is(
    done: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of two systems at two sizes none, one, or all are finished."""
    paper = tmp_path / "paper"
    paper.mkdir()
    lines = [
        f"fig6,gsm8k,{system},{size},{printed},0.01\n"
        for system, printed in (("baseline", 0.5), ("full", 0.54))
        for size in (4000, 16000)
    ]
    (paper / "accuracy_by_size.csv").write_text(
        "figure,domain,system,size,accuracy,ci95_half_width\n" + "".join(lines)
    )
    monkeypatch.setattr(comparison, "REFERENCE", paper)
    store = Store(tmp_path / "store")
    for system in ("baseline", "full")[:done]:
        for size in (4000, 16000):
            for seed in range(10):
                add(store, share(5 + seed % 2), system=system, size=size, seed=seed)
    add(store, None, status="running", system="full", seed=11)
    rendered = figure_6.render(store, {})
    marks = [one.mark for one in rendered.compared if isinstance(one, Compared)]
    assert (
        marks
        == {
            0: ["missing", "missing", "running", "missing"],
            # 0.55 ± 0.038 over ten seeds.
            1: ["outside", "outside", "running", "missing"],
            2: ["outside", "outside", "", ""],
        }[done]
    )
    files = write("figure_6", rendered, tmp_path / "out", ["simula run -m experiment=figure_6"])
    assert [path.suffix for path in files] == [".md", ".csv", ".tex", ".png", ".pdf"]
    said = files[0].read_text()
    assert "```bash\nsimula run -m experiment=figure_6\n```" in said
    assert said.count("missing |") == marks.count("missing")
    shown = "4 of 4 numbers" if done == 0 else "2 of 4 numbers" if done == 1 else ""
    assert (f"{shown} have no finished result" in said) == (done < 2)
    assert (tmp_path / "out" / "figure_6.png").read_bytes().startswith(b"\x89PNG")


def test_splits_go_by_our_names(tmp_path: Path) -> None:
    store = Store(tmp_path)
    for seed in range(2):
        system, selection = "full, mixed complexity", "mixed"
        add(store, share(5), experiment="figure_7", system=system, selection=selection, seed=seed)
    found = [one for one in figure_7.render(store, {}).compared if one.ours is not None]
    assert [one.record()["selection"] for one in found] == ["mixed"]
    assert found[0].record()["paper"] == 0.5155


def test_the_doubt_about_figures_12_and_13_is_said(tmp_path: Path) -> None:
    assert figure_13.render(Store(tmp_path), {}).sentences == (DOUBT,)
    lines = {
        figure: [
            {name: value for name, value in line.items() if name != "figure"}
            for line in comparison.reference("accuracy_by_size.csv")
            if line["figure"] == figure
        ]
        for figure in ("fig12", "fig13")
    }
    assert lines["fig12"] == lines["fig13"]


def test_cells_that_examine_nobody_are_no_students(tmp_path: Path) -> None:
    store = Store(tmp_path)
    add(store, share(5))
    path = next(store.cells.glob("*.json"))
    record = json.loads(path.read_text())
    record["artifacts"] = {"complexity": "complexity/none"}
    path.write_text(json.dumps(record))
    assert students(results(store, {}), "system") == {}
