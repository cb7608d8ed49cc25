"""Fill a data set: slots in parallel, accepted in slot order, until exactly N rows stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

import anyio

from simula.concurrency import first_error
from simula.dataset.language import foreign
from simula.dataset.similarity import SimilarityIndex
from simula.generation import (
    NO_MIX,
    Candidate,
    DatasetSettings,
    History,
    Mechanism,
    SeenMixes,
    Slot,
    Texts,
    fill,
    looks_back,
)
from simula.generation.history import Drawn
from simula.mix import Mix, draw_mix
from simula.prompts import Tally

AHEAD = 16_384
"""Slots that may be begun beyond one that is not settled: a call that hangs does not fill the memory."""
READ_TOGETHER = 16
"""Candidates of an earlier run that are read between two turns of the calls in flight: some 8 ms."""
HEAD_START_S = 0.05
"""Seconds in which the first new calls leave before reading begins."""
TURN_S = 0.002
"""Seconds of such a turn: threads, such as the ledger's, get no word in while the loop is busy."""


class Stored(Protocol):
    """Candidates that an earlier run left, of the slots from 0 on."""

    @property
    def count(self) -> int:
        """How many."""
        ...

    @property
    def accepted(self) -> int:
        """Those that are rows."""
        ...

    def drawn(self) -> Iterator[Drawn]:
        """What the mix of each holds, in slot order, sooner than the candidates themselves."""
        ...

    def __iter__(self) -> Iterator[Candidate]:
        """In slot order."""
        ...


@dataclass(slots=True)
class Filling:
    """Gives candidates in slot order to `keep`, which is all that holds them, and counts what they cost.

    The rows are the first N accepted candidates in slot order, whatever the order in which calls
    return. A slot is only started while all those in flight, if accepted, would not reach N: so the
    last candidate is the N-th row, and nothing is generated that is not needed.
    """

    mechanism: Mechanism
    settings: DatasetSettings
    size: int
    test: Iterable[tuple[str, str]] = ()
    """Name and text of the benchmark's items: no row may be similar to one."""
    tokens: int = 0
    """Counted against `settings.tokens`; what the taxonomies cost, to begin with."""
    on_change: Callable[[Filling], None] = lambda filling: None
    keep: Callable[[Candidate], None] = lambda candidate: None
    """Takes each candidate of the data set, in slot order, when its status will not change any more."""
    texts: Texts = field(default_factory=list[str])
    """Where the texts are kept that later slots look back at."""
    kept: int = 0
    accepted: int = 0
    tally: Tally = field(default_factory=Tally)
    """Of the calls made here; candidates that were restored are not in it."""
    exhausted: bool = False
    """The token budget came first; candidates from there on are dropped."""
    dropped: int = 0
    """Candidates that were in flight when it came; how many depends on when calls return."""
    dropped_tokens: int = 0
    """What these cost."""
    _stored: Stored | None = None
    _unread: int = 0
    """Candidates of an earlier run that are still to be read."""
    _unread_rows: int = 0
    """Those of them that are rows."""
    _waiting: dict[int, Candidate] = field(default_factory=dict)
    _hopeful: int = 0
    """Waiting candidates that may become rows."""
    _next: int = 0
    _seen: SeenMixes = field(default_factory=SeenMixes)
    _history: History = field(init=False)
    _changed: anyio.Event = field(default_factory=anyio.Event)
    _tests: SimilarityIndex = field(init=False)
    _rows: SimilarityIndex = field(init=False)

    def __post_init__(self) -> None:
        self._tests = SimilarityIndex(self.settings.ngram, self.settings.similarity)
        self._rows = SimilarityIndex(self.settings.ngram, self.settings.similarity)
        for name, text in self.test:
            self._tests.add(name, text)
        self._history = History(self.mechanism.recipe, self.mechanism.scenarios, self.texts)

    @property
    def limit(self) -> int:
        """Slots tried at most."""
        return math.ceil(self.size * self.settings.candidates_per_row)

    @property
    def in_flight(self) -> int:
        """Slots that are being filled."""
        return self._next - len(self._history) - len(self._waiting) - self._unread

    @property
    def ended(self) -> bool:
        """Whether every slot that was begun is settled."""
        return self._next == len(self._history)

    @property
    def refused(self) -> int:
        """Candidates that did not become rows."""
        return self.kept - self.accepted

    def resume(self, stored: Stored) -> None:
        """Begin behind candidates of the same data set that stand, which are read while new slots are filled.

        Where no new slots are needed, or a limit has to count them, they are read first, as far as needed.
        """
        if stored.accepted >= self.size or stored.count >= self.limit or self.settings.tokens is not None:
            self._restore(stored)
            return
        if self._counts_mixes:
            for drawn in stored.drawn():
                self._seen.draw(drawn)
        self._stored, self._next = stored, stored.count
        self._unread, self._unread_rows = stored.count, stored.accepted

    def _restore(self, candidates: Iterable[Candidate]) -> None:
        for candidate in candidates:
            if self.accepted == self.size or self.exhausted or self._next >= self.limit:
                return
            self._note(candidate.mix)
            self._next += 1
            self._restored(candidate)

    async def run(self) -> None:
        """Fill until the target, the token budget, or the candidate limit.

        Raises:
            TeacherUnavailable: no further call can succeed.
        """
        try:
            async with anyio.create_task_group() as group:
                if self._stored is not None:
                    group.start_soon(self._read, self._stored)
                while True:
                    while self._may_start():
                        group.start_soon(self._fill, self._slot(self._next))
                        self._next += 1
                    if self.ended:
                        break
                    await self._changed.wait()
                    self._changed = anyio.Event()
        except BaseExceptionGroup as errors:
            raise first_error(errors) from None

    def _may_start(self) -> bool:
        return (
            self.in_flight < self.settings.concurrency
            and self._next < min(self.limit, len(self._history) + self._unread + AHEAD)
            and self.accepted + self._unread_rows + self._hopeful + self.in_flight < self.size
            and self._affordable()
        )

    def _affordable(self) -> bool:
        """Whether one more slot is likely to be paid for; at least one at a time is tried."""
        if self.settings.tokens is None:
            return True
        if self.exhausted:
            return False
        mean = self.tokens / max(1, self.kept)
        unsettled = self._next - len(self._history)
        return not unsettled or self.tokens + mean * (unsettled + 1) <= self.settings.tokens

    def _slot(self, number: int) -> Slot:
        """The slot with its mix. Called once a slot, in slot order."""
        mechanism = self.mechanism
        if mechanism.taxonomies is None:
            return Slot(number, NO_MIX, 0, (), self._settled)
        mix = draw_mix(mechanism.taxonomies, mechanism.taxonomy, mechanism.seed, number)
        return Slot(number, mix, self._note(mix), _Before(self._seen, number), self._settled)

    def _note(self, mix: Mix) -> int:
        """How many slots before this one drew the same mix, where that matters."""
        if not self._counts_mixes:
            return 0
        return self._seen.draw([(choice.factor, choice.path) for choice in mix.choices])

    @property
    def _counts_mixes(self) -> bool:
        return self.mechanism.taxonomies is not None and looks_back(self.mechanism.scenarios)

    async def _settled(self, count: int) -> History:
        """The first `count` candidates, when they are all there; slots only ever wait for earlier ones."""
        while len(self._history) < count:
            await self._changed.wait()
        return self._history

    async def _fill(self, slot: Slot) -> None:
        candidate, tally = await fill(slot, self.mechanism)
        self.tally.add(tally)
        self._waiting[slot.number] = candidate
        self._hopeful += candidate.status == "accepted"
        self._settle()
        self._progressed()

    async def _read(self, stored: Stored) -> None:
        """Read what an earlier run left, and let calls in flight have their turn."""
        await anyio.sleep(HEAD_START_S)
        for candidate in stored:
            self._unread -= 1
            self._unread_rows -= candidate.status == "accepted"
            self._restored(candidate)
            if self._unread % READ_TOGETHER == 0:
                self._progressed()
                await anyio.sleep(TURN_S)
        self._settle()
        self._progressed()

    def _settle(self) -> None:
        """Send what is next in slot order through the post-filter."""
        while (ready := self._waiting.pop(len(self._history), None)) is not None:
            self._hopeful -= ready.status == "accepted"
            self._append(self._filtered(ready))
            if self.exhausted:
                self.dropped += 1
                self.dropped_tokens += ready.tokens

    def _progressed(self) -> None:
        self.on_change(self)
        self._changed.set()

    def _restored(self, candidate: Candidate) -> None:
        """A candidate that the post-filter has seen in an earlier run."""
        if candidate.status == "accepted" and candidate.example is not None:
            self._rows.add(str(candidate.slot), candidate.example.text)
        self._append(candidate)

    def _append(self, candidate: Candidate) -> None:
        budget = self.settings.tokens
        if not self.exhausted and budget is not None and self.tokens + candidate.tokens > budget:
            self.exhausted = True
        # Even beyond the budget's end: slots in flight may wait for it.
        self._history.add(candidate)
        if not self.exhausted:
            self.kept += 1
            self.tokens += candidate.tokens
            self.accepted += candidate.status == "accepted"
            self.keep(candidate)

    def _filtered(self, candidate: Candidate) -> Candidate:
        """Language, decontamination against the benchmark, de-duplication against the rows before it."""
        if candidate.status != "accepted" or candidate.example is None:
            return candidate
        text = candidate.example.text
        languages = self.mechanism.domain.checked_languages
        if (found := foreign(f"{text}\n{candidate.example.reasoning}", languages)) is not None:
            why = f"reads as {found}, wanted {' or '.join(languages)}"
            return candidate.model_copy(update={"status": "foreign", "reason": why})
        if (twin := self._tests.similar(text)) is not None:
            return candidate.model_copy(update={"status": "contaminated", "reason": f"like test item {twin}"})
        if (twin := self._rows.similar(text)) is not None:
            return candidate.model_copy(update={"status": "duplicate", "reason": f"like row of slot {twin}"})
        self._rows.add(str(candidate.slot), text)
        return candidate


@dataclass(frozen=True, slots=True)
class _Before:
    """The earlier slots with a slot's mix, the latest first, sought when they are asked for."""

    seen: SeenMixes
    number: int

    def __iter__(self) -> Iterator[int]:
        return self.seen.before(self.number)
