"""What W&B is told of a stage: where it stands in the grid, its settings, and what a grid is compared by."""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from simula.config import Config
from simula.errors import StoreError
from simula.evaluation.statistics import wilson
from simula.settings import Settings
from simula.stages.keys import artifact_keys, evaluation_key, teacher_key
from simula.store.artifacts import MANIFEST, Store
from simula.tracking.artifacts import Stored
from simula.tracking.view import EXAMINED, TUNED

_STUDENT = ("student", "training", "learning_rate", "selection", "variant", "seed")
"""Axes that data sets and measures do not depend on."""
_TREES = ("experiment", "domain", "teacher")
"""The only axes that taxonomies and a teacher's examination depend on."""
_SETTINGS = (
    *("domain", "taxonomy", "scenarios", "complexity", "critic", "dataset", "recipe", "teacher"),
    *("judge", "double_judge", "selection", "scoring", "scorer", "embedding"),
)
_STUDENT_SETTINGS = ("student", "training", "evaluation")
_LEVEL = re.compile(r"coverage level (\d+)(, assigned)?")


def configuration(
    config: Config, axes: Mapping[str, str | int | float], stage: str, key: str, inputs: Mapping[str, str]
) -> dict[str, Any]:
    """The axes that the artifact depends on, flat; beside them `settings`, nested, and `input/<stage>`.

    Args:
        config: the cell.
        axes: its place in the grid.
        stage: kind of artifact.
        key: its identity.
        inputs: stage to key of what it is made from.
    """
    whose = examined(config, key) if stage == "evaluate" else {}
    kept = {name: value for name, value in axes.items() if _decides(stage, whose.get(EXAMINED), name)}
    names = [*_SETTINGS, *(_STUDENT_SETTINGS if stage in ("train", "evaluate") else ())]
    parts = {name: getattr(config, name) for name in names}
    settings = {name: part.identity() for name, part in parts.items() if isinstance(part, Settings)}
    # The sample S of a domain is somebody's data, and long.
    settings["domain"].pop("seeds", None)
    return {
        **kept,
        **whose,
        "settings": settings,
        **{f"input/{name}": value for name, value in inputs.items()},
    }


def examined(config: Config, key: str) -> dict[str, str]:
    """Whose answers an evaluation holds."""
    keys = {
        evaluation_key(config, tuned=False): "untuned student",
        evaluation_key(config, tuned=True): TUNED,
        teacher_key(config): "teacher",
    }
    return {EXAMINED: keys[key]} if key in keys else {}


def _decides(stage: str, whose: str | None, axis: str) -> bool:
    if stage == "taxonomy" or whose == "teacher":
        return axis in _TREES
    if whose == "untuned student":
        return axis in ("experiment", "domain", "student")
    return stage in ("train", "evaluate") or axis not in _STUDENT


def numbers(config: Config, store: Store, stage: str, key: str, said: Mapping[str, Any]) -> dict[str, float]:
    """The summary: all numbers of the manifest, and what a grid is compared by where it is known.

    `accuracy_low` and `accuracy_high` are the ends of the 95 % Wilson interval over items; `rejection` is the
    share of candidates that were refused for any reason; `coverage` the share of nodes reached on the deepest
    level, as a teacher assigned the rows where it did, else by lineage; `price_usd` of a student that of its
    data set with ratings, taxonomies apart. A student has those of its data set.

    Args:
        config: the cell.
        store: where the cell's other artifacts are.
        stage: kind of artifact.
        key: its identity.
        said: its manifest.
    """
    found = {name: value for name, value in said.items() if isinstance(value, int | float)}
    if said.get("items") and "right" in said:
        found["accuracy_low"], found["accuracy_high"] = wilson(said["right"], said["items"])
    if stage == "train" or (stage == "evaluate" and key == evaluation_key(config, tuned=True)):
        return {**_of_data(config, store), **found}
    return {**found, **_compared(said)}


def _of_data(config: Config, store: Store) -> dict[str, float]:
    """What is known of the data set of a student, and of the untuned one."""
    manifests: dict[str, dict[str, Any]] = {}
    for name, place in artifact_keys(config).items():
        # W&B stops no stage: one that needs what cannot be read says so itself.
        with suppress(StoreError):
            manifests[name] = store.manifest(*place.split("/", 1)) or {}
    found: dict[str, float] = {}
    for manifest in manifests.values():
        found |= _compared(manifest)
    paid = [manifests[name]["price_usd"] for name in ("dataset", "rate") if manifests.get(name)]
    if paid:
        found["price_usd"] = sum(paid)
    rows = manifests.get("dataset", {})
    found |= {name: rows[name] for name in ("usd_per_row", "tokens_per_row") if name in rows}
    for whose in ("untuned", "teacher"):
        if "accuracy" in manifests.get(whose, {}):
            found[f"{whose}_accuracy"] = manifests[whose]["accuracy"]
    return found


def _compared(said: Mapping[str, Any]) -> dict[str, float]:
    """Rejection of a data set's manifest, coverage of a measure's."""
    found: dict[str, float] = {}
    if said.get("candidates") and isinstance(said.get("refused"), Mapping):
        found["rejection"] = sum(said["refused"].values()) / said["candidates"]
    levels = {}
    for name, value in (said.get("measures") or {}).items():
        if match := _LEVEL.fullmatch(name):
            levels[match.group(2) is not None, int(match.group(1))] = value
    if levels:
        found["coverage"] = levels[max(levels)]
    return found


def stored(store: Store, stage: str, key: str) -> Stored | None:
    """A published artifact as W&B is told of it; None where it is none of this store's."""
    folder = store.folder(stage, key)
    if not (folder / MANIFEST).is_file():
        return None
    try:
        return Stored(stage, key, folder, folder, store.manifest(stage, key) or {})
    except StoreError:
        return None
