"""One row is read without the others, and is the same as among them."""

from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_rows import write_rows

from simula.domain import Example
from simula.generation import NO_MIX, Candidate
from simula.mix import Choice, Mix
from simula.store import rows as rows_module
from simula.store.rows import read_rows
from simula.store.slices import (
    batches,
    count,
    drawn_nodes,
    first_rows,
    row_at,
    row_of_slot,
    rows_at,
    statuses,
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slices")


@settings(deadline=None, max_examples=25)
@given(slots=st.sets(st.integers(0, 60)).map(sorted), wanted=st.integers(0, 70))
def test_rows_by_number_and_by_slot(folder: Path, slots: list[int], wanted: int) -> None:
    path = folder / "rows.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "GROUP", 4)
        write_rows(path, [_candidate(slot) for slot in slots])
    assert pq.ParquetFile(path).num_row_groups >= len(slots) // 4
    whole = read_rows(path)
    assert [row_at(path, number) for number in range(count(path) + 1)] == [*whole, None]
    assert row_of_slot(path, wanted) == (_candidate(wanted) if wanted in slots else None)
    assert first_rows(path, wanted) == whole[:wanted]
    assert [row for batch in batches(path) for row in batch] == whole


@settings(deadline=None, max_examples=25)
@given(
    slots=st.sets(st.integers(0, 60)).map(sorted), wanted=st.sets(st.integers(0, 30)), group=st.integers(1, 9)
)
def test_some_rows_and_what_all_count(folder: Path, slots: list[int], wanted: set[int], group: int) -> None:
    path = folder / "some.parquet"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rows_module, "GROUP", group)
        write_rows(path, [_candidate(slot) for slot in slots])
    whole = read_rows(path)
    assert rows_at(path, wanted) == [row for at, row in enumerate(whole) if at in wanted]
    assert statuses(path) == [row.status for row in whole]
    drawn = Counter((choice.factor, *choice.path) for row in whole for choice in row.mix.choices)
    assert drawn_nodes(path) == drawn


def _candidate(slot: int) -> Candidate:
    example = Example(question=f"질문 {slot}?", answer="A", options=("a", "b"))
    # Of nodes at several levels, in one factor or in two; every fifth one is of no mix.
    path = ("top", "주제", "leaf")[: 1 + slot % 3]
    choices = [Choice(factor=name, path=path, description="") for name in ("a factor", "b")]
    mix = Mix(strategy=0, choices=tuple(choices[: 1 + slot % 2])) if slot % 5 else NO_MIX
    status = "accepted" if slot % 7 else "rejected"
    return Candidate(slot=slot, status=status, mix=mix, example=example, templates={"x": "1"})
