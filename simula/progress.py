"""Progress for people: a live display on a terminal, plain lines elsewhere; nothing of what is soon done."""

from __future__ import annotations

import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.progress import Progress as Bar
from rich.text import Text

from simula.errors import BudgetSpent
from simula.visible import visible

QUIET_S = 2.0
"""What is done sooner says nothing on its way."""
LONGEST_S = 30.0
"""Plain lines come after 2, 4, 8, … seconds, and then this often."""
WINDOW_S = 20.0
"""Rates are those of the last so many seconds, or of as many as `WINDOW_STEPS` steps took."""
WINDOW_STEPS = 10
_SAMPLE_S = 0.25


@dataclass(frozen=True, slots=True)
class Paid:
    """What was sent and paid for now, recorded answers apart."""

    calls: int = 0
    tokens: int = 0
    usd: float = 0.0
    unusable: int = 0
    """Of the tokens, those of answers that could not be used."""


@dataclass(slots=True)
class Progress:
    """Says what a cell is doing, on standard error."""

    label: str
    console: Console = field(default_factory=lambda: Console(file=sys.stderr, highlight=False))
    clock: Callable[[], float] = time.monotonic

    def line(self, text: str) -> None:
        """One finished sentence."""
        self.console.print(visible(f"[{self.label}] {text}"), markup=False, soft_wrap=True)

    @contextmanager
    def bar(self, what: str) -> Iterator[Meter]:
        """A bar for one piece of work.

        Args:
            what: stage and unit, such as "dataset: rows accepted".

        Raises:
            BudgetSpent: as the work raised it, with how far the work came.
        """
        meter = Meter(self, what)
        try:
            if self.console.is_terminal:
                with Live(get_renderable=meter.shown, console=self.console, transient=True):
                    yield meter
            else:
                yield meter
        except BudgetSpent as error:
            raise BudgetSpent(f"{meter.place}; {error}") from error


@dataclass(slots=True)
class Meter:
    """How far one piece of work is; where there is no terminal, it prints a line now and then."""

    progress: Progress
    what: str
    done: int = 0
    total: int | None = None
    note: str = ""
    pace: Pace = field(default_factory=lambda: Pace())
    _bar: Bar = field(init=False)
    _task: TaskID = field(init=False)
    _started: float = field(init=False)
    _next_line: float = field(init=False)

    def __post_init__(self) -> None:
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        self._bar = Bar(*columns, console=self.progress.console, get_time=self.progress.clock)
        self._task = self._bar.add_task(self.what, total=None)
        self._started = self.progress.clock()
        self._next_line = QUIET_S

    def __call__(
        self, done: int, total: int | None, note: str = "", paid: Callable[[], Paid] | None = None
    ) -> None:
        """Tell how far the work is. It may be called for every step; it looks closer four times a second.

        Args:
            done: steps so far.
            total: of so many; None: unknown.
            note: what else there is to say, such as the count of refused candidates.
            paid: what was paid for now; only called where it is shown.
        """
        self.done, self.total, self.note = done, total, note
        now = self.progress.clock()
        if self.pace.steps_are_old(now):
            self.pace.add(now, done, paid() if paid is not None else self.pace.paid)
        if not self.progress.console.is_terminal and now - self._started >= self._next_line:
            self._next_line = now - self._started + min(LONGEST_S, max(QUIET_S, now - self._started))
            self.progress.line("; ".join([self.place, *self.details()]))

    @property
    def place(self) -> str:
        """How far it is: "dataset: 120 of 4,000 rows accepted"."""
        stage, _, unit = self.what.partition(": ")
        count = f"{self.done:,}" + (f" of {self.total:,}" if self.total else "")
        return f"{stage}: {count} {unit}".rstrip()

    def details(self) -> list[str]:
        """What else is known: the note, calls a second, tokens, dollars now and in the end, time left."""
        pace, left = self.pace, None if self.total is None else self.total - self.done
        found = [self.note] if self.note else []
        if pace.paid.calls:
            found.append(f"{_rate(pace.calls_a_second)} calls/s")
            lost = f" ({short(pace.paid.unusable)} of unusable answers)" if pace.paid.unusable else ""
            found.append(f"{short(pace.paid.tokens)} tokens{lost}")
        if pace.paid.usd:
            end = None if left is None else pace.usd_in_the_end(left)
            found.append(f"${pace.paid.usd:,.2f}" + ("" if end is None else f" of about ${end:,.2f}"))
        if left and (seconds := pace.seconds_left(left)) is not None:
            found.append(f"about {duration(seconds)} left")
        return found

    def shown(self) -> RenderableType:
        """The live display: the bar, the details below it; nothing in the first two seconds."""
        if self.progress.clock() - self._started < QUIET_S:
            return Group()
        self._bar.update(self._task, completed=self.done, total=self.total)
        details = Padding(Text(" · ".join(self.details()), style="dim"), (0, 0, 0, 2))
        return Group(self._bar.get_renderable(), details)


@dataclass(slots=True)
class Pace:
    """How fast work goes, over a sliding window of time, steps done and what was paid.

    Steps that stood before the first sample, such as rows of another size, count for no rate.
    """

    samples: deque[tuple[float, int, Paid]] = field(default_factory=deque)

    @property
    def paid(self) -> Paid:
        """What was paid at the last sample."""
        return self.samples[-1][2] if self.samples else Paid()

    def steps_are_old(self, now: float) -> bool:
        """Whether it is time for another sample."""
        return not self.samples or now - self.samples[-1][0] >= _SAMPLE_S

    def add(self, now: float, done: int, paid: Paid) -> None:
        """Add a sample; those before the window go."""
        self.samples.append((now, done, paid))
        while len(self.samples) > 2:
            start, before, _ = self.samples[1]
            if now - start < WINDOW_S or done - before < WINDOW_STEPS:
                return
            self.samples.popleft()

    @property
    def calls_a_second(self) -> float:
        """Calls that were really sent."""
        if len(self.samples) < 2:
            return 0.0
        (start, _, before), (end, _, now) = self.samples[0], self.samples[-1]
        return (now.calls - before.calls) / (end - start) if end > start else 0.0

    def seconds_left(self, steps: int) -> float | None:
        """Until so many more steps are done; None while none was."""
        if len(self.samples) < 2:
            return None
        (start, before, _), (end, done, _) = self.samples[0], self.samples[-1]
        return steps * (end - start) / (done - before) if done > before else None

    def usd_in_the_end(self, steps: int) -> float | None:
        """What will have been paid when so many more steps are done; None while none was."""
        if len(self.samples) < 2:
            return None
        (_, before, then), (_, done, now) = self.samples[0], self.samples[-1]
        return now.usd + steps * (now.usd - then.usd) / (done - before) if done > before else None


def duration(seconds: float) -> str:
    """45 s, 3 min 20 s, 2 h 05 min, 3 d 4 h."""
    whole = round(seconds)
    minutes, hours = whole // 60, whole // 3600
    if hours >= 48:
        return f"{hours // 24} d {hours % 24} h"
    if hours:
        return f"{hours} h {minutes % 60:02} min"
    return f"{minutes} min {whole % 60:02} s" if minutes else f"{whole} s"


def _rate(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.1f}"


def counted(count: int, what: str) -> str:
    """ "1 job", "1,200 jobs"."""
    return f"{count:,} {what}{'s' * (count != 1)}"


@contextmanager
def thinking(what: str) -> Iterator[None]:
    """A word on a terminal, gone in the end, for what counts nothing on its way."""
    with Console(file=sys.stderr).status(what):
        yield


def short(count: float) -> str:
    """14,640,000 as 14.6M."""
    for unit, name in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if count >= unit:
            return f"{count / unit:.1f}{name}"
    return f"{count:.0f}"
