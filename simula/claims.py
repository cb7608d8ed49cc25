"""A claim says who is at work on something. It is a file created by one and kept young by its holder."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

BEAT_S = 10.0
"""The holder touches its claim this often."""
EXPIRY_S = 90.0
"""A claim not touched for so long is dead: its holder was killed or its machine is gone."""


@dataclass(frozen=True, slots=True)
class Claim:
    """The claim file of one artifact, or of other work that only one process may do."""

    path: Path
    token: str = field(default_factory=lambda: uuid.uuid4().hex)

    def take(self) -> bool:
        """Try to become the holder: by atomic creation, or by taking over from a dead one."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        mine = {"host": this_host(), "pid": os.getpid(), "token": self.token}
        if _create(self.path, mine):
            return True
        dead = self._dead_holder()
        if dead is None:
            return False
        # Only one process ever takes over from this very holder; the others go on waiting. The new claim
        # replaces the old one in one step, so that at no time there is none.
        takeover = self.path.with_name(f".over-{self.path.name}-{dead}")
        if not _create(takeover, mine):
            if self._now() - takeover.stat().st_mtime > EXPIRY_S:
                takeover.unlink(missing_ok=True)
            return False
        aside = self.path.with_name(f".new-{self.token}")
        _create(aside, mine)
        os.replace(aside, self.path)
        takeover.unlink(missing_ok=True)
        return True

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep the claim young while the block runs, then give it back."""
        ended = threading.Event()

        def beat() -> None:
            while not ended.wait(BEAT_S):
                with contextlib.suppress(OSError):
                    os.utime(self.path)

        thread = threading.Thread(target=beat, name=f"claim {self.path.name}", daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()
            self.release()

    def release(self) -> None:
        """Give it back, where it is still this holder's."""
        if self._read().get("token") == self.token:
            self.path.unlink(missing_ok=True)

    def _dead_holder(self) -> str | None:
        """The token of a holder that is gone; None where it lives, or there is none.

        On this host the process is asked for; elsewhere the file's age decides, measured against a
        file written now, since clocks of hosts differ. A claim torn by a kill is judged by its age.
        """
        try:
            age = self._now() - self.path.stat().st_mtime
        except FileNotFoundError:
            return None
        holder = self._read()
        gone = holder.get("host") == this_host() and not alive(int(holder["pid"]))
        return str(holder.get("token", "torn")) if gone or age > EXPIRY_S else None

    def holder(self) -> str:
        """Who holds it, in words."""
        holder = self._read()
        return f"process {holder['pid']} on {holder['host']}" if holder else "somebody who just ended"

    def _read(self) -> dict[str, Any]:
        try:
            return dict(json.loads(self.path.read_text()))
        except (FileNotFoundError, ValueError):
            return {}

    def _now(self) -> float:
        probe = self.path.with_name(f".now-{self.token}")
        probe.touch()
        try:
            return probe.stat().st_mtime
        finally:
            probe.unlink(missing_ok=True)


def _create(path: Path, holder: dict[str, Any]) -> bool:
    """Create the file, or say that somebody else has."""
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY)
    except FileExistsError:
        return False
    with os.fdopen(descriptor, "w") as stream:
        json.dump(holder, stream)
    return True


@cache
def this_host() -> str:
    """This host, and on Linux its process namespace: containers may share a name, not their processes."""
    try:
        return f"{socket.gethostname()} {os.readlink('/proc/self/ns/pid')}"
    except OSError:
        return socket.gethostname()


def alive(pid: int) -> bool:
    """Whether a process of this host is there."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
