"""A person's labels of taxonomies, instead of a judge's or to tell how far it agrees."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from scripted_taxonomies import bench, config, scores

from simula.errors import ConfigurationError
from simula.stages.measures.taxonomy_quality import LABELS, measure_taxonomy


def labelled_by_hand(made: dict[str, Any], root: Path, changes: dict[str, str]) -> Path:
    source = root / "store" / "quality" / made["key"] / LABELS
    with source.open() as file:
        lines = list(csv.DictReader(file))
    path = root / "mine.csv"
    with path.open("w") as file:
        out = csv.DictWriter(file, list(lines[0]))
        out.writeheader()
        for line in lines:
            out.writerow(line | {"label": changes.get(line["path"], line["label"])})
    return path


def test_a_person_labels_instead_and_the_judge_is_compared(expert: Path, tmp_path: Path) -> None:
    made = measure_taxonomy(bench(config(tmp_path, expert)))
    mine = labelled_by_hand(made, tmp_path, {"metals > silver": "bad"})
    theirs = measure_taxonomy(bench(config(tmp_path, expert, f"assessment.taxonomy.labels={mine}")))
    assert scores(theirs, "ours") == scores(made, "ours")
    assert scores(theirs, "ours", "person") == [5 / 8, 5 / 8, 0, 5 / 8]
    # 27 of 28 labels are equal; one node moves from exclusive to bad.
    person = theirs["person"]
    assert (person["labelled"], person["of"]) == (28, 28)
    assert person["agreement"]["share"] == 27 / 28
    overlapping, exclusive, redundant, bad = 5 + 5 + 3 + 3, 3 + 1 + 5, 1, 1 + 1
    assert overlapping + exclusive + redundant + bad == 28
    chance = (overlapping**2 + exclusive * (exclusive - 1) + redundant + bad * (bad + 1)) / 28**2
    assert person["agreement"]["kappa"] == pytest.approx((27 / 28 - chance) / (1 - chance))
    # Alone, without a judge: nothing is asked of one.
    alone = config(tmp_path, expert, f"assessment.taxonomy.labels={mine}", "assessment.taxonomy.votes=0")
    found = measure_taxonomy(bench(alone))
    assert set(found["scores"]) == {"person"}
    assert found["calls"] == 1
    assert found["measures"]["soundness (ours)"] == 5 / 8


def test_some_labels_of_a_person_only_tell_how_far_the_judge_agrees(expert: Path, tmp_path: Path) -> None:
    made = measure_taxonomy(bench(config(tmp_path, expert)))
    mine = labelled_by_hand(made, tmp_path, {"gases > argon": "", "bad salt": "redundant"})
    found = config(tmp_path, expert, f"assessment.taxonomy.labels={mine}")
    some = measure_taxonomy(bench(found))
    assert set(some["scores"]) == {"judge"}
    assert (some["person"]["labelled"], some["person"]["agreement"]["share"]) == (26, 25 / 26)
    with pytest.raises(ConfigurationError, match="2 nodes have no label, and votes=0 asks no judge"):
        measure_taxonomy(
            bench(
                config(tmp_path, expert, f"assessment.taxonomy.labels={mine}", "assessment.taxonomy.votes=0")
            )
        )
    other = tmp_path / "other.csv"
    other.write_text(mine.read_text().replace("metals > gold", "metals > mercury"))
    with pytest.raises(
        ConfigurationError, match="2 of its nodes are in none of the trees, such as 'metals > mercury'"
    ):
        measure_taxonomy(bench(config(tmp_path, expert, f"assessment.taxonomy.labels={other}")))
