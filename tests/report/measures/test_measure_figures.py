"""Figures of measures stay readable: one batch size, sets of very different sizes, several critics."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_hex

from simula.report.figure import STYLE, short_name
from simula.report.measures.complexity_figure import complexity_figure
from simula.report.measures.critics_figure import Curve, critics_figure
from simula.report.measures.shown import Measured
from simula.report.measures.validity_figure import validity_figure


@pytest.fixture(autouse=True)
def style() -> Any:
    with mpl.rc_context(fname=STYLE):
        yield


def cell(size: int, times: int, score: str = "elo") -> dict[str, Any]:
    ranged = [0.5, 0.4, 0.6]
    chance = {"nmi_by_chance": [0.03, 0.01, 0.1], "ari_by_chance": [0.0, -0.02, 0.02]}
    place = {"batch_size": size, "appearances": times, "score": score}
    return place | {"nmi": ranged, "ari": ranged, "auc": None} | chance


def grid(*cells: dict[str, Any]) -> Measured:
    return Measured("theirs", {"grid": list(cells)}, Path())


def test_a_single_batch_size_is_drawn_over_appearances() -> None:
    figure = validity_figure([grid(cell(5, 1), cell(5, 3), cell(5, 10), cell(5, 1, "raw"))])
    nmi = figure.axes[0]
    assert nmi.get_xlabel() == "batches an item is in"
    assert [text.get_text() for text in nmi.get_xticklabels()] == ["1", "3", "10"]
    assert nmi.get_xlim() == (-0.6, 2.6)
    elo, raw = nmi.containers
    assert (elo.get_label(), raw.get_label()) == ("Elo, batches of 5", "raw, batches of 5")
    # What chance gives is beside it.
    assert "by chance" in nmi.get_legend_handles_labels()[1]


def test_several_batch_sizes_are_to_the_right_and_lines_stand_apart() -> None:
    figure = validity_figure([grid(cell(1, 1, "raw"), cell(2, 1), cell(2, 3), cell(5, 1), cell(5, 3))])
    nmi = figure.axes[0]
    assert nmi.get_xlabel() == "items a batch"
    first, second = (container[0].get_xdata() for container in nmi.containers[1:])
    assert np.all(np.abs(first - second) > 0.05)


def test_an_interval_beside_its_number_is_drawn_as_far_as_it_reaches() -> None:
    few = cell(5, 1) | {"nmi": [0.2, 0.25, 0.5]}
    nmi = validity_figure([grid(few, cell(5, 3))]).axes[0]
    (ends, _) = nmi.containers[0][2][0].get_segments()
    assert ends[:, 1].tolist() == pytest.approx([0.2, 0.5])


def pooled(folder: Path, *sets: tuple[str, int, float]) -> Measured:
    """A pool of sets, each with its points and the height of its density."""
    axis = np.linspace(0, 100, 101)
    shape = np.exp(-(((axis - 50) / 10) ** 2))
    densities = {
        name: {"density": (top * shape).tolist(), "low": [0.0] * 101, "high": (9 * top * shape).tolist()}
        for name, _, top in sets
    }
    (folder / "densities.json").write_text(json.dumps({"elo": {"axis": axis.tolist(), "sets": densities}}))
    ends = {"mean": [50.0, 45.0, 55.0]} if len(sets) > 1 else {"mean": [50.0, None, None]}
    said = [{"set": name, "points": points, "elo": ends} for name, points, _ in sets]
    return Measured("pool", {"sets": said, "attribute": "complexity"}, folder)


def test_every_density_is_as_high_whatever_its_sets_size(tmp_path: Path) -> None:
    pool = pooled(tmp_path, ("large", 1000, 0.01), ("tiny", 4, 0.4))
    (axes,) = complexity_figure({"pool": [pool]}).axes
    large, tiny = (line for line in axes.lines if len(line.get_xdata()) == 101)
    heights = [np.ptp(line.get_ydata()) for line in (large, tiny)]
    assert heights == pytest.approx([0.85, 0.85], rel=1e-3)
    assert large.get_ydata().min() == pytest.approx(1, abs=1e-6)
    assert tiny.get_ydata().min() == pytest.approx(0, abs=1e-6)
    # A band does not reach into the next set.
    bands = [band.get_paths()[0].vertices[:, 1] for band in axes.collections if band.get_alpha() == 0.3]
    assert [band.max() for band in bands] == pytest.approx([2, 1])
    assert [label.get_text() for label in axes.get_yticklabels()] == ["large\n1,000 points", "tiny\n4 points"]
    assert "mean, 95 % interval" in axes.get_xlabel()


def test_a_lone_set_has_no_mark_for_its_mean(tmp_path: Path) -> None:
    (axes,) = complexity_figure({"alone": [pooled(tmp_path, ("alone", 40, 0.02))]}).axes
    assert not axes.containers
    assert axes.get_xlabel() == "complexity, Elo points"


def judged(name: str, critic: float) -> dict[str, Any]:
    share = {"value": critic, "low": critic - 0.05, "high": critic + 0.05}
    parts = ("teacher_accuracy", "accuracy", "rejection", "before", "accepted")
    elo = {"value": 400.0, "low": 390.0, "high": 410.0}
    study = dict.fromkeys(parts, share) | {"elo_accepted": elo, "elo_rejected": elo}
    return {"name": name, "critics": {"double": {"controlled": study, "empirical": study}}}


def test_critics_have_a_row_each_and_what_is_counted_a_colour_each() -> None:
    curves = [Curve(name, [judged("1", 0.5), judged("2", 0.6)]) for name in ("gemini", "qwen")]
    axes = critics_figure(curves, "level").axes
    assert len(axes) == 6
    assert [one.get_title("left").split("\n")[0] for one in axes[::3]] == ["gemini", "qwen"]
    lines = [container[0] for container in axes[0].containers]
    assert len({to_hex(line.get_color()) for line in lines}) == 3
    assert len({line.get_marker() for line in lines}) == 3
    # Equal values do not cover one another.
    assert len({line.get_xdata()[0] for line in lines}) == 3


def test_a_long_name_is_cut_in_its_middle() -> None:
    one, other = (f"/data/somewhere/deep/theirs.csv (columns.question {name})" for name in ("text", "body"))
    assert short_name(one) != short_name(other)
    assert len(short_name(one)) == 36
    assert short_name("full") == "full"
