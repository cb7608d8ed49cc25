"""What is shown of the diversity of one set, of several, of sets without distances."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from simula.report.figure import STYLE
from simula.report.measures.diversity import show_diversity
from simula.report.measures.diversity_figure import draw_diversity, figure_of
from simula.report.measures.shown import Measured


def measured(name: str, by: str = "tfidf", rows: int = 1000, check: dict[str, Any] | None = None) -> Measured:
    whole, near = f"global distance ({by})", f"local distance ({by})"
    manifest = {
        "set": name,
        "measures": {"rows measured": float(rows), "distinct bigrams of 10,000": 0.7, whole: 0.9, near: 0.4},
        "intervals": {whole: [0.88, 0.93], near: [0.39, 0.42]},
        "text": "question and options",
        "piece": 10_000,
        "left_out": [],
        "neighbours": {"k": 10, "asked": 10, "exact": check is None, "searched_anew": 7, "check": check},
    }
    return Measured(name, manifest, Path())


def without_distances(name: str) -> Measured:
    manifest = {
        "set": name,
        "measures": {"rows measured": 2.0, "distinct bigrams": 1.0},
        "intervals": {},
        "text": "question and options",
        "piece": 10_000,
        "left_out": ["distances need three points"],
        "neighbours": None,
    }
    return Measured(name, manifest, Path())


def test_distances_stand_with_their_intervals() -> None:
    shown = show_diversity([measured("full"), without_distances("two points")])
    (table,) = shown.tables
    lines = {line.cells[0]: line.cells[1:] for line in table.lines}
    assert lines["global distance (tfidf)"] == ("0.9000 [0.8800, 0.9300]", "–")
    assert lines["distinct bigrams"] == ("–", "1")
    assert any("hold fixed who is whose neighbour" in note for note in table.notes)
    assert any("The sets differ in size" in note for note in table.notes)
    assert "two points: distances need three points." in table.notes
    assert any("Distinct … of 10,000" in note for note in table.notes)
    assert shown.drawing is not None
    assert "1,000 of full, 2 of two points" in shown.caption


def test_the_recall_of_approximate_neighbours_is_said() -> None:
    check = {"points": 1000, "recall": 0.973, "local_exact": 0.41, "local_approximate": 0.405}
    (table,) = show_diversity([measured("ours", check=check), measured("theirs")]).tables
    said = [note for note in table.notes if "recall" in note]
    assert len(said) == 1
    assert "The exact ones of 7 points were taken" in said[0]
    assert re.search(r"ours: .*1,000 points .* 0\.973, .* 0\.4050 where it is 0\.4100", said[0])
    assert not any("differ in size" in note for note in table.notes)


def test_marks_stand_at_the_values_with_their_intervals() -> None:
    sets = [measured("baseline"), measured("full")]
    with mpl.rc_context(fname=STYLE):
        figure = figure_of(sets)
    axes = figure.axes
    assert [one.get_title(loc="left") for one in axes] == ["global distance", "local distance"]
    assert [label.get_text() for label in axes[0].get_yticklabels()] == ["baseline", "full"]
    bars = axes[0].containers[1]
    (ends,) = bars[2][0].get_segments()
    assert ends.ravel().tolist() == pytest.approx([0.88, 1, 0.93, 1])
    assert "95 %" in axes[0].get_xlabel()


def test_distances_by_different_embeddings_are_never_on_one_axis() -> None:
    with mpl.rc_context(fname=STYLE):
        axes = figure_of([measured("a"), measured("b", by="gemini")]).axes
    embeddings = [one.get_xlabel().split("\nby ")[1] for one in axes]
    assert embeddings == ["tfidf", "tfidf", "gemini", "gemini"]
    assert [len(one.containers) for one in axes] == [1, 1, 1, 1]


def test_without_a_distance_there_is_no_figure() -> None:
    assert draw_diversity([without_distances("a")]) is None
    assert show_diversity([without_distances("a")]).drawing is None
    one = draw_diversity([measured("a")])
    assert one is not None
    assert one == draw_diversity([measured("a")])


def test_a_set_has_its_systems_colour_whatever_its_size() -> None:
    sets = [measured("full"), measured("baseline")]
    told = [replace(one, name=f"{one.name} (size 40)") for one in sets]
    with mpl.rc_context(fname=STYLE):
        plain, named = figure_of(sets), figure_of(told)
    colours = [[line.get_color() for line in figure.axes[0].lines] for figure in (plain, named)]
    assert colours[0] == colours[1]
