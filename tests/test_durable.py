from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from simula.durable import write_json


def test_writers_of_one_process_id_on_two_hosts_tear_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One is amid its write while the other, which has the same id elsewhere, writes the whole file."""
    path, fsync, seen = tmp_path / "said.json", os.fsync, []

    def amid(descriptor: int) -> None:
        monkeypatch.setattr(os, "fsync", fsync)
        write_json(path, {"by": "the other"})
        seen.append(json.loads(path.read_text()))
        fsync(descriptor)

    monkeypatch.setattr(os, "getpid", lambda: 7)
    monkeypatch.setattr(os, "fsync", amid)
    write_json(path, {"by": "the first", "rows": [1, 2, 3]})
    assert seen == [{"by": "the other"}]
    assert json.loads(path.read_text()) == {"by": "the first", "rows": [1, 2, 3]}
    assert [file.name for file in tmp_path.iterdir()] == ["said.json"]
