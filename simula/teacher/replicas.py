"""Several servers of one model: a call goes to the one with the fewest calls in flight.

A folder holds a file for each server that is ready, whose text is its address up to and including the
version. Who starts a server writes the file when it answers, and removes it when it ends (`slurm/vllm.sh`);
a file that a lost machine has left costs a call now and then, which is sent again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from simula.teacher.endpoint import Endpoint
from simula.teacher.faults import PassingFault

_LOOK = 5.0
"""Seconds between two looks into the folder."""
_DOUBT = 10.0
"""Seconds for which a server that failed gets no call, where another has not failed; then one call tries."""


@dataclass(slots=True)
class _Replica:
    """One server."""

    endpoint: Endpoint
    in_flight: int = 0
    failed: float = -math.inf
    """When a call failed at last, if none was answered since."""

    def doubtful(self, now: float) -> bool:
        """Whether others are to be asked instead: it failed just now, or a call is trying it."""
        return self.failed > -math.inf and (now < self.failed + _DOUBT or self.in_flight > 0)


class Replicas:
    """The servers whose addresses stand in a folder, as they come and go."""

    def __init__(self, folder: Path, connect: Callable[[str], Endpoint]) -> None:
        """Prepare; nothing is read.

        Args:
            folder: with a file for each server.
            connect: makes the way to an address.
        """
        self._folder = folder
        self._connect = connect
        self._known: dict[str, _Replica] = {}
        """Every server of which an address was read, those that are gone too: calls may be in flight."""
        self._addresses: tuple[str, ...] = ()
        self._look_at = -math.inf
        self._looking = anyio.Lock(fast_acquire=True)

    async def post(self, body: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that one of the servers answers with.

        Raises:
            PassingFault: it may be answered if it is sent again, as by another server.
            RequestFailed: this request is lost.
            TeacherUnavailable: no request can succeed.
        """
        await self._look()
        if not self._addresses:
            raise PassingFault(f"no server has written its address into {self._folder}")
        now = anyio.current_time()
        replica = min(
            (self._known[address] for address in self._addresses),
            key=lambda one: (one.doubtful(now), one.in_flight),
        )
        replica.in_flight += 1
        try:
            answer = await replica.endpoint.post(body)
        except PassingFault:
            replica.failed = anyio.current_time()
            raise
        finally:
            replica.in_flight -= 1
        replica.failed = -math.inf
        return answer

    async def close(self) -> None:
        """Close the connections; a later call opens new ones."""
        for replica in self._known.values():
            await replica.endpoint.close()

    async def _look(self) -> None:
        async with self._looking:
            if anyio.current_time() < self._look_at:
                return
            self._addresses = await anyio.to_thread.run_sync(_addresses, self._folder)
            for address in self._addresses:
                self._known.setdefault(address, _Replica(self._connect(address)))
            self._look_at = anyio.current_time() + _LOOK


def _addresses(folder: Path) -> tuple[str, ...]:
    """What stands in the files of a folder, in the order of their names; hidden ones are being written."""
    found: dict[str, None] = {}
    for path in sorted(folder.glob("[!.]*")):
        # A server that has just ended took its file with it.
        with suppress(FileNotFoundError):
            found[path.read_text(encoding="utf-8").strip()] = None
    return tuple(found)
