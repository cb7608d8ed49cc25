"""What the processes of one ledger tell each other: each appends to its own file and reads the others'.

Lines: `#PID HOST` whose file it is; `+KEY` I mean to ask for this answer; `-KEY` no more, it is recorded
or given up; `!` no intent before this holds; `=NAME` my answers are in this file of the ledger; `@NAME` I
have seen this process, and tell everything from here on; `.` I live. No locks, and no clocks are compared.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from simula.claims import alive, this_host
from simula.durable import own_name
from simula.teacher.ledger_lines import Found

EXPIRY_S = 10.0
"""A process whose file has not grown for so long is gone, and so is one of this host that does not run."""
_ANSWERS_IN = re.compile(rb"^=(.+)$", re.MULTILINE)


class Answers(Protocol):
    """The ledger, as far as its intents need it."""

    @property
    def own_name(self) -> str:
        """The file that this process's answers are in; empty before the first."""
        ...

    def unread(self, names: Collection[str] | None) -> list[Found]:
        """What stands in these files beyond what was read; None: in any. Changes nothing: for a thread."""
        ...

    def take(self, found: Found) -> None:
        """Remember what was found."""
        ...


def _answers_in(data: bytes) -> list[str]:
    """The files that lines name as those of answers; once said it holds."""
    return [name.decode() for name in _ANSWERS_IN.findall(data)]


@dataclass(slots=True)
class Other:
    """Another process, by what its file said when it was last read."""

    elder: bool
    """It was there before this process, which must not ask anything before the other one has seen it."""
    grew: float
    """When its file was last seen to have grown, by this process's watch."""
    read_to: int = 0
    whose: tuple[str, int] | None = None
    """Host and process."""
    open: set[str] = field(default_factory=set)
    """Keys that it means to ask for, or asks for."""
    files: set[str] = field(default_factory=set)
    """Those its answers are in."""
    knows_me: bool = False

    def learn(self, data: bytes, me: str) -> bool:
        """Read lines; whether they say more than that it lives."""
        self.files.update(_answers_in(data))
        # What else stands before does not hold.
        start = max(0, data.rfind(b"\n!\n"))
        if start and data.startswith(b"#"):
            self.learn(data[: data.index(b"\n") + 1], me)
        news = False
        for line in data[start:].decode("ascii", "replace").splitlines():
            kind, said = line[:1], line[1:]
            news = news or kind != "."
            if kind == "+":
                self.open.add(said)
            elif kind == "-":
                self.open.discard(said)
            elif kind == "!":
                self.open.clear()
            elif kind == "@":
                self.knows_me = self.knows_me or said == me
            elif kind == "#":
                pid, _, host = said.partition(" ")
                self.whose = host, int(pid)
        return news

    def stopped(self) -> bool:
        """Whether it does not run any more, where this host knows."""
        return self.whose is not None and self.whose[0] == this_host() and not alive(self.whose[1])


@dataclass(frozen=True, slots=True)
class Seen:
    """What one look into the others' files found."""

    tails: dict[str, bytes]
    """What the file of each process that is at work holds beyond what was read."""
    answers: list[Found]


class IntentFiles:
    """This process's file, and the others."""

    def __init__(self, folder: Path, answers: Answers) -> None:
        """Prepare; nothing is written."""
        self._folder = folder
        self._answers = answers
        self.begin()

    def begin(self) -> None:
        """Forget everybody; the next exchange begins a file under a new name."""
        self.name = own_name()
        self.process = os.getpid()
        self.joined = False
        self.others: dict[str, Other] = {}

    def exchange(self, lines: Sequence[str], *, listing: bool) -> Seen | None:
        """Write lines, then read what others have written, and then their answers. For a thread.

        Args:
            lines: to write, without line ends.
            listing: see, too, who has come since.

        Returns:
            None where the others took this process for gone, and removed its file.

        Raises:
            OSError: the folder cannot be written or read.
        """
        name, first = self.name, not self.joined
        if not self._written(lines, living=listing):
            return None
        stopped = {one for one, other in self.others.items() if other.stopped()}
        names = self._listed() if listing or first else list(self.others)
        tails = {other: data for other in names if (data := self._tail(other)) is not None}
        late = time.monotonic() - EXPIRY_S
        gone = stopped | {one for one in self.others if not tails.get(one) and self.others[one].grew < late}
        for one in gone:
            (self._folder / one).unlink(missing_ok=True)
        # In this order: an answer stands in its file before the intent is closed, or its process is gone.
        files: set[str] = set()
        for one, data in tails.items():
            if data.strip(b".\n"):
                files.update(self.others[one].files if one in self.others else ())
                files.update(_answers_in(data))
        answers = self._answers.unread(files)
        here = {one: data for one, data in tails.items() if one not in gone}
        if first or self.others.keys() - here.keys():
            answers += self._answers.unread(None)
        if self.name != name:
            # This process has left meanwhile.
            (self._folder / name).unlink(missing_ok=True)
        return Seen(here, answers)

    def learn(self, seen: Seen) -> tuple[list[str], bool]:
        """Who has come, and whether anybody said anything new or has gone."""
        watch, news = time.monotonic(), False
        for found in seen.answers:
            self._answers.take(found)
        first, self.joined = not self.joined, True
        before = set(self.others)
        for name, data in seen.tails.items():
            if name not in self.others:
                self.others[name] = Other(elder=first, grew=watch)
            other = self.others[name]
            if data:
                other.read_to += len(data)
                other.grew = watch
                news = other.learn(data, self.name) or news
        self.others = {name: other for name, other in self.others.items() if name in seen.tails}
        return [name for name in self.others if name not in before], news or bool(before - self.others.keys())

    def leave(self) -> None:
        """Remove this process's file."""
        name, process = self.name, self.process
        self.begin()
        if process == os.getpid():
            with contextlib.suppress(OSError):
                (self._folder / name).unlink()

    def _written(self, lines: Sequence[str], *, living: bool) -> bool:
        path = self._folder / self.name
        if not self.joined:
            self._folder.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
            lines = [f"#{os.getpid()} {this_host()}", *lines]
        else:
            flags = os.O_WRONLY | os.O_APPEND
            lines = lines or (["."] if living else [])
        if not lines:
            return True
        # Opened for each write: NFS gives what is written to the others when the file is closed.
        try:
            descriptor = os.open(path, flags, 0o666)
        except FileNotFoundError:
            return False
        try:
            data = "".join(f"{line}\n" for line in lines).encode()
            if os.write(descriptor, data) < len(data):
                raise OSError(28, "No space left on device")
        finally:
            os.close(descriptor)
        return True

    def _listed(self) -> list[str]:
        # An NFS client lists a folder anew when it has changed it itself, else after up to a minute.
        aside = self._folder / f".{self.name}"
        aside.touch()
        aside.unlink(missing_ok=True)
        return [name for name in os.listdir(self._folder) if not name.startswith(".") and name != self.name]

    def _tail(self, name: str) -> bytes | None:
        """What another process's file holds beyond what was read; None where it is gone."""
        other = self.others.get(name)
        try:
            with (self._folder / name).open("rb") as file:
                file.seek(other.read_to if other else 0)
                data = file.read()
                # A line that a crash tore is no sign of life.
                return data[: data.rfind(b"\n") + 1]
        except FileNotFoundError:
            return None
