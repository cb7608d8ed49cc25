"""One row is read without the others, and is the same as among them."""

from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from written_rows import write_rows

from simula.domain import Example
from simula.generation import NO_MIX, Candidate
from simula.store import rows as rows_module
from simula.store.rows import read_rows
from simula.store.slices import batches, count, first_rows, row_at, row_of_slot


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


def _candidate(slot: int) -> Candidate:
    example = Example(question=f"질문 {slot}?", answer="A", options=("a", "b"))
    return Candidate(slot=slot, status="accepted", mix=NO_MIX, example=example, templates={"x": "1"})
