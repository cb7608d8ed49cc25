"""Every vector, durable before it is used: equal records that many processes write and read together.

As in the ledger, each process appends to a file of its own, so that nobody needs locks. A record that a
crash cut off or left without content is not there; everything before it is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from io import FileIO
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

import numpy as np
from numpy.typing import NDArray

from simula.durable import append, own_file
from simula.embedding.port import Vectors
from simula.errors import StoreError

_KEY_BYTES = 16
"""Half a SHA-256: two of a billion texts share one with probability 10^-21."""
_NAME = re.compile(r".+\.d(\d+)\.vectors")
_IN_MEMORY = 2 << 30
"""Bytes of vectors that are read into memory; more are laid out in a file."""
_ROWS = 1 << 14
"""Records that are read at once."""
_ROUNDING = 1e-3
"""A stored vector's length differs from 1 by less; one that a crash left half written does not."""


def key_of(text: str) -> bytes:
    """The name of a text's vector."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()[:_KEY_BYTES]


class VectorCache:
    """The vectors of one model recorded in a folder, by every process that ever did."""

    def __init__(self, folder: Path, fsync: bool = True) -> None:
        """Prepare; nothing is read.

        Args:
            folder: where the files are; one model's alone.
            fsync: a vector survives a power cut, not just the end of this process.
        """
        self._folder = folder
        self._fsync = fsync
        self._width: int | None = None
        self._blocks: list[NDArray[Any]] = []
        self._read: dict[Path, int] = {}
        self._index: dict[bytes, tuple[int, int]] = {}
        self._own: FileIO | None = None

    def __contains__(self, key: bytes) -> bool:
        return key in self._index

    def refresh(self) -> None:
        """Read what was added, by this process or others.

        Raises:
            StoreError: a file cannot be read, or vectors differ in width.
        """
        try:
            for path in sorted(self._folder.glob("*.vectors")):
                if name := _NAME.fullmatch(path.name):
                    self._add(path, int(name[1]))
        except OSError as error:
            raise StoreError(f"the vectors in {self._folder} cannot be read: {error}") from error

    def read(self, keys: Sequence[bytes]) -> tuple[Vectors, NDArray[np.bool_]]:
        """Vectors (n, d) and whether their texts were truncated (n,), in the order of `keys`.

        Very many vectors come as a `numpy.memmap` of a temporary file in the folder, read-only: they need not
        fit in memory. The file goes with the array.

        Raises:
            KeyError: one of them is not there.
            StoreError: there is no room for that file.
        """
        places = np.array([self._index[key] for key in keys], dtype=np.int64).reshape(-1, 2)
        truncated = np.empty(len(keys), dtype=np.bool_)
        shape = (len(keys), self._width or 0)
        if 4 * shape[0] * shape[1] <= _IN_MEMORY:
            vectors = np.empty(shape, dtype=np.float32)
            for at, found in self._records(places):
                vectors[at], truncated[at] = found["vector"], found["truncated"]
            return vectors, truncated
        try:
            with TemporaryFile(dir=self._folder) as file:
                for at, found in self._records(places):
                    file.write(found["vector"].tobytes())
                    truncated[at] = found["truncated"]
                file.flush()
                return np.memmap(file, dtype=np.float32, mode="r", shape=shape), truncated
        except OSError as error:
            raise StoreError(
                f"{shape[0]:,} vectors cannot be laid out in {self._folder}: {error.strerror}. Make room and"
                " start the same command again"
            ) from error

    def append(self, keys: Sequence[bytes], vectors: Vectors, truncated: NDArray[np.bool_]) -> None:
        """Make vectors durable; `refresh` reads them.

        Args:
            keys: their names.
            vectors: (n, d), of length 1.
            truncated: (n,).

        Raises:
            StoreError: they could not be written, such as on a full disk, or differ in width from others.
        """
        width = vectors.shape[1]
        self._check(width)
        records = np.zeros(len(keys), dtype=_record(width))
        records["key"] = np.frombuffer(b"".join(keys), dtype=f"V{_KEY_BYTES}")
        records["truncated"], records["vector"] = truncated, vectors
        try:
            self._write(records.tobytes(), width)
        except OSError as error:
            # What did fit stays a record cut off at the end, which nobody reads: the next one goes elsewhere.
            self.close()
            raise StoreError(
                f"vectors cannot be recorded in {self._folder}: {error.strerror}. "
                "Make room and start the same command again"
            ) from error

    def close(self) -> None:
        """Close this process's file; a later append begins another one."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def _records(self, places: NDArray[np.int64]) -> Iterator[tuple[slice, NDArray[Any]]]:
        """Records in the order of `places` (n, 2), which name block and row; some at a time."""
        for start in range(0, len(places), _ROWS):
            at = slice(start, start + _ROWS)
            some = places[at]
            found = np.empty(len(some), dtype=_record(self._width or 0))
            for number in np.unique(some[:, 0]):
                here = some[:, 0] == number
                found[here] = self._blocks[number][some[here, 1]]
            yield at, found

    def _add(self, path: Path, width: int) -> None:
        kind, before = _record(width), self._read.get(path, 0)
        count = path.stat().st_size // kind.itemsize - before
        if count <= 0:
            return
        self._check(width)
        block = np.memmap(path, kind, "r", offset=before * kind.itemsize, shape=(count,))
        lengths = np.einsum("ij,ij->i", block["vector"], block["vector"])
        names = block["key"].tobytes()
        for row in np.flatnonzero(np.abs(lengths - 1) < _ROUNDING):
            key = names[row * _KEY_BYTES : (row + 1) * _KEY_BYTES]
            self._index.setdefault(key, (len(self._blocks), int(row)))
        self._blocks.append(block)
        self._read[path] = before + count

    def _check(self, width: int) -> None:
        self._width = self._width or width
        if width != self._width:
            raise StoreError(
                f"the embedding model gives {width} numbers a vector where it gave {self._width} before: "
                f"it is another one under the same name. Delete {self._folder} to begin anew"
            )

    def _write(self, data: bytes, width: int) -> None:
        file = self._own = self._own or own_file(self._folder, f".d{width}.vectors", self._fsync)
        append(file, data, self._fsync)


def _record(width: int) -> np.dtype[Any]:
    return np.dtype([("key", f"V{_KEY_BYTES}"), ("truncated", "<u4"), ("vector", "<f4", (width,))])
