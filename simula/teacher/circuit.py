"""What holds all calls back: a provider that says its quota is spent, or at which nearly everything fails.

While calls are held back, single ones are sent all the same, to see (a half-open circuit). Waiting is sleep.
"""

from __future__ import annotations

import math
import random
from collections import deque

import anyio

from simula.errors import TeacherUnavailable
from simula.teacher.faults import PassingFault
from simula.teacher.waits import Waits

_JUDGED = 20
"""The last so many attempts are judged."""
_NEARLY_ALL = 0.9
"""A share of failures at which an outage is assumed."""
_MOST = 0.75
"""Where fewer are failing, a call's word about the quota is not believed any more once it was wrong."""
_LONGEST_PROBE_WAIT = 10.0


class Circuit:
    """The gate before every attempt; one caller at a time waits at it.

    Outage: of the last 20 attempts 90 % failed. One probe is sent after `first_wait` seconds, then after
    twice as many, and so on; any answer ends the outage, unless the next 20 attempts fail as well. An outage
    that lasts `outage_seconds` stops the run.

    Spent quota: a call that is told so, and how long it has to wait, holds back all others as long. One is
    sent at once: if it is answered, the word was not about all calls, and is not believed again until most
    attempts fail.
    """

    def __init__(self, model: str, outage_seconds: float, first_wait: float, waits: Waits) -> None:
        """Stop after an outage of so many seconds, which is probed first after `first_wait` seconds."""
        self._model = model
        self._patience = outage_seconds
        self._first_wait = first_wait
        self._waits = waits
        self._last: deque[bool] = deque(maxlen=_JUDGED)
        """Whether each of the last attempts was answered."""
        self._failing_since = math.inf
        self._outage = False
        self._quota_until = 0.0
        self._believes = True
        self._probe_at = math.inf
        self._probe_wait = first_wait
        self._probing = False
        self._waiting: anyio.Event | None = None
        self._reason = ""

    async def passed(self) -> bool:
        """Wait until a call may leave; whether it is a probe, of which the outcome must be told.

        Raises:
            TeacherUnavailable: the outage has lasted too long.
        """
        while True:
            if self._reason:
                raise TeacherUnavailable(self._reason)
            now = anyio.current_time()
            if not self._outage and now >= self._quota_until:
                return False
            if not self._probing and now >= self._probe_at:
                self._probing = True
                return True
            await self._change(math.inf if self._probing else self._probe_at)

    def answered(self, probe: bool) -> None:
        """An attempt was answered, if only by a refusal of its content."""
        self._note(True)
        if probe:
            self._probing = False
            if anyio.current_time() < self._quota_until:
                self._quota_until, self._believes = 0.0, False
        if self._outage:
            self._outage = False
            self._last.clear()
            self._waits.answers()
        self._tell()

    def failed(self, fault: PassingFault, probe: bool) -> None:
        """An attempt failed in a way that may pass."""
        now = anyio.current_time()
        holding = now < self._quota_until
        if probe or not holding:
            # What was in flight when the quota was found spent says nothing new.
            self._note(False)
        if probe:
            self._probing = False
            self._probe_wait = min(2 * self._probe_wait, _LONGEST_PROBE_WAIT)
            self._probe_at = self._next_probe(now, fault) if self._outage else math.inf
        if fault.quota and fault.wait and (self._believes or self._share() >= _MOST):
            self._hold(now, fault.wait, proven=probe)
        elif not holding and not self._outage and self._share() >= _NEARLY_ALL:
            self._begin_outage(now, fault)
        if probe and self._outage and now - self._failing_since >= self._patience:
            self._reason = (
                f"{self._model}: {_NEARLY_ALL:.0%} of all attempts or more failed for "
                f"{now - self._failing_since:.0f} s, at last: {fault}; nothing more is sent, "
                "the same command goes on from here later"
            )
        elif self._outage:
            self._waits.fails(now - self._failing_since, self._patience, fault)
        self._tell()

    def gone(self, probe: bool) -> None:
        """An attempt ended without a word about the provider, such as by cancellation."""
        if probe:
            self._probing = False
            self._probe_at = anyio.current_time()
            self._tell()

    def _hold(self, now: float, wait: float, proven: bool) -> None:
        if now >= self._quota_until:
            self._probe_at = now
            self._last.clear()
        self._believes = self._believes or proven
        self._quota_until = max(self._quota_until, now + _jittered(wait))

    def _begin_outage(self, now: float, fault: PassingFault) -> None:
        self._outage = True
        self._failing_since = min(self._failing_since, now)
        self._probe_wait = self._first_wait
        self._probe_at = self._next_probe(now, fault)

    def _next_probe(self, now: float, fault: PassingFault) -> float:
        return now + _jittered(max(self._probe_wait, fault.wait))

    def _note(self, answered: bool) -> None:
        self._last.append(answered)
        if answered and len(self._last) == _JUDGED and self._share() < _NEARLY_ALL:
            self._failing_since = math.inf

    def _share(self) -> float:
        """Of failures among the last attempts; 0 while there are too few to judge."""
        return 1 - sum(self._last) / _JUDGED if len(self._last) == _JUDGED else 0.0

    async def _change(self, until: float) -> None:
        """Wait for an outcome, but no longer than `until` or the end of the hold."""
        self._waiting = anyio.Event()
        with anyio.CancelScope(deadline=min(until, math.inf if self._outage else self._quota_until)):
            await self._waiting.wait()

    def _tell(self) -> None:
        if self._waiting is not None:
            self._waiting.set()


def _jittered(wait: float) -> float:
    """Never sooner than asked; processes that were told the same do not come back together."""
    return wait * random.uniform(1.0, 1.1)
