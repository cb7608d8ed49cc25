"""The explorer from the store: which data sets, which of their rows, and how many come from each node."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice, zip_longest
from pathlib import Path
from typing import Any

import numpy as np

from simula.draws import generator
from simula.generation import Candidate
from simula.report.explorer import Assigned, Explorer, ShownSet
from simula.report.grid import SYSTEMS
from simula.stages.bench import MECHANISM, UNNAMED
from simula.stages.measures.coverage import ASSIGNED
from simula.stages.rate import RATINGS as SELECTED
from simula.stages.record import CellRecord
from simula.stages.taxonomy import stored_taxonomies
from simula.store.artifacts import Store
from simula.store.complexity import RATINGS as MEASURED
from simula.store.coverage import points_below
from simula.store.ratings import elo_of, ratings_of
from simula.store.rows import REFUSED, ROWS
from simula.store.slices import count, drawn_nodes, rows_at, statuses
from simula.taxonomy import Taxonomies

ON_PAGE = 1_500
"""Rows and refused candidates on one page, of all its data sets together; about 3 kB each."""
OF_A_SET = 240
"""Of one data set at most."""
LEAST = 6
"""Of one data set at least, however many there are."""
_REFUSED_SHARE = 1 / 3
"""Of the shown candidates of a data set."""
_NAMED = ("domain", "system")
_APART = ("teacher", *MECHANISM, "judge", "double_judge", "tokens", "mechanism")
"""Axes that stand in the names of data sets which are alike in those."""


@dataclass(frozen=True, slots=True)
class _Found:
    """One data set that is shown, and a cell of it."""

    name: str
    record: CellRecord

    @property
    def place(self) -> str:
        return self.record.artifacts["dataset"]

    @property
    def manifest(self) -> Mapping[str, Any]:
        return self.record.manifests["dataset"]


def explore(store: Store, records: Sequence[CellRecord]) -> Explorer:
    """What there is to look into; the same store gives the same rows.

    Of each mechanism the largest data set of its first data seed: smaller ones are its beginnings. Its rows
    are counted by node over all of them, and shown as far as there is room, drawn at random.

    Raises:
        StoreError: somebody changed taxonomies in place.
    """
    # Of the cells that share a data set one that selects nothing of it, by whose system it is named.
    rated_first = sorted(records, key=lambda record: "rate" not in record.artifacts)
    made = {record.artifacts["dataset"]: record for record in rated_first if "dataset" in record.manifests}
    found = _chosen(list(made.values()))
    rated = [record for record in rated_first if "rate" in record.manifests]
    rates = {record.artifacts["dataset"]: record.artifacts["rate"] for record in rated}
    room = max(LEAST, min(OF_A_SET, ON_PAGE // max(1, len(found))))
    trees = {key: stored_taxonomies(store, key) for key in dict.fromkeys(map(_tree, found)) if key}
    sets = tuple(_shown(store, one, trees, rates.get(one.place), room) for one in found)
    densities = {
        f"{one.name}, {_rows(one.record):,} rows": elo_of(store.root / rates[one.place] / SELECTED)
        for one in _chosen([made[place] for place in rates])
    }
    return Explorer(trees, sets, densities, tuple(_notes(len(made), found)))


def _chosen(made: Sequence[CellRecord]) -> list[_Found]:
    """The largest size of each data set, of those that differ in their data seed alone the first."""
    largest: dict[str, CellRecord] = {}
    for record in sorted(made, key=_rows):
        largest[_key(record)] = record
    alike: dict[tuple[Any, ...], list[CellRecord]] = {}
    for record in sorted(largest.values(), key=_order):
        alike.setdefault(_values(record, (*_NAMED, *_APART)), []).append(record)
    chosen = [records[0] for records in alike.values()]
    return [_Found(_name(record, chosen), record) for record in chosen]


def _key(record: CellRecord) -> str:
    """Of the data set at any size."""
    return record.artifacts["dataset"].split("/")[1]


def _rows(record: CellRecord) -> int:
    return int(record.manifests["dataset"]["rows"])


def _order(record: CellRecord) -> tuple[Any, ...]:
    system = record.axes["system"]
    place = SYSTEMS.index(system) if system in SYSTEMS else len(SYSTEMS)
    return record.axes["domain"], place, system, record.axes["data_seed"], _key(record)


def _values(record: CellRecord, names: Sequence[str]) -> tuple[Any, ...]:
    return tuple(record.axes.get(name, "") for name in names)


def _name(record: CellRecord, others: Sequence[CellRecord]) -> str:
    """Domain and system, and in what data sets of those differ; of a system without a name, what it is."""
    same = [one for one in others if _values(one, _NAMED) == _values(record, _NAMED)]
    said = MECHANISM if record.axes["system"] == UNNAMED else ()
    differing = [name for name in _APART if name in said or len({one.axes.get(name) for one in same}) > 1]
    settings = ", ".join(f"{name.replace('_', ' ')} {record.axes.get(name, '')}" for name in differing)
    named = ", ".join(map(str, _values(record, _NAMED)))
    named += " before the selection" if "rate" in record.artifacts else ""
    return f"{named} ({settings})" if settings else named


def _tree(found: _Found) -> str | None:
    return dict(found.manifest["inputs"]).get("taxonomy")


def _shown(
    store: Store, found: _Found, trees: Mapping[str, Taxonomies], rate: str | None, room: int
) -> ShownSet:
    folder, tree = store.root / found.place, _tree(found)
    refused = round(_REFUSED_SHARE * room)
    rows = _drawn(folder / ROWS, room - refused, found)
    shown = (*rows, *_drawn(folder / REFUSED, refused, found))
    return ShownSet(
        name=found.name,
        key=found.place.removeprefix("dataset/"),
        tree=tree,
        rows=count(folder / ROWS),
        refused=count(folder / REFUSED),
        shown=shown,
        drawn=drawn_nodes(folder / ROWS) if tree else {},
        assigned=_assigned(store, found.record, tree),
        ratings=_ratings(store, found.record, rate, [row.slot for row in rows]),
    )


def _drawn(path: Path, wanted: int, found: _Found) -> list[Candidate]:
    """As many rows, each status as often as the others as far as it is there, by a number drawn for each row.

    The number depends on the data seed and the row's place alone, so that a data set that grows keeps most
    of its shown rows.
    """
    known = statuses(path)
    numbers = generator(found.record.axes["data_seed"], "shown", path.name).random(len(known))
    waiting: dict[str, list[int]] = {}
    for at in np.argsort(numbers).tolist():
        waiting.setdefault(known[at], []).append(at)
    turns = zip_longest(*waiting.values())
    chosen = (at for turn in turns for at in turn if at is not None)
    return rows_at(path, list(islice(chosen, wanted)))


def _assigned(store: Store, record: CellRecord, tree: str | None) -> Assigned | None:
    """Where a teacher put the set's points, where it did so by the data set's own taxonomies."""
    manifest = record.manifests.get("coverage")
    if tree is None or manifest is None or manifest["trees"] != tree or ASSIGNED not in manifest:
        return None
    return Assigned(manifest["points"], points_below(store.root / record.artifacts["coverage"], ASSIGNED))


def _ratings(
    store: Store, record: CellRecord, rate: str | None, slots: Sequence[int]
) -> dict[int, dict[str, float]]:
    """By the ratings of a selection, or of the measure complexity, which rates rows by themselves too."""
    if rate is not None:
        return ratings_of(store.root / rate / SELECTED, "slot", slots)
    if record.manifests.get("complexity", {}).get("inputs"):
        return ratings_of(store.root / record.artifacts["complexity"] / MEASURED, "id", slots)
    return {}


def _notes(made: int, found: Sequence[_Found]) -> Iterator[str]:
    if len(found) < made:
        yield (
            f"Of {made:,} data sets {len(found):,} are here: of each mechanism the largest one of the first"
            " data seed, since smaller ones are its beginnings."
        )
