"""Settled candidates, kept beside what they became: runs that were killed, or that grow, begin with them.

Everything here follows from the ledger, only more slowly. So nothing waits for the disk: what a crash spoils,
or who clears the cache removes, is made again from the recorded answers.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TypeVar

from pydantic import ValidationError

from simula.errors import StoreError
from simula.generation import Candidate
from simula.generation.history import Drawn

T = TypeVar("T")
_HEAD = re.compile(rb'{"slot":(\d+),"status":"(\w+)",')
"""A line begins so, so that counting needs no JSON parser."""
_MIX, _BEHIND = b',"mix":', b',"scenario":"'
"""What a line's mix stands between: no text can hold either, since its quotes are escaped."""
_BUFFER = 1 << 16
"""Bytes that are gathered before they are written: some twenty candidates."""


def settled_path(cache: Path, rows: str) -> Path:
    """Where the settled candidates of a data set of one size are, by its key."""
    return cache / "candidates" / f"{rows}.jsonl"


class SettledCandidates:
    """A line a candidate, in slot order: counted at once, and read when they are wanted."""

    def __init__(self, path: Path) -> None:
        """Count what an earlier run left whole; a missing file is an empty one.

        Raises:
            OSError: it cannot be read.
        """
        self._path = path
        self.count, self.accepted = 0, 0
        """Candidates, and those of them that are rows."""
        self._end = self._scan()

    def __iter__(self) -> Iterator[Candidate]:
        """The candidates of an earlier run.

        Raises:
            StoreError: one of them cannot be read.
        """
        return self._read(Candidate.model_validate_json)

    def drawn(self) -> Iterator[Drawn]:
        """What the mixes of these candidates hold, in a tenth of the time that these take to read.

        Raises:
            StoreError: one of them cannot be read.
        """
        return self._read(_drawn)

    def _read(self, parse: Callable[[bytes], T]) -> Iterator[T]:
        with self._path.open("rb") as file:
            for number in range(self.count):
                try:
                    yield parse(file.readline())
                except (ValueError, KeyError, TypeError) as error:  # a ValidationError is a ValueError
                    raise StoreError(
                        f"line {number + 1} of {self._path} is no candidate; delete the file and start "
                        "again: the answers are in the ledger"
                    ) from error

    def _scan(self) -> int:
        """Count what is whole; where it ends."""
        end = 0
        if not self._path.exists():
            return end
        with self._path.open("rb") as file:
            for line in file:
                head = _HEAD.match(line)
                # A power cut may leave zeros where a part was not written yet.
                if head is None or int(head[1]) != self.count or not line.endswith(b"}\n") or b"\0" in line:
                    break
                if not self.count and not _readable(line):
                    break
                self.count += 1
                self.accepted += head[2] == b"accepted"
                end += len(line)
        return end


class Settled(SettledCandidates):
    """The candidates of a run, with those of an earlier one that was killed."""

    def __init__(self, path: Path) -> None:
        """Open the file behind the last candidate that an earlier run left whole.

        Raises:
            OSError: it cannot be read or written.
        """
        super().__init__(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=_BUFFER)
        self._file.truncate(self._end)

    def __enter__(self) -> Settled:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, candidate: Candidate) -> None:
        """The next candidate; one of an earlier run stands already."""
        if candidate.slot >= self.count:
            self._file.write(candidate.model_dump_json().encode() + b"\n")

    def remove(self) -> None:
        """Have them made again next time."""
        self._path.unlink()


def _drawn(line: bytes) -> Drawn:
    start = line.index(_MIX) + len(_MIX)
    choices = json.loads(line[start : line.index(_BEHIND, start)])["choices"]
    return [(choice["factor"], choice["path"]) for choice in choices]


def _readable(line: bytes) -> bool:
    """Whether this version of the program wrote it, or one that is alike."""
    try:
        Candidate.model_validate_json(line)
    except ValidationError:
        return False
    return True
