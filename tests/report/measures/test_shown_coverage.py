"""Coverage side by side: what the tables' cells say, what the figure draws."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import matplotlib as mpl
import pytest

from simula.metrics.coverage import Coverage, coverage
from simula.report.figure import STYLE
from simula.report.measures import Measured
from simula.report.measures.coverage import show_coverage
from simula.report.measures.coverage_figure import Series, coverage_figure
from simula.store.coverage import write_coverage
from simula.taxonomy import Node, Taxonomies, Taxonomy

TREE = Taxonomy(
    factor="animal",
    children=(Node(name="cat", children=(Node(name="lion"), Node(name="lynx"))), Node(name="dog")),
)
DOMAIN = Taxonomies(taxonomies=(TREE,), strategies=())
LION, DOG = ("cat", "lion"), ("dog",)


def covered(*paths: tuple[str, ...]) -> Coverage:
    return coverage(DOMAIN, {"animal": paths}, range(1, len(paths) + 1))


def measured(folder: Path, name: str, found: dict[str, Coverage], **said: Any) -> Measured:
    (folder / name).mkdir()
    write_coverage(folder / name, found)
    points = max(one.points for one in found.values())
    manifest = {"points": points, "common": [2], "agreement": [], "empty": {}, "teachers": {"gemini": {}}}
    return Measured(name, manifest | said, folder / name)


def test_cells_of_the_tables(tmp_path: Path) -> None:
    ours = measured(
        tmp_path,
        "full",
        {"assigned": covered(LION, LION, DOG, ()), "lineage": covered(LION, DOG, DOG, LION)},
        agreement=[
            {"factor": "animal", "level": 1, "points": 3, "agreed": 2 / 3, "kappa": 0.4},
            {"factor": "animal", "level": 2, "points": 2, "agreed": 1.0, "kappa": None},
        ],
        assigned={"assignments": 4, "ended": {"assigned": 3, "nowhere": 1}, "level_by_level": 4},
        empty={
            "assigned": {
                "branches": 1,
                "nodes": 1,
                "largest": [{"factor": "animal", "path": ["cat", "lynx"], "nodes": 1}],
            },
            "lineage": {"branches": 0, "nodes": 0, "largest": []},
        },
    )
    theirs = measured(tmp_path, "theirs", {"assigned": covered(DOG)}, common=[])
    shown = show_coverage([ours, theirs])
    together, by_factor, agreement = shown.tables
    cells = {line.cells[:3]: line.cells[3:] for line in together.lines}
    # Level 1 of full: 2 of 2 nodes; one of them by a single point, so that e² = 3/4 · 4 · 3/16 = 9/16.
    assert cells["full", "assigned", "1"][:3] == ("2", "2", "100.0 [26.5, 100.0]")
    # Of two points cat misses 1 of 6 pairs, dog 3 of 6.
    assert cells["full", "assigned", "1"][3].startswith("66.7 [")
    # Of level 2 the lion has two points: without either it is reached, which says nothing of other points.
    assert cells["full", "assigned", "2"][:3] == ("2", "1", "50.0")
    assert cells["theirs", "assigned", "1"][2:4] == ("50.0", "–")
    assert by_factor.columns[3:] == ("level\u00a01,\u00a0%", "level\u00a02,\u00a0%")
    assert [line.cells[:3] for line in by_factor.lines] == [
        ("full", "assigned", "animal"),
        ("full", "lineage", "animal"),
        ("theirs", "assigned", "animal"),
    ]
    assert agreement.lines[0].cells == ("full", "animal", "0.40", "66.7", "3", "–", "100.0", "2")
    assert shown.sentences == (
        "full: 4 assignments by gemini: 3 assigned, 1 nowhere; 4 were made level by level, as the taxonomy "
        "was too long.",
        "full, assigned: branches without a point: 1, with 1 of the nodes, such as animal > cat > lynx (1). "
        f"All are in {tmp_path / 'full'}.",
        "full, lineage: no branch is empty.",
    )
    assert shown.drawing is not None
    assert "full: 4 points; theirs: 1 points." in shown.caption


@pytest.mark.parametrize(
    ("series", "labels"),
    [
        (
            [("full", "assigned"), ("full", "lineage")],
            ["full, assigned, 3 points", "full, lineage, 3 points"],
        ),
        (
            [("full", "assigned"), ("full", "lineage"), ("local", "lineage")],
            ["full, assigned, 3 points", "local, lineage, 3 points"],
        ),
    ],
)
def test_each_set_is_drawn_once_and_a_single_one_in_all_its_ways(
    series: list[tuple[str, str]], labels: list[str]
) -> None:
    found = covered(LION, DOG, ())
    with mpl.rc_context(fname=STYLE):
        figure = coverage_figure([Series(name, way, found) for name, way in series])
    first, *curves = figure.axes
    legend = first.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == labels
    assert [axes.get_title("left") for axes in curves] == ["level 1, 2 nodes", "level 2, 2 nodes"]
    drawn = curves[0].lines[0]
    level = found.levels[1]
    assert list(drawn.get_xdata()) == [1, 2, 3]
    assert list(drawn.get_ydata()) == [100 * one.share for one in level.curve]
    assert len(curves[0].collections) == len(labels)  # a band each
