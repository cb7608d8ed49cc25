"""Runs of the measure critics on the laboratory's problems, and what they left."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from simula.composition import cells
from simula.config import Config
from simula.stages.cell import run_cell
from simula.stages.record import CellRecord, record_of
from simula.store.artifacts import Store

LAB = ["domain=arithmetic", "teacher=simulated", "tracking=none", "assessment.measures=[critics]"]


def config(root: Path, *overrides: str) -> Config:
    return cells([*LAB, f"paths.root={root}", *overrides], sweep=False)[0].config


def assessed(one: Config) -> CellRecord:
    assert run_cell(one, "assess") is None
    return record_of(Store(one.paths.store), one)


def folder_of(record: CellRecord, root: Path, stage: str) -> Path:
    return root / "store" / record.artifacts[stage]


def asked(root: Path) -> Counter[str]:
    """Prompt file to answers in the ledger."""
    lines = (line for path in root.glob("**/ledger/*.jsonl") for line in path.read_text().splitlines())
    return Counter(json.loads(line)["template"] for line in lines)
