"""Every answered call, durable before it is used: JSON lines that many processes write and read together.

Each process appends to a file of its own, so that nobody needs locks, which shared file systems do not
all have. A line that a crash cut off is not there; everything before it is. The stages and cells of one
process share one ledger (`shared_ledger`): one index in memory, one file to write, nothing read twice.
Of processes that want one answer at the same time, one asks (`intents`).
"""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from io import FileIO
from pathlib import Path

import anyio
import anyio.to_thread

from simula.durable import append, own_file
from simula.errors import StoreError
from simula.teacher.intents import Intents
from simula.teacher.ledger_index import LedgerIndex, short
from simula.teacher.ledger_lines import Found, parse_line, read_lines, write_line
from simula.teacher.model_names import one_of
from simula.teacher.port import Reply

_OFFSET_BITS = 44
"""An index entry is one number: the file's, then 44 bits of offset."""
_LOOK_S = 1.0
"""Seconds after which a call that is not known is looked for in what other processes have added meanwhile."""
_LOOK_SHARE = 0.05
"""Share of the time that is spent on looking at most, where there are many files on a slow disk."""
_GATHER_S = 0.01
"""Seconds from one write to the next at least: a write costs a turn of a thread, with one answer or many."""
_LINE = 4096
"""Bytes in which a line is most often whole."""
_OPEN_FILES = 64
"""Files kept open for reading."""


@dataclass(slots=True)
class _Batch:
    """Lines that are made durable together."""

    lines: list[tuple[str, bytes]] = field(default_factory=list)
    done: anyio.Event | None = None
    written: bool = False
    error: StoreError | None = None


class Ledger:
    """The calls recorded in a folder, by every process that ever did."""

    def __init__(self, folder: Path, fsync: bool = True) -> None:
        """Read what is there; a missing folder is an empty ledger.

        Args:
            folder: where the files are.
            fsync: an answer survives a power cut, not just the end of this process.

        Raises:
            StoreError: a file cannot be read.
        """
        self._folder = folder
        self._fsync = fsync
        self._files: list[Path] = []
        self._numbers: dict[Path, int] = {}
        self._read_to: dict[Path, int] = {}
        self._index = LedgerIndex()
        self._own: FileIO | None = None
        self._own_path: Path | None = None
        self._process = os.getpid()
        self._reading: dict[int, int] = {}
        """File number to the descriptor that it is read by."""
        self._batch = _Batch()
        self._writing = anyio.Lock()
        self._next_write = 0.0
        self._looking = False
        self._next_look = 0.0
        self.intents = Intents(folder / "asking", self)
        """What the processes of this ledger are about to ask for."""
        self.asked: dict[str, anyio.Event | None] = {}
        """Keys that this process has in work; an event where somebody else waits for one."""
        self.users = 1
        """Those who opened it and have not closed it."""
        self.refresh()

    def __len__(self) -> int:
        return len(self._index)

    @property
    def intact(self) -> bool:
        """Whether all files that were read are still there."""
        return all(path.exists() for path in self._files)

    @property
    def own_name(self) -> str:
        """The file that this process's answers are in; empty before the first."""
        return self._own_path.name if self._own_path else ""

    def refresh(self) -> None:
        """Read what other processes have added.

        Raises:
            StoreError: a file cannot be read.
        """
        for found in self._unread():
            self.take(found)

    async def look(self) -> bool:
        """Read what other processes have added, in a thread; at most once a second, for one caller at a time.

        Returns:
            Whether there was anything new; False, too, where it is not time to look yet.

        Raises:
            StoreError: a file cannot be read.
        """
        started = time.monotonic()
        if self._looking or started < self._next_look:
            return False
        self._looking = True
        try:
            every = await anyio.to_thread.run_sync(lambda: list(self._unread()))
        finally:
            now = time.monotonic()
            self._looking = False
            self._next_look = now + max(_LOOK_S, (now - started) / _LOOK_SHARE)
        for found in every:
            self.take(found)
        return any(found.keys for found in every)

    def get(self, key: str, models: tuple[str, ...] = ()) -> Reply | None:
        """The first answer recorded under `key` that counts; a line that a crash spoiled is none.

        Args:
            key: the answer's name.
            models: whose answers count (`model_names.one_of`); empty: anybody's.

        Raises:
            StoreError: the file that holds it is gone.
        """
        for place in self._index.every(short(key)):
            reply = parse_line(self._line_at(place >> _OFFSET_BITS, place & (1 << _OFFSET_BITS) - 1), key)
            if reply is None:
                self._index.remove(short(key), place)
            elif not models or one_of(reply.model, models):
                return reply
        return None

    async def append(self, key: str, template: str, asked: str, reply: Reply, seconds: float) -> None:
        """Make an answer durable; calls that come together share one write.

        Args:
            key: the answer's name.
            template: the prompt file, for counting.
            asked: the model asked for.
            reply: the answer.
            seconds: how long it took, waiting for a turn included.

        Raises:
            StoreError: it could not be written, such as on a full disk.
        """
        batch = self._batch
        batch.lines.append((key, write_line(key, template, asked, reply, seconds)))
        # An answer that has arrived is paid for: it is kept even when whoever asked has been cancelled.
        with anyio.CancelScope(shield=True):
            if batch.done is not None:
                await batch.done.wait()
            else:
                # Who begins a batch writes it, a little after the batch before it is written.
                batch.done = anyio.Event()
                try:
                    async with self._writing:
                        await anyio.sleep(max(0.0, self._next_write - time.monotonic()))
                        self._batch = _Batch()
                        await self._commit(batch)
                        self._next_write = time.monotonic() + _GATHER_S
                finally:
                    # Also where a signal ends this very task: who waits must not think its answer recorded.
                    if self._batch is batch:
                        self._batch = _Batch()
                    if not batch.written and batch.error is None:
                        batch.error = StoreError(
                            f"an answer was not recorded in {self._folder}; it is not used"
                        )
                    batch.done.set()
        if batch.error is not None:
            raise batch.error

    def close(self) -> None:
        """Close the files, when the last of its users does; a later call opens them again."""
        self.users = max(0, self.users - 1)
        if not self.users:
            self._close_own()
            self._close_reading()
            self.intents.leave()

    def unread(self, names: Collection[str] | None) -> list[Found]:
        """What stands in some files of other processes beyond what was read; changes nothing, for a thread.

        Args:
            names: the files, which are opened: only then NFS tells how far they go by now. None: all that
                have grown, as far as is known.

        Raises:
            StoreError: a file cannot be read.
        """
        if names is None:
            return list(self._unread())
        try:
            paths = [self._folder / name for name in sorted(names)]
            return [read_lines(path, self._read_to.get(path, 0)) for path in paths if path != self._own_path]
        except OSError as error:
            raise StoreError(f"the ledger in {self._folder} cannot be read: {error}") from error

    def take(self, found: Found) -> None:
        """Remember what was found."""
        number = self._number(found.path) << _OFFSET_BITS
        self._index.add_all(found.keys, [number | offset for offset in found.offsets])
        self._read_to[found.path] = found.end

    def _close_own(self) -> None:
        if self._own is not None:
            self._own.close()
            self._own = None

    def _close_reading(self) -> None:
        while self._reading:
            os.close(self._reading.popitem()[1])

    def _unread(self) -> Iterator[Found]:
        """What stands in the files beyond what was read; changes nothing, so that a thread can do it."""
        try:
            for path in sorted(self._folder.glob("*.jsonl")):
                offset = self._read_to.get(path, 0)
                if path != self._own_path and path.stat().st_size > offset:
                    yield read_lines(path, offset)
        except OSError as error:
            raise StoreError(f"the ledger in {self._folder} cannot be read: {error}") from error

    def _number(self, path: Path) -> int:
        number = self._numbers.setdefault(path, len(self._files))
        if number == len(self._files):
            self._files.append(path)
        return number

    def _line_at(self, number: int, offset: int) -> bytes:
        path = self._files[number]
        try:
            descriptor = self._reading.get(number)
            if descriptor is None:
                if len(self._reading) >= _OPEN_FILES:
                    self._close_reading()
                descriptor = self._reading[number] = os.open(path, os.O_RDONLY)
            line = os.pread(descriptor, _LINE, offset)
            while b"\n" not in line and (more := os.pread(descriptor, 16 * _LINE, offset + len(line))):
                line += more
        except OSError as error:
            raise StoreError(f"the ledger's file {path} cannot be read: {error.strerror}") from error
        return line[: line.find(b"\n") + 1]

    async def _commit(self, batch: _Batch) -> None:
        data = b"".join(line for _, line in batch.lines)
        try:
            path, offset = await anyio.to_thread.run_sync(self._write, data)
        except OSError as error:
            batch.error = StoreError(
                f"an answer cannot be recorded in {self._folder}: {error.strerror}; nothing unrecorded "
                "is used. Make room and start the same command again"
            )
        else:
            number = self._number(path) << _OFFSET_BITS
            for key, line in batch.lines:
                # Whoever asked found no answer, or one that is not this teacher's.
                self._index.put(short(key), number | offset)
                offset += len(line)
            self._read_to[path] = offset
            batch.written = True

    def _write(self, data: bytes) -> tuple[Path, int]:
        """Append to this process's file; the file, and where in it the data begins."""
        if self._process != os.getpid():  # forked: the file is the parent's
            self._own, self._own_path, self._process = None, None, os.getpid()
        file = self._own = self._own or self._open_own()
        offset = file.seek(0, os.SEEK_END)
        try:
            append(file, data, self._fsync)
        except OSError:
            # What did fit stays a line cut off at the end, which nobody reads: the next line goes elsewhere.
            self._close_own()
            self._own_path = None
            raise
        return Path(file.name), offset

    def _open_own(self) -> FileIO:
        if self._own_path is not None:
            return self._own_path.open("ab", buffering=0)
        file = own_file(self._folder, ".jsonl", self._fsync)
        self._own_path = Path(file.name)
        return file


_shared: dict[Path, Ledger] = {}


def shared_ledger(folder: Path) -> Ledger:
    """This process's ledger of a folder, up to date; each caller closes it once.

    Raises:
        StoreError: a file cannot be read.
    """
    folder = folder.absolute()
    ledger = _shared.get(folder)
    if ledger is None or not ledger.intact:
        ledger = _shared[folder] = Ledger(folder)
        return ledger
    ledger.refresh()
    ledger.users += 1
    return ledger
