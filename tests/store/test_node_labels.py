"""Labels of nodes to a file and back, as a person would change them, and every mistake with its line."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from simula.errors import ConfigurationError
from simula.metrics.taxonomy_quality import LabelledNode, Vote
from simula.store.node_labels import read_labels, write_labels

NODES = {
    ("ours", "expert"): [
        LabelledNode(
            ("metals", "iron, or ferrum"),
            (Vote("good_overlapping", ("a", "b"), 'it "is"'), Vote("bad", None)),
        ),
        LabelledNode(("gases",), ()),
    ],
    ("ours", "ours"): [LabelledNode(("금속",), (Vote("redundant", None),))],
}


def test_what_is_written_is_read_without_what_is_undecided(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    write_labels(path, NODES)
    assert path.read_text().splitlines()[1] == (
        'ours,expert,"metals > iron, or ferrum",good_overlapping,a > b,good_overlapping bad,"it ""is"""'
    )
    assert read_labels(path) == {
        ("ours", "expert"): {("metals", "iron, or ferrum"): "good_overlapping"},
        ("ours", "ours"): {("금속",): "redundant"},
    }


def test_every_mistake_is_told_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "mine.csv"
    path.write_text(
        "\ufeffcomparison,tree,path,label\nours,ours,a,good\nhers,ours,a,bad\nours,zero_shot,a,bad\n"
        "ours,ours,a > b,bad\nours,ours,a > b, bad \nours,expert,a,\n",
        encoding="utf-8",
    )
    with pytest.raises(ConfigurationError) as caught:
        read_labels(path)
    where = f"assessment.taxonomy.labels={path} line"
    assert list(caught.value.problems) == [
        f"{where} 2: there is no label 'good'; known: good_overlapping, good_exclusive, redundant, bad",
        f"{where} 3: there is no comparison 'hers'; known: ours, zero_shot",
        f"{where} 4: there is no tree of the comparison 'zero_shot'; known: expert, ours",
        f"{where} 6: 'a > b' is labelled twice",
    ]
    path.write_text("path;label\na;bad\n")
    with pytest.raises(
        ConfigurationError, match="columns comparison, tree, path, label are expected; comparison"
    ):
        read_labels(path)
    path.write_bytes(b"\xff")
    with pytest.raises(ConfigurationError, match="not a text in UTF-8"):
        read_labels(path)


FORMULAS = ["=1+1", "+1", "-1", "@SUM(1)", "\t=1", "'=1", "''-1", "'s-Hertogenbosch", "'", "a=1"]


def test_a_spreadsheet_computes_nothing_that_a_model_wrote(tmp_path: Path) -> None:
    path = tmp_path / "labels.csv"
    labels = {
        ("ours", "ours"): [
            LabelledNode((name, "=2"), (Vote("good_exclusive", None, name),)) for name in FORMULAS
        ]
    }
    write_labels(path, labels)
    with path.open(newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert {"'=1+1 > =2", "''=1 > =2", "'s-Hertogenbosch > =2", "a=1 > =2"} <= set(cells)
    assert read_labels(path) == {("ours", "ours"): {(name, "=2"): "good_exclusive" for name in FORMULAS}}
