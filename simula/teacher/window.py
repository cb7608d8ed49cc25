"""How many calls are in flight, where the provider decides: it refuses what is too much.

Additive increase, multiplicative decrease, as TCP does it (Chiu and Jain, 1989), with one question before a
decrease is believed: did the share of refused calls fall with the load? Where it did not, refusals are this
provider's way (a shared quota, a random 429), and fewer calls would only be slower.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import anyio

_LEAST_ROUND = 20
"""Outcomes in a round at least: fewer say nothing about a share."""
_EXCESS = 0.1
"""A refused share this much above the usual one is too much load, unless chance alone gives as much."""
_RARE = 0.05
"""A share of refusals that no provider is free of."""
_ALWAYS_LOAD = 0.5
"""A provider that refuses more than this share has too much to do, whatever it did before."""
_FORGET = 0.97
"""The usual share shrinks by this factor a round, so that it is asked about again now and then."""


@dataclass(frozen=True, slots=True)
class _Cut:
    """A decrease whose effect is not known yet."""

    load: int
    """Calls in flight before it."""
    share: float
    """Of calls that were refused before it."""


class Window:
    """A limit on calls in flight that follows what the provider takes.

    A round is as many outcomes as there are places, of calls that left since the last cut: the limit
    changes at most once a round trip. A clean round raises it by 1, 2, 4, …; a round with an excess of
    refusals cuts it to what was taken; a cut that did not help is taken back.
    """

    def __init__(self, most: int, least: int = 1) -> None:
        """Begin with `most` calls in flight; never allow fewer than `least`."""
        self._most = most
        self._least = min(least, most)
        self.limit = most
        self.in_flight = 0
        self._vacancy: anyio.Event | None = None
        self._round = 0
        self._outcomes = self._refused = self._peak = 0
        self._step = 1
        self._usual = 0.0
        self._cut: _Cut | None = None

    async def room(self) -> None:
        """Wait until another call may leave. One caller at a time."""
        while self.in_flight >= self.limit:
            self._vacancy = anyio.Event()
            await self._vacancy.wait()

    def enter(self) -> int:
        """A call leaves; the number of its round."""
        self.in_flight += 1
        self._peak = max(self._peak, self.in_flight)
        return self._round

    def leave(self, round_number: int, refused: bool | None) -> None:
        """A call that left in a round is over; `refused` is None where nothing is known of it."""
        self.in_flight -= 1
        if refused is not None and round_number == self._round:
            self._outcomes += 1
            self._refused += refused
            if self._outcomes >= max(self.limit, _LEAST_ROUND):
                self._judge()
        if self._vacancy is not None and self.in_flight < self.limit:
            self._vacancy.set()

    def _judge(self) -> None:
        cut, self._cut = self._cut, None
        share = self._refused / self._outcomes
        rare = max(self._usual, _RARE)
        chance = math.sqrt(rare * (1 - rare) / self._outcomes)
        excess = share - self._usual > max(_EXCESS, 3 * chance)
        if cut is not None and self._in_vain(cut, share):
            self._usual, self.limit, self._step = share, cut.load, 1
        elif excess and self._peak > self._least:
            self._cut = _Cut(self._peak, share)
            taken = self._peak * (1 - share) / (1 - self._usual)
            self.limit, self._step = max(self._least, round(taken)), 1
            # Calls that left before say nothing about the smaller load.
            self._round += 1
        elif not excess and self._peak >= self.limit:
            self.limit = min(self._most, self.limit + self._step)
            self._step *= 2
        self._usual *= _FORGET
        self._outcomes = self._refused = 0
        self._peak = self.in_flight

    def _in_vain(self, cut: _Cut, share: float) -> bool:
        """Whether less load left the share nearer to what it was than to what a capacity predicts."""
        predicted = max(self._usual, 1 - (1 - cut.share) * cut.load / self.limit)
        return max(share, cut.share) <= _ALWAYS_LOAD and share > (predicted + cut.share) / 2
