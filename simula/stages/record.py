"""What the store knows of cells: their records, and the artifacts that exist of them."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simula.config import Config
from simula.errors import StoreError
from simula.stages.bench import axes
from simula.stages.keys import artifact_keys, cell_key, made_up_to
from simula.store.artifacts import Store

State = Literal["done", "running", "failed", "stopped", "waiting", "interrupted", "cancelled"]
"""Stopped: short of its target, by a budget or a limit; what it made is kept."""
SWEEPS = "sweeps"
"""Folder of the store for what is known of sweeps on a cluster (`simula.sweep.folder`)."""
SWEPT = "cells.json"
"""In the folder of a sweep: its cells."""


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
    until: str = ""
    """The command that worked on it last, by its last stage; empty where none has."""
    reached: str = ""
    """The last stage asked for, where all up to that is made and nobody asked for the rest; else empty."""

    @property
    def missing(self) -> list[str]:
        """What a restart of the last command would make, in the order of the stages."""
        return [name for name in self.wanted if name not in self.manifests]

    @property
    def wanted(self) -> list[str]:
        """The artifacts that the cell's last command makes, of one that was never started all."""
        return [name for name in made_up_to(self.until) if name in self.artifacts]


def records_of(store: Store, configs: Sequence[Config]) -> list[CellRecord]:
    """The records of configured cells, whether they were ever started or not."""
    known: dict[str, dict[str, Any] | None] = {}
    return [record_of(store, config, known) for config in configs]


def record_of(
    store: Store, config: Config, known: dict[str, dict[str, Any] | None] | None = None
) -> CellRecord:
    """The record of a configured cell; `known` holds manifests that other cells share, and learns."""
    path = store.cells / f"{cell_key(config)}.json"
    named = {"key": cell_key(config), "axes": axes(config), "artifacts": artifact_keys(config)}
    try:
        written = read_record(path) or named | {"status": "waiting"}
    except StoreError as error:
        written = named | {"status": "failed", "reason": str(error), "exit_code": error.exit_code}
    return _record(store, written, known)


def all_records(store: Store) -> list[CellRecord]:
    """The records of all cells ever started on this store or submitted to a cluster, sorted by key.

    Raises:
        StoreError: one cannot be read, and nobody knows which cell it was of.
    """
    known: dict[str, dict[str, Any]] = {}
    for path in (store.root / SWEEPS).glob(f"*/{SWEPT}"):
        known |= {cell["key"]: cell | {"status": "waiting"} for cell in json.loads(path.read_text())}
    found = (read_record(path) for path in store.cells.glob("*.json"))
    known |= {written["key"]: written for written in found if written}
    manifests: dict[str, dict[str, Any] | None] = {}
    return [_record(store, known[key], manifests) for key in sorted(known)]


def read_record(path: Path) -> dict[str, Any] | None:
    """What is written of a cell; None where nothing is. Raises StoreError."""
    try:
        return dict(json.loads(path.read_text()))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise StoreError(
            f"{path} cannot be read ({error}), as after a full disk; it only says how far a cell came: "
            "delete it, or run that cell again"
        ) from error


def other_at_work(written: Mapping[str, Any] | None) -> bool:
    """Whether the process that wrote this of a cell is another one of this machine, and still at work."""
    if written is None or written["status"] != "running":
        return False
    who = written.get("who") or {}
    return who.get("host") == platform.node() and who.get("pid") != os.getpid() and not _gone(who)


def _record(
    store: Store, written: dict[str, Any], known: dict[str, dict[str, Any] | None] | None = None
) -> CellRecord:
    """`known`: manifests that were read for other cells, which share them."""
    manifests = {}
    known = {} if known is None else known
    for name, place in written["artifacts"].items():
        if place not in known:
            known[place] = store.manifest(*place.split("/", 1))
        if (manifest := known[place]) is not None:
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
        until=written.get("until", ""),
        reached=written["until"] if state == "waiting" and written["status"] == "done" else "",
    )


def _state(written: dict[str, Any], *, complete: bool) -> tuple[State, str]:
    """The artifacts decide what is done; the record only says who is at work, or why it stopped."""
    if complete:
        return "done", ""
    who = written.get("who") or {}
    where = f"process {who.get('pid')} on {who.get('host')}"
    match written["status"]:
        case "failed" | "stopped" | "interrupted" as ended:
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
