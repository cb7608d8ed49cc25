"""When calls leave: one door for all calls of one teacher, the first attempts and the repeats."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeVar

import anyio

from simula.errors import RequestFailed
from simula.settings import fingerprint
from simula.teacher.circuit import Circuit
from simula.teacher.faults import PassingFault
from simula.teacher.pace import Pace
from simula.teacher.repeats import Repeats
from simula.teacher.sharing import Sharers
from simula.teacher.waits import Waits
from simula.teacher.window import Window

Answer = TypeVar("Answer")

_NEWEST = 1 / 8
"""Weight of the newest answer in the mean duration of a call."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How fast one teacher is asked, and how long its faults are waited out."""

    concurrency: int
    """Calls in flight at most."""
    least_concurrency: int = 1
    """Calls in flight that are allowed whatever the provider refuses."""
    requests_per_minute: float | None = None
    """Attempts begun a minute; None: no limit."""
    tokens_per_minute: float | None = None
    """Tokens a minute; None: no limit."""
    tokens_counted: Literal["input", "all"] = "all"
    """What counts against `tokens_per_minute`."""
    attempts: int = 1
    """How often a call is sent while its faults may pass."""
    first_wait: float = 1.0
    """Seconds before the second attempt."""
    outage_seconds: float = 60.0
    """Seconds after which an outage stops the run."""
    sharing: Path | None = None
    """Folder of the processes that share the limits a minute; None: this one is alone."""


def account_folder(sharing: Path | None, model: str, *account: object) -> Path | None:
    """Where the processes find each other that ask a model with the same account."""
    part = re.sub(r"[^A-Za-z0-9.]+", "-", model)[:40] + "-" + fingerprint([model, *account])
    return sharing / part if sharing else None


@dataclass(frozen=True, slots=True)
class _Ticket:
    """What an attempt took with it through the door."""

    round: int
    probe: bool
    began: float
    tokens: float
    """Expected."""
    sharers: int


class Traffic:
    """Sends calls one after the other through one door, and again while their faults may pass.

    The door opens where there is room in the window of calls in flight, where the limits a minute allow
    another call, and where the circuit is closed. Only the first in the queue waits for that; the others wait
    for it.
    """

    def __init__(self, model: str, limits: Limits) -> None:
        """Prepare; nothing is sent."""
        self.window = Window(limits.concurrency, limits.least_concurrency)
        self._pace = Pace(limits.requests_per_minute, limits.tokens_per_minute)
        self._sharers = Sharers(limits.sharing if self._pace.limited else None)
        self.waits = Waits(model)
        self._circuit = Circuit(model, limits.outage_seconds, limits.first_wait, self.waits)
        self._repeats = Repeats(model, limits.attempts, limits.first_wait, self.waits)
        self._duration = limits.first_wait
        """Mean seconds of an answered call."""
        self._new = True
        """Whether no call was answered yet."""
        self._sooner = anyio.Event()
        """Tells the first in the queue that its turn may come sooner."""
        self._door = anyio.Lock(fast_acquire=True)

    async def send(
        self,
        call: Callable[[], Awaitable[Answer]],
        expected: Callable[[], float] = lambda: 0.0,
        used: Callable[[Answer], float] = lambda answer: 0.0,
    ) -> Answer:
        """The answer of a call, which is sent again while it raises `PassingFault`.

        Args:
            call: one attempt.
            expected: tokens that it will probably use, as far as is known when it leaves.
            used: tokens that its answer says it used.

        Raises:
            RequestFailed: this call failed for good.
            RequestLost: every attempt failed while other calls were answered.
            TeacherUnavailable: no call can succeed.
            StoreError: the other processes cannot be seen.
        """

        return await self._repeats(self._attempt, call, expected, used)

    async def close(self) -> None:
        """Give back this process's part of the limits."""
        await self._sharers.leave()

    async def _attempt(
        self,
        call: Callable[[], Awaitable[Answer]],
        expected: Callable[[], float],
        used: Callable[[Answer], float],
    ) -> Answer:
        ticket = await self._leave(expected)
        refused: bool | None = None
        try:
            answer = await call()
            refused = False
            self._answered(ticket)
            if self._pace.limited:
                self._pace.correct(ticket.tokens, used(answer), ticket.sharers)
                self._sooner.set()
            return answer
        except PassingFault as fault:
            self._circuit.failed(fault, ticket.probe)
            refused = fault.busy
            # A refusal is quick: if its place were taken at once, a provider that refuses half would see many
            # times the calls it takes, and the share of refusals would say nothing about the load.
            await anyio.sleep(max(0.0, ticket.began + self._duration - anyio.current_time()))
            raise
        except RequestFailed:
            self._circuit.answered(ticket.probe)
            raise
        except BaseException:
            self._circuit.gone(ticket.probe)
            raise
        finally:
            self.window.leave(ticket.round, refused)

    async def _leave(self, expected: Callable[[], float]) -> _Ticket:
        """Wait for this call's turn, and go."""
        async with self._door:
            await self.window.room()
            if self._pace.limited:
                await self._sharers.beat()
                while anyio.current_time() < self._pace.next_at:
                    self._sooner = anyio.Event()
                    with anyio.CancelScope(deadline=min(self._pace.next_at, self._sharers.next_beat)):
                        await self._sooner.wait()
                    await self._sharers.beat()
            probe = await self._circuit.passed()
            now, sharers = anyio.current_time(), self._sharers.count
            tokens = expected() if self._pace.limited else 0.0
            self._pace.leave(now, tokens, sharers)
            return _Ticket(self.window.enter(), probe, now, tokens, sharers)

    def _answered(self, ticket: _Ticket) -> None:
        seconds = anyio.current_time() - ticket.began
        self._duration = seconds if self._new else self._duration + _NEWEST * (seconds - self._duration)
        self._new = False
        self._circuit.answered(ticket.probe)
