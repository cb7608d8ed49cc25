"""What the store knows of cells: their records, and the artifacts that exist of them."""

from __future__ import annotations

import json
import os
import platform
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simula.config import Config
from simula.stages.bench import axes
from simula.stages.keys import artifact_keys, cell_key
from simula.store.artifacts import Store

State = Literal["done", "running", "failed", "stopped", "waiting", "interrupted"]
"""Stopped: short of its target, by a budget or a limit; what it made is kept."""


@dataclass(frozen=True, slots=True)
class CellRecord:
    """One cell as the store knows it."""

    key: str
    axes: dict[str, Any]
    artifacts: dict[str, str]
    """What it is for the cell (taxonomy, dataset, …) to `stage/key`."""
    state: State
    reason: str
    """Why it failed, or where it runs."""
    exit_code: int
    manifests: dict[str, dict[str, Any]]
    """Those artifacts that are published."""

    @property
    def missing(self) -> list[str]:
        """What a restart would make, in the order of the stages."""
        return [name for name in self.artifacts if name not in self.manifests]


def record_of(store: Store, config: Config) -> CellRecord:
    """The record of a configured cell, whether it was ever started or not."""
    path = store.cells / f"{cell_key(config)}.json"
    written = _read(path) or {
        "key": cell_key(config),
        "axes": axes(config),
        "artifacts": artifact_keys(config),
        "status": "waiting",
    }
    return _record(store, written)


def all_records(store: Store) -> list[CellRecord]:
    """The records of all cells ever started on this store, sorted by key."""
    found = (_read(path) for path in sorted(store.cells.glob("*.json")))
    return [_record(store, written) for written in found if written]


def _read(path: Path) -> dict[str, Any] | None:
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return None


def _record(store: Store, written: dict[str, Any]) -> CellRecord:
    manifests = {}
    for name, place in written["artifacts"].items():
        stage, _, key = place.partition("/")
        if (manifest := store.manifest(stage, key)) is not None:
            manifests[name] = manifest
    state, reason = _state(written, complete=len(manifests) == len(written["artifacts"]))
    return CellRecord(
        key=written["key"],
        axes=written["axes"],
        artifacts=written["artifacts"],
        state=state,
        reason=reason,
        exit_code=int(written.get("exit_code", 0)),
        manifests=manifests,
    )


def _state(written: dict[str, Any], *, complete: bool) -> tuple[State, str]:
    """The artifacts decide what is done; the record only says who is at work, or why it stopped."""
    if complete:
        return "done", ""
    who = written.get("who") or {}
    where = f"process {who.get('pid')} on {who.get('host')}"
    match written["status"]:
        case "failed" | "stopped" as ended:
            return ended, written["reason"]
        case "running" if _gone(who):
            return "interrupted", f"{where} ended without a word"
        case "running":
            return "running", where
        case "done":
            return "waiting", f"done up to {written['until']}"
        case _:
            return "waiting", ""


def _gone(who: dict[str, Any]) -> bool:
    if who.get("host") != platform.node():
        return False
    return not Path(f"/proc/{who.get('pid')}").exists() if os.path.isdir("/proc") else False
