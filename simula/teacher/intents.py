"""Of several processes that want one answer, one asks for it and the others wait: never paid twice.

Who wants an answer says so in a file that the others read (`intent_files`), then reads what the others say,
and asks only if nobody else does. Where two said it before either read the other's, the one that comes later
in an order of its own for each key takes its word back, and the first waits for that (Burns and Lynch,
"Bounds on shared memory for mutual exclusion", 1993). Before a process asks anything, those that were there
have seen it and tell what they have in flight; so a process that is alone writes only that it lives.

What can still be asked twice: what is in flight when a process is killed; what is in flight in one that lives
but did not write for `EXPIRY_S` (stopped, or cut off from the file system); where an NFS mount gives up
close-to-open consistency (`nocto`), what is asked within its caches' lag; and what a process of another node
answered that left a few seconds before this one came, where the sizes of its files are still cached. After a
process of another node was killed, the others wait `EXPIRY_S` for what it had in flight.
"""

from __future__ import annotations

import asyncio
import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import anyio
import anyio.to_thread

from simula.errors import StoreError
from simula.teacher.intent_files import EXPIRY_S, Answers, IntentFiles, Seen
from simula.teacher.port import Reply
from simula.teacher.waits import LONG_S, answers, silent

_FIRST_BEAT = 0.1
_BEAT = 1.0
"""Seconds between two signs of life; fewer in the beginning, as processes of a sweep begin together."""
_GAP = 0.02
"""Seconds between two looks where others have news; doubled up to a beat while they have none."""
_SHARE = 0.2
"""Share of the time that a thread looks at most, where the file system is slow."""


@dataclass(slots=True)
class _Wanted:
    """An answer that somebody waits to be allowed to ask for."""

    find: Callable[[], Reply | None]
    since: float = field(default_factory=time.monotonic)
    told: bool = False
    """Whether the others can read of it."""
    decided: anyio.Event = field(default_factory=anyio.Event)
    reply: Reply | None = None
    error: Exception | None = None


class Intents:
    """What this process is about to ask for, among the processes of one ledger."""

    def __init__(self, folder: Path, answers: Answers) -> None:
        """Prepare; nothing is written before the first answer that is not recorded.

        Args:
            folder: of the processes' files; made when it is first needed.
            answers: the ledger.
        """
        self._folder = folder
        self._answers = answers
        self._files = IntentFiles(folder, answers)
        self._held: set[str] = set()
        """Keys that this process asks for."""
        self._wanted: dict[str, _Wanted] = {}
        self._lines: list[str] = []
        """To be written."""
        self._answers_in = ""
        """What the others were told."""
        self._looked = 0.0
        self._next_listing = 0.0
        self._beat, self._gap = _FIRST_BEAT, _GAP
        self._wake = anyio.Event()
        self._running: asyncio.Task[None] | None = None
        self.say: Callable[[str], None] = silent
        """Told where this process waits long for the others."""
        self._said = False

    async def take(self, key: str, find: Callable[[], Reply | None]) -> Reply | None:
        """Wait until this process is to ask for `key`, or its answer is there.

        Args:
            key: nobody else in this process has it in work.
            find: looks the answer up in the ledger.

        Returns:
            None where this process is to ask, and to `close` the key when the answer is recorded or lost.

        Raises:
            StoreError: the other processes cannot be seen.
        """
        if self._alone and time.monotonic() - self._looked < EXPIRY_S / 2:
            self._held.add(key)
            return None
        wanted = self._wanted[key] = _Wanted(find)
        self._start()
        try:
            await wanted.decided.wait()
            if wanted.error is not None:
                raise wanted.error
        except BaseException:  # above all being cancelled: nobody else is to wait for this one
            self.close(key)
            raise
        return wanted.reply

    def close(self, key: str) -> None:
        """The answer is recorded, or this process gives it up."""
        wanted = self._wanted.pop(key, None)
        if key in self._held or (wanted is not None and wanted.told):
            self._held.discard(key)
            if self._files.others:
                self._lines.append(f"-{key}")
                self._wake.set()

    def leave(self) -> None:
        """Tell the others that this process asks nothing more, where that is so; later it may join again."""
        if self._held or self._wanted:
            return
        running, self._running = self._running, None
        if running is not None and not running.get_loop().is_closed():
            running.cancel()
        self._files.leave()
        self._files = IntentFiles(self._folder, self._answers)
        self._tell_nothing()

    @property
    def _alone(self) -> bool:
        return self._files.joined and not self._files.others

    def _start(self) -> None:
        self._wake.set()
        running = self._running
        if running is None or running.done() or running.get_loop() is not asyncio.get_running_loop():
            if self._files.process != os.getpid():  # forked: the file is the parent's
                self._files.begin()
            self._beat = _FIRST_BEAT
            self._next_listing = 0.0
            self._running = asyncio.get_running_loop().create_task(self._run(self._files))

    async def _run(self, files: IntentFiles) -> None:
        """Write and look as long as anything is in flight, and a little longer."""
        used = time.monotonic()
        try:
            while self._held or self._wanted or time.monotonic() - used < EXPIRY_S:
                self._wake = anyio.Event()
                began = time.monotonic()
                await self._look()
                took = time.monotonic() - began
                if self._held or self._wanted:
                    used = time.monotonic()
                if self._files.others:
                    await anyio.sleep(min(max(self._gap, took / _SHARE), _BEAT))
                if not self._wanted and not self._lines:
                    with anyio.move_on_after(max(0.0, self._next_listing - time.monotonic())):
                        await self._wake.wait()
        except OSError as error:
            self._stopped(
                StoreError(
                    f"{self._folder}, where processes that share a ledger find each other, cannot be used "
                    f"({error.strerror}); make room and start the same command again"
                )
            )
        except Exception as error:  # noqa: BLE001  (whoever waits would wait for ever)
            self._stopped(error)
        finally:
            files.leave()

    def _stopped(self, error: Exception) -> None:
        for wanted in self._wanted.values():
            wanted.error = error
            wanted.decided.set()

    async def _look(self) -> None:
        now = time.monotonic()
        listing = now >= self._next_listing
        if listing:
            self._next_listing = now + self._beat
            self._beat = min(2 * self._beat, _BEAT)
        lines = self._to_write()
        files = self._files
        seen = await anyio.to_thread.run_sync(lambda: files.exchange(lines, listing=listing))
        if seen is None:
            # The others took this process for gone; what it has in flight they may ask for, too.
            files.begin()
            self._tell_nothing()
            self._wake.set()
            self._next_listing = 0.0
            return
        self._learn(seen)
        self._looked = now
        self._decide()
        late = any(now - wanted.since > LONG_S for wanted in self._wanted.values())
        if late and not self._said:
            self.say(f"waiting for {answers(len(self._wanted))} that another process is asking for")
        self._said = late

    def _to_write(self) -> list[str]:
        if not self._files.others:
            return []
        own = self._answers.own_name
        if own != self._answers_in:
            self._answers_in = own
            self._lines.insert(0, f"={own}")
        for key, wanted in self._wanted.items():
            if not wanted.told and not self._rivals(key):
                wanted.told = True
                self._lines.append(f"+{key}")
        lines, self._lines = self._lines, []
        return lines

    def _learn(self, seen: Seen) -> None:
        alone = not self._files.others
        came, news = self._files.learn(seen)
        if alone and came:
            # The others are to know everything from here on.
            self._tell_nothing()
            self._lines = ["!", *(f"+{key}" for key in self._held)]
        elif not self._files.others:
            self._tell_nothing()
        self._lines += [f"@{name}" for name in came]
        self._gap = _GAP if news or self._lines else min(2 * self._gap, _BEAT)

    def _tell_nothing(self) -> None:
        """Take the others for knowing nothing of this process."""
        self._lines = []
        self._answers_in = ""
        for wanted in self._wanted.values():
            wanted.told = False

    def _decide(self) -> None:
        """Which of the wanted answers are there, are to be asked for, or are somebody else's."""
        others = self._files.others
        known = all(other.knows_me for other in others.values() if other.elder)
        for key, wanted in list(self._wanted.items()):
            if (reply := wanted.find()) is not None:
                wanted.reply = reply
                self.close(key)
                wanted.decided.set()
                continue
            rivals, place = self._rivals(key), partial(_place, key)
            if not rivals and known and (wanted.told or not others):
                del self._wanted[key]
                self._held.add(key)
                wanted.decided.set()
            elif rivals and wanted.told and min(map(place, rivals)) < place(self._files.name):
                wanted.told = False
                self._lines.append(f"-{key}")

    def _rivals(self, key: str) -> list[str]:
        """The others that mean to ask for an answer."""
        return [name for name, other in self._files.others.items() if key in other.open]


def _place(key: str, name: str) -> tuple[int, str]:
    """A process's place in a key's order: each process comes first for as many keys as any other."""
    return zlib.crc32(f"{key} {name}".encode()), name
