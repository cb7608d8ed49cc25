"""Texts in a file that are read back by their number: memory for each is 8 bytes."""

from __future__ import annotations

import os
from array import array
from pathlib import Path
from tempfile import TemporaryFile
from types import TracebackType

BUFFER = 1 << 20
"""Bytes that are gathered before they are written."""


class Spool:
    """Texts in a nameless file of a folder; it is gone with the process."""

    def __init__(self, folder: Path) -> None:
        """Open the file. Raises OSError where the folder cannot be written."""
        self._file = TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 - closed by __exit__
        self._ends = array("q", [0])
        self._written = 0
        self._rest = bytearray()

    def __enter__(self) -> Spool:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def __len__(self) -> int:
        return len(self._ends) - 1

    def append(self, text: str) -> None:
        """Add the text of the next number."""
        data = text.encode("utf-8", "surrogatepass")
        self._rest += data
        self._ends.append(self._ends[-1] + len(data))
        if len(self._rest) >= BUFFER:
            rest = memoryview(self._rest)
            while rest:
                rest = rest[self._file.write(rest) :]
            self._written = self._ends[-1]
            self._rest = bytearray()

    def __getitem__(self, number: int) -> str:
        """The text of a number."""
        start, end = self._ends[number], self._ends[number + 1]
        if start >= self._written:
            data = bytes(self._rest[start - self._written : end - self._written])
        else:
            data = os.pread(self._file.fileno(), end - start, start)
        return data.decode("utf-8", "surrogatepass")
