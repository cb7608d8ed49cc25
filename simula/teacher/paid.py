"""What the processes of one command have paid: each writes a file of its own, and reads the others'."""

from __future__ import annotations

import json
import math
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from simula.durable import own_name
from simula.errors import StoreError

_GAP_S = 1.0
"""Seconds between two looks at what the others have paid."""
_SHARE = 0.05
"""Share of the time that is spent on looking at most, where there are many files on a slow disk."""


@dataclass(frozen=True, slots=True)
class Amount:
    """What some calls cost, or are expected to."""

    calls: int = 0
    tokens: float = 0.0
    usd: float = 0.0

    def __add__(self, other: Amount) -> Amount:
        return Amount(self.calls + other.calls, self.tokens + other.tokens, self.usd + other.usd)

    def __sub__(self, other: Amount) -> Amount:
        return Amount(self.calls - other.calls, self.tokens - other.tokens, self.usd - other.usd)

    def __str__(self) -> str:
        return f"{self.calls:,} calls, {self.tokens:,.0f} tokens, ${self.usd:,.4g}"


class PaidFiles:
    """This process's file, and the others'. A file stays when its process ends: what it paid is paid."""

    def __init__(self, folder: Path) -> None:
        """Prepare to share what is paid with whoever uses the same folder; nothing is written."""
        self._folder = folder
        self._name = own_name()
        self._written = Amount()
        self._next = 0.0
        self._read: dict[Path, Amount] = {}
        """What the others' files said last."""

    def due(self) -> bool:
        """Whether it is time to look; who is told so must `exchange`, and nobody else is told meanwhile."""
        if time.monotonic() < self._next:
            return False
        self._next = math.inf
        return True

    def exchange(self, paid: Amount) -> Amount:
        """Say what this process has paid; what all the others have. For a thread, where an event loop runs.

        Raises:
            StoreError: the folder cannot be used.
        """
        started = time.monotonic()
        try:
            self._write(paid)
            found = sum((self._said(path) for path in self._others()), Amount())
        except OSError as error:
            raise StoreError(
                f"{self._folder}, where the processes of this command tell each other what they paid, cannot "
                f"be used ({error}); make room and start the same command again"
            ) from error
        finally:
            now = time.monotonic()
            self._next = now + max(_GAP_S, (now - started) / _SHARE)
        return found

    def _write(self, paid: Amount) -> None:
        if paid == self._written:
            return
        self._folder.mkdir(parents=True, exist_ok=True)
        aside = self._folder / f".{self._name}"
        aside.write_text(json.dumps([paid.calls, paid.tokens, paid.usd]))
        aside.replace(self._folder / self._name)
        self._written = paid

    def _others(self) -> list[Path]:
        return [path for path in self._folder.glob("[!.]*") if path.name != self._name]

    def _said(self, path: Path) -> Amount:
        # Replaced while it was read, or left empty by a power cut: what it said before counts.
        with suppress(OSError, ValueError):
            # Opened each time: only then NFS tells what is in it by now.
            self._read[path] = Amount(*json.loads(path.read_text()))
        return self._read.get(path, Amount())
