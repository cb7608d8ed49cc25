"""The folder of an exported data set, and the command that writes it."""

from __future__ import annotations

import hashlib
import os
import shutil
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from simula.composition import Cell
from simula.config import Config
from simula.errors import StoreError
from simula.export.card import Facts, card, configuration
from simula.export.command import command
from simula.export.tables import write_refused, write_train
from simula.stages.dataset import STAGE
from simula.stages.keys import rows_key, taxonomy_key
from simula.stages.taxonomy import STAGE as TAXONOMY
from simula.stages.taxonomy import TREES, stored_taxonomies
from simula.store.artifacts import Store
from simula.store.datasets import SHORT
from simula.store.rows import REFUSED, ROWS

CHECKSUMS = "SHA256SUMS"
_FILES = {
    "data/train.parquet": "the rows: what datasets.load_dataset gives of this folder",
    "data/refused.parquet": 'the refused candidates, with why: load_dataset(…, "refused")',
    "messages.jsonl": "the rows as chats of two turns: what a student is trained on",
    TREES: "the factors of variation, their trees and the strategies that mixes are drawn by",
    "configuration.yaml": "every setting that decides what the data set is",
    CHECKSUMS: "for sha256sum -c SHA256SUMS",
}


def export(cells: Sequence[Cell], extra_folder: Path | None) -> int:
    """Write a folder for the data set of each cell that is there; nothing is generated.

    Args:
        cells: the configured cells; those that share a data set share a folder.
        extra_folder: the folder of the user's own options that they were composed with.

    Returns:
        The exit code: 0, or 1 where a data set is missing, which is said on standard error.
    """
    missing = 0
    by_key: dict[str, Cell] = {}
    for cell in cells:
        by_key.setdefault(rows_key(cell.config), cell)
    for key, cell in by_key.items():
        store, make = Store(cell.config.paths.store), command(cell, extra_folder, TREES)
        if (manifest := store.manifest(STAGE, key)) is not None:
            print(write_folder(store, cell.config, manifest, make))
        else:
            missing += 1
            print(f"simula: {_missing(store, key, make)}", file=sys.stderr)
    return 1 if missing else 0


def _missing(store: Store, key: str, make: str) -> str:
    short = store.root / SHORT / key
    kept = f"; of a run that stopped short, {short} keeps what there was" if short.is_dir() else ""
    return f"there is no data set {key} in {store.root} to export{kept}; make it first: {make}"


def write_folder(store: Store, config: Config, manifest: dict[str, Any], make: str) -> Path:
    """Write a data set's folder below `paths.export`, beside it first, so that no half of it is seen.

    Args:
        store: holds the data set and its taxonomies.
        config: of the data set.
        manifest: of the data set.
        make: the command that makes it again.

    Raises:
        StoreError: the folder cannot be written; what it is made from was changed.
    """
    final = config.paths.export / rows_key(config)
    with written_aside(final) as work:
        (work / "data").mkdir()
        _write(store, config, manifest, make, work)
    return final


@contextmanager
def written_aside(final: Path) -> Iterator[Path]:
    """A folder to write in, which takes the place of `final` where the block ends without an error.

    Raises:
        StoreError: the folder cannot be written.
    """
    work = final.with_name(f".{final.name}.{os.getpid()}")
    try:
        work.mkdir(parents=True)
        yield work
        _publish(work, final)
    except OSError as error:
        raise StoreError(f"{final} cannot be written: {error}; paths.export names another place") from error
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _write(store: Store, config: Config, manifest: dict[str, Any], make: str, work: Path) -> None:
    source, foreign, files = store.folder(STAGE, rows_key(config)), Counter[str](), dict(_FILES)
    write_train(source / ROWS, config.domain, work / "data" / "train.parquet", work / "messages.jsonl")
    if manifest["candidates"] > manifest["rows"]:
        foreign = write_refused(source / REFUSED, work / "data" / "refused.parquet")
    else:
        del files["data/refused.parquet"]
    taxonomy = None
    if config.draws_mixes:
        # Read first: what was changed by hand after it was published is not passed on.
        stored_taxonomies(store, taxonomy_key(config))
        shutil.copyfile(store.folder(TAXONOMY, taxonomy_key(config)) / TREES, work / TREES)
        taxonomy = store.manifest(TAXONOMY, taxonomy_key(config))
    else:
        del files[TREES]
    facts = Facts(config, manifest, taxonomy, foreign, make, files)
    (work / "configuration.yaml").write_text(configuration(config), encoding="utf-8")
    (work / "README.md").write_text(card(facts), encoding="utf-8")
    sums = [
        f"{_sha256(path)}  {path.relative_to(work)}\n" for path in sorted(work.rglob("*")) if path.is_file()
    ]
    (work / CHECKSUMS).write_text("".join(sums), encoding="utf-8")


def _sha256(path: Path) -> str:
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


def _publish(work: Path, final: Path) -> None:
    """Put the folder in its place at once, or, where there is one, file by file, with the checksums last.

    Files of the user's own (a clone's `.git`) stay.
    """
    if not final.exists():
        os.replace(work, final)
        return
    paths = [path.relative_to(work) for path in sorted(work.rglob("*")) if path.is_file()]
    for path in sorted(paths, key=lambda path: path.name == CHECKSUMS):
        (final / path).parent.mkdir(exist_ok=True)
        os.replace(work / path, final / path)
