from __future__ import annotations

import errno
import json
import os
from pathlib import Path
from typing import Any

import pytest

from simula.composition import cells
from simula.errors import StoreError
from simula.stages.cell import opened_bench, recorded
from simula.teacher import Spending

FULL = OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("before", [{}, {"makes": ["dataset/a-long-name"] * 20}], ids=["shorter", "longer"])
def test_how_a_cell_ended_is_written_into_the_room_that_its_record_has(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, before: dict[str, Any]
) -> None:
    """A new file has no room; what was there may be shorter or longer than what is to be said."""
    overrides = ["domain=arithmetic", "teacher=simulated", "tracking=none", f"paths.root={tmp_path}"]
    bench = opened_bench(cells(overrides, sweep=False)[0].config, Spending())
    record, fsync = tmp_path / "record.json", os.fsync
    said: dict[str, Any] = {"task": 3, **before}

    def full(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")) != record:
            raise FULL
        fsync(descriptor)

    def work() -> None:
        assert json.loads(record.read_text())["status"] == "running"
        said.pop("makes", None)
        monkeypatch.setattr("simula.durable.os.fsync", full)
        raise StoreError("an answer cannot be recorded: No space left on device")

    reason, code = recorded(bench, record, said, work)
    assert (reason, code) == ("an answer cannot be recorded: No space left on device", 1)
    kept = json.loads(record.read_text())
    assert (kept["task"], kept["status"], kept["reason"]) == (3, "failed", reason)
    assert [path.name for path in tmp_path.iterdir()] == ["record.json"]
