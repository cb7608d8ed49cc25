"""What earlier work tells a plan: tokens a call from the ledger, rates of acceptance from data sets."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simula.config import Config
from simula.plan.assumptions import Assumptions
from simula.stages.keys import dataset_key
from simula.store.artifacts import Store
from simula.store.datasets import PUBLISHED, SHORT, sizes_of
from simula.store.rows import COUNTS

_SAMPLED = 1_000_000
"""Bytes read at the beginning and at the end of each of the ledger's files: a plan must be there at once."""
_FILES = 40
"""Files of the ledger that are read, the latest ones."""


@dataclass(frozen=True, slots=True)
class Mean:
    """Tokens of one call, over some recorded ones."""

    calls: int
    prompt: float
    cached: float
    completion: float
    """Written, thinking included."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How candidates of a mechanism fare."""

    accepted: float
    refinements: float
    """A candidate."""
    double_judged: float
    """Share of the candidates that reach the double critic."""
    asked_again: float
    """Repeats a call, because its reply could not be read."""
    source: str
    """Where the rates come from, in words."""


def recorded_tokens(ledger: Path) -> dict[tuple[str, str], Mean]:
    """Mean tokens of a call by model and prompt file, over a sample of what is recorded."""
    sums: dict[tuple[str, str], list[float]] = {}
    for said in _lines(ledger):
        try:
            usage = said["usage"]
            written = usage["completion"] + usage["thinking"]
            numbers = (1, usage["prompt"], usage["cached"], written)
            name = (str(said["asked"]), str(said["template"]))
        except (KeyError, TypeError):
            continue
        found = sums.setdefault(name, [0.0] * len(numbers))
        for at, number in enumerate(numbers):
            found[at] += number
    return {name: Mean(int(n), *(each / n for each in rest)) for name, (n, *rest) in sums.items()}


def _lines(ledger: Path) -> Iterator[Mapping[str, Any]]:
    files = sorted(ledger.glob("*.jsonl"), key=lambda path: path.stat().st_mtime, reverse=True)
    for path in files[:_FILES]:
        with path.open("rb") as file:
            parts = [file.read(_SAMPLED)]
            if (size := path.stat().st_size) > _SAMPLED:
                file.seek(max(_SAMPLED, size - _SAMPLED))
                parts.append(file.read(_SAMPLED))
        for part in parts:
            for line in part.splitlines():
                # A piece's first and last line may be cut off: those are no JSON.
                try:
                    said = json.loads(line)
                except ValueError:
                    continue
                if isinstance(said, dict):
                    yield said


def rates(config: Config, assumed: Assumptions) -> Rates:
    """Of this very data set at another size; else of those of domain, critics and teachers; else assumed."""
    store = Store(config.paths.store)
    key = dataset_key(config)
    if own := _largest(store, key):
        return _measured([own], key)
    alike = [found for name in _same_critics(store, config) if (found := _largest(store, name))]
    names = {teacher.model for teacher in (config.teacher, config.judged_by, config.double_judged_by)}
    alike = [said for said in alike if set(said["teachers"]) == names]
    if alike:
        return _measured(alike, f"{len(alike)} data sets of this domain, critic and teacher")
    critics = config.critic.requirements or config.critic.double
    return Rates(
        accepted=assumed.accepted_with_critic if critics else assumed.accepted_without_critic,
        refinements=assumed.refinements_a_candidate,
        double_judged=assumed.double_judged,
        asked_again=0.0,
        source="assumed",
    )


def candidates_stored(config: Config) -> int:
    """Candidates of this data set at its largest stored size: their calls are recorded."""
    said = _largest(Store(config.paths.store), dataset_key(config))
    return int(said["candidates"]) if said else 0


def _largest(store: Store, key: str) -> Mapping[str, Any] | None:
    """The counts of a data set's largest size, finished or stopped short."""
    found = [one.said() for one in sizes_of(store.root, key)]
    found += [json.loads(path.read_text()) for path in (store.root / SHORT / key).glob(f"*/{COUNTS}")]
    return max(
        (said for said in found if said["candidates"]), key=lambda said: said["candidates"], default=None
    )


def _same_critics(store: Store, config: Config) -> list[str]:
    """Data sets whose readable prefix names the same domain and critics."""
    domain, critics = config.domain.name, dataset_key(config).split("-")[-2]
    alike = re.compile(rf"{re.escape(domain)}-(?:\w+-k\d+-c\d+|[a-z]+)-{critics}-[0-9a-f]+")
    places = {path.name for kind in (PUBLISHED, SHORT) for path in (store.root / kind).glob(f"{domain}-*")}
    return sorted(name for name in places if alike.fullmatch(name))


def _measured(found: list[Mapping[str, Any]], where: str) -> Rates:
    candidates = sum(said["candidates"] for said in found)
    calls = sum(said["calls"] for said in found)
    repeats = sum(said["asked_again"] for said in found)
    refused = [item for said in found for item in said["refused"].items()]
    early = sum(count for why, count in refused if why.endswith("requirements") or why.startswith("unusable"))
    return Rates(
        # Not none: a plan of a mechanism that accepts nothing is one of its candidate limit.
        accepted=max(1, sum(said["rows"] for said in found)) / candidates,
        refinements=sum(said["refinements"] for said in found) / candidates,
        double_judged=1 - early / candidates,
        asked_again=repeats / max(1, calls - repeats),
        source=f"{candidates:,} candidates of {where}",
    )
