"""Data sets of a store, found by what a person types."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simula.errors import ConfigurationError, StoreError, unknown
from simula.store.artifacts import MANIFEST
from simula.store.rows import COUNTS, ROWS

PUBLISHED = "dataset"
SHORT = "short"
"""Where a run that stopped before its target keeps its rows, beside the stages' artifacts."""


@dataclass(frozen=True, slots=True)
class StoredDataset:
    """One size of a data set: a folder of rows."""

    folder: Path

    @property
    def key(self) -> str:
        """Of the data set at any size."""
        return self.folder.parent.name

    @property
    def size(self) -> str:
        """ "n100": what was asked for."""
        return self.folder.name

    @property
    def short(self) -> bool:
        """Whether the run stopped before its target."""
        return not (self.folder / MANIFEST).is_file()

    def said(self) -> dict[str, Any]:
        """Its manifest, or the counts of one that stopped short.

        Raises:
            StoreError: there is neither, or it cannot be read.
        """
        path = self.folder / (COUNTS if self.short else MANIFEST)
        try:
            return dict(json.loads(path.read_text(encoding="utf-8")))
        except (OSError, ValueError) as error:
            raise StoreError(f"{path} cannot be read ({error}); only its rows can be shown") from error


def stored_datasets(root: Path) -> list[StoredDataset]:
    """Every size of every data set below a store, those of runs that stopped short last."""
    return [one for kind in (PUBLISHED, SHORT) for one in _finished((root / kind).glob(f"*/*/{ROWS}"))]


def sizes_of(root: Path, key: str) -> list[StoredDataset]:
    """The published sizes of a data set, by name."""
    return _finished((root / PUBLISHED / key).glob(f"*/{MANIFEST}"))


def find_dataset(root: Path, name: str) -> StoredDataset:
    """The data set that `name` means.

    Args:
        root: the store.
        name: a folder; or, of a data set of the store, `key/n100`, its key, or how its key begins. Without
            a size the largest is meant, and one that was published before one that stopped short.

    Raises:
        ConfigurationError: there is no such data set, or several begin so.
    """
    if (Path(name) / ROWS).is_file():
        return StoredDataset(Path(name).resolve())
    if inside := _finished(Path(name).resolve().glob(f"*/{ROWS}")):
        return _largest(inside)
    known = stored_datasets(root)
    kind, _, rest = name.partition("/")
    if kind in (PUBLISHED, SHORT):
        known, name = [one for one in known if one.folder.parent.parent.name == kind], rest
    if not known:
        raise ConfigurationError(f"there is no data set in {root}; simula generate makes one")
    begun, _, size = name.strip("/").partition("/")
    key = _key(begun, known)
    sizes = [one for one in known if one.key == key]
    if size and not any(one.size == size for one in sizes):
        raise ConfigurationError(unknown(size, [one.size for one in sizes], f"size of {key}"))
    return _largest([one for one in sizes if not size or one.size == size])


def _finished(paths: Iterable[Path]) -> list[StoredDataset]:
    return [StoredDataset(path.parent) for path in sorted(paths) if path.parent.suffix != ".work"]


def _key(begun: str, known: Sequence[StoredDataset]) -> str:
    """The one key that begins so, or is it."""
    keys = list(dict.fromkeys(one.key for one in known))
    beginning = [key for key in keys if key.startswith(begun)]
    if begun in keys:
        return begun
    if not beginning:
        raise ConfigurationError(unknown(begun, keys, "data set"))
    if len(beginning) > 1:
        raise ConfigurationError(f"'{begun}' is how {len(beginning)} data sets begin:", *beginning)
    return beginning[0]


def _largest(sizes: Sequence[StoredDataset]) -> StoredDataset:
    """The largest size; of those that were published, where there are any."""
    return max(sizes, key=lambda one: (not one.short, [int(n) for n in re.findall(r"\d+", one.size)]))
