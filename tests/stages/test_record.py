"""What the store knows of cells whose records are odd."""

from __future__ import annotations

import json
import platform
import subprocess
from pathlib import Path

import pytest

from simula.composition import cells
from simula.errors import StoreError
from simula.stages.cell import opened_bench, recorded
from simula.stages.keys import cell_key
from simula.stages.record import all_records, records_of
from simula.store.artifacts import Store
from simula.teacher import Spending


def test_a_record_that_a_full_disk_cut_off_names_its_file_and_hides_no_other_cell(tmp_path: Path) -> None:
    overrides = ["domain=arithmetic", "teacher=simulated", "seed=0,1", f"paths.root={tmp_path}"]
    configs = [cell.config for cell in cells(overrides, sweep=True)]
    store = Store(configs[0].paths.store)
    cut = store.cells / f"{cell_key(configs[0])}.json"
    cut.parent.mkdir(parents=True)
    cut.write_text('{"key": "arith')
    broken, other = records_of(store, configs)
    assert (broken.state, other.state) == ("failed", "waiting")
    assert broken.reason.startswith(f"{cut} cannot be read")
    with pytest.raises(StoreError, match="delete it, or run that cell again"):
        all_records(store)
    cut.unlink()
    assert all_records(store) == []


def test_ctrl_c_of_one_who_waited_leaves_the_record_of_who_works(tmp_path: Path) -> None:
    overrides = ["domain=arithmetic", "teacher=simulated", f"paths.root={tmp_path}"]
    (cell,) = cells(overrides, sweep=False)
    bench = opened_bench(cell.config, Spending())
    record = bench.store.cells / f"{cell_key(cell.config)}.json"
    record.parent.mkdir(parents=True)

    def stopped() -> None:
        raise KeyboardInterrupt

    said = {"key": cell_key(cell.config), "axes": {}, "artifacts": {}, "until": "generate"}
    with subprocess.Popen(["sleep", "60"]) as other:
        works = {**said, "status": "running", "who": {"host": platform.node(), "pid": other.pid}}
        record.write_text(json.dumps(works))
        with pytest.raises(KeyboardInterrupt):
            recorded(bench, record, said, stopped)
        assert json.loads(record.read_text()) == works
        other.kill()
    with pytest.raises(KeyboardInterrupt):
        recorded(bench, record, said, stopped)
    assert json.loads(record.read_text())["status"] == "interrupted"
