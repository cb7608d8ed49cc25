"""What there is to look into, from a store written by hand."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from looked_into import TREE, candidate
from written_rows import write_rows

from simula.draws import generator
from simula.generation import Candidate
from simula.report import exploring
from simula.report.explorer import Assigned
from simula.report.exploring import explore
from simula.scoring import Rating
from simula.settings import fingerprint
from simula.stages.record import CellRecord
from simula.store.artifacts import Store
from simula.store.coverage import write_nodes
from simula.store.ratings import write_ratings
from simula.store.rows import REFUSED, ROWS

KEY = "stories-1a2b"


def accepted(count: int) -> list[Candidate]:
    """Slots 0, 2, 4, …; every third row is of the lynx, the others of verse alone above it."""
    paths = (("cat", "lynx"), ("cat",), ("cat",))
    return [candidate(2 * at, paths[at % 3], "verse", f"question {at}") for at in range(count)]


def refused(count: int) -> list[Candidate]:
    """Slots 1, 3, 5, …; but for the last, a duplicate, all are rejected."""
    found = [candidate(2 * at + 1, ("cat",), "verse", "wrong", "a critic") for at in range(count)]
    return [*found[:-1], found[-1].model_copy(update={"status": "duplicate"})]


def cell(
    root: Path,
    name: str,
    rows: Sequence[Candidate],
    others: Sequence[Candidate] = (),
    key: str = "",
    **axes: Any,
) -> CellRecord:
    """A cell with a data set of these rows, in the store."""
    key = key or f"stories-{name}"
    folder = root / "dataset" / key / f"n{len(rows)}"
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / ROWS, rows)
    write_rows(folder / REFUSED, others)
    named = {"domain": "stories", "system": name, "data_seed": 0, "teacher": "simulated", **axes}
    manifest = {"rows": len(rows), "inputs": {"taxonomy": KEY} if name != "evol" else {}}
    artifacts = {"dataset": f"dataset/{key}/n{len(rows)}", "train": "train/none"}
    return CellRecord(name, named, artifacts, "waiting", "", 0, {"dataset": manifest})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A store with the taxonomies."""
    folder = tmp_path / "taxonomy" / KEY
    folder.mkdir(parents=True)
    texts = {"taxonomies.json": TREE.model_dump_json(), "taxonomies.yaml": "the same"}
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    files = {name: fingerprint(text) for name, text in texts.items()}
    (folder / "manifest.json").write_text(json.dumps({"files": files}))
    return tmp_path


def test_rows_are_counted_by_node_and_shown_with_their_number(root: Path) -> None:
    rows, others = accepted(10), refused(3)
    found = explore(Store(root), [cell(root, "full", rows, others)])
    (one,) = found.sets
    assert found.trees == {KEY: TREE}
    assert (one.name, one.key, one.tree) == ("stories, full", "stories-full/n10", KEY)
    assert (one.rows, one.refused) == (10, 3)
    assert one.drawn == {("animal", "cat", "lynx"): 4, ("animal", "cat"): 6, ("form", "verse"): 10}
    assert one.shown == (*rows, *others)
    assert found.notes == ()


def test_of_many_rows_those_with_the_lowest_numbers_are_shown(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exploring, "OF_A_SET", 12)
    rows, others = accepted(50), refused(30)
    (one,) = explore(Store(root), [cell(root, "full", rows, others, data_seed=7)]).sets
    drawn = generator(7, "shown", ROWS).random(50)
    lowest = sorted(sorted(range(50), key=lambda at: drawn[at])[:8])
    assert one.shown[:8] == tuple(rows[at] for at in lowest)
    # The one duplicate among thirty is there, since each outcome has its turn.
    assert Counter(row.status for row in one.shown[8:]) == {"rejected": 3, "duplicate": 1}
    (grown,) = explore(Store(root), [cell(root, "full", accepted(60), others, data_seed=7)]).sets
    assert len({row.slot for row in grown.shown[:8]} & {row.slot for row in one.shown[:8]}) >= 5
    (other,) = explore(Store(root), [cell(root, "full", rows, others, data_seed=8)]).sets
    assert other.shown != one.shown


def test_data_sets_share_the_room_of_the_page(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exploring, "ON_PAGE", 20)
    records = [cell(root, name, accepted(30)) for name in ("baseline", "full")]
    assert [len(one.shown) for one in explore(Store(root), records).sets] == [7, 7]


def test_of_each_mechanism_the_largest_set_of_the_first_data_seed(root: Path) -> None:
    records = [
        cell(root, "full", accepted(5), key="stories-f0"),
        cell(root, "full", accepted(9), key="stories-f0"),
        cell(root, "full", accepted(12), key="stories-f1", data_seed=1),
        cell(root, "baseline", accepted(4)),
        cell(root, "evol", accepted(3)),
    ]
    found = explore(Store(root), [*records, records[1]])
    names = [(one.name, one.rows, one.tree) for one in found.sets]
    assert names == [("stories, baseline", 4, KEY), ("stories, full", 9, KEY), ("stories, evol", 3, None)]
    assert found.notes[0].startswith("Of 5 data sets 3 are here")


def test_mechanisms_of_one_system_are_named_by_what_differs(root: Path) -> None:
    records = [
        cell(root, "full", accepted(3), key=f"stories-{one}", double_judge=one, critic="double")
        for one in ("gemini", "qwen")
    ]
    assert [one.name for one in explore(Store(root), records).sets] == [
        "stories, full (double judge gemini)",
        "stories, full (double judge qwen)",
    ]


def test_a_mechanism_without_a_name_says_what_it_is(root: Path) -> None:
    chosen = {"recipe": "simula", "taxonomy": "all_levels", "scenarios": "five", "complexity": "half"}
    record = cell(root, "full", accepted(3), system="custom", critic="none", **chosen)
    (one,) = explore(Store(root), [record]).sets
    assert one.name == (
        "stories, custom (recipe simula, taxonomy all_levels, scenarios five, complexity half, critic none)"
    )


def test_a_cell_without_rows_yet_shows_nothing(root: Path) -> None:
    record = CellRecord("a", {"domain": "stories"}, {"dataset": "dataset/a/n4"}, "running", "", 0, {})
    assert explore(Store(root), [record]).sets == ()


def test_assignments_and_ratings_stand_beside_lineage(root: Path) -> None:
    record = cell(root, "full", accepted(3))
    for name in ("coverage", "rate"):
        (root / name / "key").mkdir(parents=True)
    ways = {"assigned": {"animal": [("cat",), ("cat", "lynx")], "form": [None, ("verse",)]}}
    write_nodes(root / "coverage" / "key", TREE, ways)
    rated = {slot: Rating(raw=10.0 * slot, elo=400.0 + slot, appearances=5) for slot in (0, 4)}
    write_ratings(root / "rate" / "key" / "ratings.parquet", rated | {2: Rating(None, 400.0, 0)})
    record.artifacts.update(coverage="coverage/key", rate="rate/key")
    record.manifests.update(coverage={"trees": KEY, "points": 2, "assigned": {}}, rate={})
    (one,) = explore(Store(root), [record]).sets
    assert isinstance(one.assigned, Assigned)
    assert one.assigned.points == 2
    assert {place: n for place, n in one.assigned.below.items() if n} == {
        ("animal", "cat"): 2,
        ("animal", "cat", "lynx"): 1,
        ("form", "verse"): 1,
    }
    assert one.ratings == {
        0: {"mean raw score": 0.0, "Elo": 400.0},
        4: {"mean raw score": 40.0, "Elo": 404.0},
    }
    record.manifests["coverage"]["trees"] = "another taxonomy"
    assert explore(Store(root), [record]).sets[0].assigned is None


def test_a_data_set_is_named_by_a_cell_that_selects_nothing_of_it(root: Path) -> None:
    plain, low = cell(root, "full", accepted(4)), cell(root, "full", accepted(4), system="full, low")
    (root / "rate" / "key").mkdir(parents=True)
    rated = {row.slot: Rating(raw=1.0, elo=400.0 + row.slot, appearances=5) for row in accepted(4)}
    write_ratings(root / "rate" / "key" / "ratings.parquet", rated)
    low.artifacts.update(rate="rate/key")
    low.manifests.update(rate={})
    larger = cell(root, "full", accepted(9))
    for records, name in (
        ([low, plain], "stories, full"),
        ([plain, low], "stories, full"),
        ([low], "stories, full, low before the selection"),
    ):
        found = explore(Store(root), records)
        assert [one.name for one in found.sets] == [name]
        assert found.sets[0].ratings[6]["Elo"] == 406.0
        assert {one: elo.tolist() for one, elo in found.rated.items()} == {
            f"{name}, 4 rows": [400.0, 402.0, 404.0, 406.0]
        }
    # The largest data set is shown; of the smaller one that was rated there are the ratings.
    found = explore(Store(root), [low, plain, larger])
    assert [(one.rows, one.ratings) for one in found.sets] == [(9, {})]
    assert list(found.rated) == ["stories, full, 4 rows"]
