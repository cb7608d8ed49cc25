"""Stage 1: description to taxonomies and strategies, or the trees that a person edited."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from simula.concurrency import run
from simula.durable import write_json
from simula.errors import StoreError
from simula.mix import write_strategies
from simula.prompts import Tally, system_prompt
from simula.settings import fingerprint
from simula.stages.bench import Bench, cost, paid_now
from simula.stages.keys import taxonomy_key
from simula.store.artifacts import Store
from simula.taxonomy import Builder, Taxonomies
from simula.taxonomy.account import changes, contents, making
from simula.taxonomy.document import Document, to_yaml
from simula.taxonomy.page import render_page

STAGE = "taxonomy"
FILE = "taxonomies.json"
TREES = "taxonomies.yaml"
"""The same to read and to copy: a changed copy is what `taxonomy.expansion.edited` names."""
PAGE = "taxonomies.html"
"""The same to browse."""


def build_taxonomies(bench: Bench) -> dict[str, Any]:
    """The manifest of the cell's taxonomies."""
    config = bench.config

    def make(folder: Path, log: Callable[[Mapping[str, float]], None]) -> Mapping[str, Any]:
        if config.edited:
            found, said = config.edited.trees(), _edited(bench.store, config.edited)
        else:
            found, said = run(_expanded, bench)
        said = contents(found) | said
        log({"nodes": said["nodes"]})
        return said | {"files": _write(folder, found, taxonomy_key(config), said)}

    return bench.build(STAGE, taxonomy_key(config), {}, make)


async def _expanded(bench: Bench) -> tuple[Taxonomies, dict[str, Any]]:
    """Ask the teacher for everything that the domain does not give."""
    config = bench.config
    expansion = config.taxonomy.expansion
    async with bench.asker(config.teacher) as plain:
        # The sample S stands beside y in every taxonomy step, and in no other.
        asker = replace(plain, system=system_prompt(config.domain, sample=True))
        with bench.progress.bar("taxonomy: nodes expanded") as meter:
            expanded = 0

            def on_node() -> None:
                nonlocal expanded
                expanded += 1
                meter(expanded, None, paid=lambda: paid_now(builder.tally))

            builder = Builder(config.domain, expansion, asker, on_node=on_node)
            trees = await builder.taxonomies()
        strategies = config.domain.strategies or await write_strategies(
            trees, asker, expansion.seed, builder.tally, builder.counts
        )
    said = making(builder) | cost(builder.tally.spent, builder.tally)
    return Taxonomies(taxonomies=trees, strategies=strategies), said


def _edited(store: Store, edited: Document) -> dict[str, Any]:
    """What a person changed, where the store still has what was copied."""
    said: dict[str, Any] = {"from": edited.made_by}
    parent = store.manifest(STAGE, edited.made_by) if edited.made_by else None
    if parent is not None and edited.made_by:
        text = (store.folder(STAGE, edited.made_by) / FILE).read_text(encoding="utf-8")
        if fingerprint(text) == parent["files"][FILE]:
            said |= changes(Taxonomies.model_validate_json(text), edited.trees())
    return {"edited": said, "warnings": {}, **cost([], Tally())}


def _write(folder: Path, found: Taxonomies, key: str, said: Mapping[str, Any]) -> dict[str, str]:
    """Write all forms; returns the fingerprints of those that later stages and people go on from."""
    write_json(folder / FILE, found.model_dump(mode="json"))
    (folder / TREES).write_text(to_yaml(found, key, TREES), encoding="utf-8")
    (folder / PAGE).write_text(render_page(found, key, said), encoding="utf-8")
    return {name: fingerprint((folder / name).read_text(encoding="utf-8")) for name in (FILE, TREES)}


def read_taxonomies(bench: Bench) -> Taxonomies:
    """The published taxonomies of the cell's domain.

    Raises:
        StoreError: somebody changed them in place.
    """
    return stored_taxonomies(bench.store, taxonomy_key(bench.config))


def stored_taxonomies(store: Store, key: str) -> Taxonomies:
    """The published taxonomies of a key.

    Raises:
        StoreError: somebody changed them in place; their key would no longer say what they are.
    """
    folder, manifest = store.folder(STAGE, key), store.manifest(STAGE, key)
    texts = {name: (folder / name).read_text(encoding="utf-8") for name in (FILE, TREES)}
    for name, text in texts.items():
        if manifest is not None and manifest["files"][name] != fingerprint(text):
            raise StoreError(
                f"{folder / name} was changed after it was published: to use the change, copy it to a file "
                "of your own and run with taxonomy.expansion.edited=that_file; then move the folder away, so "
                "that the original is made again from the recorded calls"
            )
    return Taxonomies.model_validate_json(texts[FILE])
