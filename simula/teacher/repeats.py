"""The repeats that passing faults deserve: with jitter, and no sooner than the provider asks."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TypeVar, TypeVarTuple

import anyio

from simula.errors import RequestFailed, RequestLost, TeacherUnavailable
from simula.teacher.faults import PassingFault
from simula.teacher.waits import Waits

Answer = TypeVar("Answer")
Arguments = TypeVarTuple("Arguments")

_LONGEST_WAIT = 60.0
"""Seconds between two attempts at most, where the provider asks for no more."""


class Repeats:
    """Sends a call again while its faults may pass.

    Waits double while no call is answered. Where others are answered, a longer wait of this one would spare
    nobody, as another call takes its place: it is sent again after about the first wait.

    A call whose attempts are used up is lost alone where others were answered meanwhile; where none was,
    the teacher is gone. A call whose every answer was empty is the teacher's own failure, and asking it
    another day would not help.
    """

    def __init__(self, model: str, attempts: int, first_wait: float, waits: Waits) -> None:
        """Allow `attempts` sends, the second one about `first_wait` seconds after the first."""
        self._model = model
        self._attempts = attempts
        self._first_wait = first_wait
        self._waits = waits
        self._answered = 0

    async def __call__(
        self, send: Callable[[*Arguments], Awaitable[Answer]], *arguments: *Arguments
    ) -> Answer:
        """The answer of the first attempt that has one.

        Raises:
            RequestFailed: every answer was empty.
            RequestLost: every attempt failed while other calls were answered.
            TeacherUnavailable: every attempt failed and nothing was answered.
        """
        begun = self._answered
        doublings, empty = 0, True
        for left in reversed(range(self._attempts)):
            before = self._answered
            try:
                answer = await send(*arguments)
            except PassingFault as fault:
                empty = empty and fault.empty
                if not left:
                    raise self._given_up(fault, empty=empty, alone=self._answered > begun) from fault
                await anyio.sleep(self._wait(fault, doublings))
                doublings = doublings + 1 if self._answered == before else 0
            else:
                self._answered += 1
                return answer
        raise AssertionError("the last attempt answers or raises")

    def _given_up(self, last: PassingFault, *, empty: bool, alone: bool) -> Exception:
        attempts = "1 attempt" if self._attempts == 1 else f"{self._attempts} attempts"
        what = f"{self._model} gave no answer in {attempts}, at last: {last}"
        if empty:
            return RequestFailed(what)
        if alone:
            return RequestLost(what)
        return TeacherUnavailable(f"{what}; the same command goes on from here later")

    def _wait(self, fault: PassingFault, doublings: int) -> float:
        wait = fault.wait or min(self._first_wait * 2**doublings, _LONGEST_WAIT)
        asked = "as the provider asks" if fault.wait else "before a call is sent again"
        self._waits.begins(wait, f"{asked} ({fault})")
        return wait + random.uniform(0, self._first_wait)
