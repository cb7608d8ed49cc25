"""Long waits, which are told: each state once, not once for every call that is in it."""

from __future__ import annotations

from collections.abc import Callable

import anyio

LONG_S = 10.0
"""A wait of fewer seconds is not worth a line."""


def silent(text: str) -> None:
    """Say nothing."""


def answers(count: int) -> str:
    """ "1 answer", "2,000 answers"."""
    return f"{count:,} answer" + ("" if count == 1 else "s")


class Waits:
    """Speaks of what one model's calls wait for."""

    def __init__(self, model: str, say: Callable[[str], None] = silent) -> None:
        """Wait for the calls of `model`; `say` is told each state in a line."""
        self.say = say
        self._model = model
        self._until = 0.0
        """The end of the wait that was told last, on the event loop's clock."""
        self._failing = False

    def begins(self, seconds: float, why: str) -> None:
        """A call waits; told where no wait was told that lasts about as long.

        Args:
            seconds: for how long.
            why: "as the provider asks (429: …)".
        """
        now = anyio.current_time()
        if seconds >= LONG_S and seconds > 2 * (self._until - now):
            self._until = now + seconds
            self.say(f"{self._model}: waiting {seconds:,.0f} s {why}")

    def fails(self, seconds: float, patience: float, last: Exception) -> None:
        """Nearly every attempt has failed for some seconds; told once, where it lasts.

        Args:
            seconds: so far.
            patience: seconds after which the run stops.
            last: the last failure.
        """
        if seconds >= LONG_S and not self._failing:
            self._failing = True
            self.say(
                f"{self._model}: nearly every call has failed for {seconds:.0f} s, at last: {last}; single "
                f"ones are sent until one is answered, for {patience:,.0f} s in all"
            )

    def answers(self) -> None:
        """What failed is over."""
        if self._failing:
            self._failing = False
            self.say(f"{self._model}: calls are answered again")
