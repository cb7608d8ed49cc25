"""Processes that share one key's limits: each leaves a sign of life in a folder, and takes its part.

No locks and no clocks are compared, which shared file systems and the nodes of a cluster do not agree on: a
process is alive while the *content* of its file changes, by the watch of whoever looks.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path

import anyio.to_thread

from simula.durable import own_name
from simula.errors import StoreError

_FIRST_BEAT = 0.1
_BEAT = 2.0
"""Seconds between two signs of life; fewer in the beginning, as processes of a sweep begin together."""
_EXPIRY = 10.0
"""A file that has not changed for so many seconds is nobody's."""
_LITTER = 6
"""After so many times the expiry, whoever sees the file removes it."""


@dataclass(slots=True)
class _Seen:
    """Another process's file as it was when it last changed."""

    content: str
    since: float


class Sharers:
    """How many processes are sending calls now, this one included."""

    def __init__(self, folder: Path | None) -> None:
        """Look into `folder`, which is made at the first beat; None: this process is alone."""
        self.count = 1
        self.next_beat = 0.0 if folder else float("inf")
        """When to look again, on the event loop's clock."""
        self._folder = folder
        self._name = own_name()
        self._beats = 0
        self._others: dict[str, _Seen] = {}
        self._gap = _FIRST_BEAT

    async def beat(self) -> None:
        """Leave a sign of life, where one is due, and count the others'.

        Raises:
            StoreError: the folder cannot be written.
        """
        now = anyio.current_time()
        if self._folder is None or now < self.next_beat:
            return
        if now - self.next_beat > _EXPIRY:
            # The others took this process for gone, and it has not looked at them: as at the start.
            self._gap = _FIRST_BEAT
        try:
            self.count = await anyio.to_thread.run_sync(self._look, self._folder)
        except OSError as error:
            raise StoreError(
                f"{self._folder}, where processes that share a limit find each other, cannot be used "
                f"({error.strerror}); make room, or give this process all of the limit with "
                "teacher.sharing=null"
            ) from error
        self.next_beat = anyio.current_time() + self._gap
        self._gap = min(2 * self._gap, _BEAT)

    async def leave(self) -> None:
        """Give this process's part back to the others."""
        if self._folder is not None and self._beats:
            await anyio.to_thread.run_sync((self._folder / self._name).unlink, True)
        self._beats, self._gap = 0, _FIRST_BEAT
        self.next_beat = 0.0 if self._folder else float("inf")

    def _look(self, folder: Path) -> int:
        if not self._beats:
            folder.mkdir(parents=True, exist_ok=True)
        self._beats += 1
        aside = folder / f".{self._name}"
        aside.write_text(str(self._beats))
        aside.replace(folder / self._name)
        watch = time.monotonic()
        seen = {path.name: path for path in folder.iterdir() if path.name not in (self._name, aside.name)}
        self._others = {name: other for name, other in self._others.items() if name in seen}
        alive = [name for name, path in seen.items() if self._alive(path, watch)]
        # A name with a dot is a sign of life that is being written.
        return 1 + sum(not name.startswith(".") for name in alive)

    def _alive(self, path: Path, watch: float) -> bool:
        try:
            # Opening a file makes NFS ask its server; its time stamps alone may be a minute old.
            content = path.read_text()
        except OSError:
            # It has just left.
            return False
        known = self._others.get(path.name)
        if known is None or known.content != content:
            # Whose file is seen for the first time may be alive: this process takes less until it knows.
            self._others[path.name] = _Seen(content, watch)
            return True
        if watch - known.since > _LITTER * _EXPIRY:
            path.unlink(missing_ok=True)
        return watch - known.since <= _EXPIRY
