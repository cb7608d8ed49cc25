"""Gemini through its batch jobs: half the price, and answers within a day rather than a second.

Requests that are asked at one time are gathered and submitted as one file. Every batch is recorded before it
is sent: whoever asks next, in this process or another, awaits what is under way and does not send it again.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import anyio
import anyio.to_thread
from anyio.abc import TaskGroup

from simula.claims import Claim
from simula.concurrency import first_error, in_order
from simula.errors import RequestFailed, RequestLost, TeacherUnavailable
from simula.settings import fingerprint
from simula.teacher.batch_course import Course, given_up, its_own, missing, named, succeeded
from simula.teacher.batch_lines import Outcome, line, outcomes
from simula.teacher.batch_records import BatchRecord, Item, batches, claim_on, new_batch, read_batch, sweep
from simula.teacher.batch_service import BatchService
from simula.teacher.faults import PassingFault
from simula.teacher.ledger import Ledger
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.recorded import key_of
from simula.teacher.settings import GeminiBatchTeacher, models, options
from simula.teacher.waits import answers

_GLANCE = 0.1
"""Seconds between two looks at whether answers that were handed out are in the ledger."""


@dataclass(slots=True)
class _Question:
    """A request that somebody awaits."""

    request: Request
    submission: int = 1
    askers: int = 0
    done: anyio.Event = field(default_factory=anyio.Event)
    outcome: Outcome | None = None
    unusable: Usage = field(default_factory=Usage)
    """What answers took that could not be used."""


class GeminiBatch:
    """A Gemini model, asked by batches."""

    def __init__(self, settings: GeminiBatchTeacher, ledger: Ledger, say: Callable[[str], None]) -> None:
        """Make the client; nothing is sent.

        Args:
            settings: the teacher's.
            ledger: where answers go that nobody awaits any more.
            say: told, in a line, whenever a batch has come further.

        Raises:
            TeacherUnavailable: the key is not set.
        """
        self.model = settings.model
        self._settings = settings
        self._options = options(settings)
        self._models = models(settings)
        self._ledger = ledger
        self._say = say
        self._service = BatchService(settings, say)
        # Batches of other models, or other options, belong to teachers of their own.
        same = f"{re.sub(r'[^A-Za-z0-9]+', '-', self.model)}-{fingerprint([self.model, self._options])}"
        self._folder = settings.folder / same
        self._questions: dict[str, _Question] = {}
        self._gathered: dict[str, None] = {}
        """Keys that await submission, in the order of their arrival."""
        self._last_arrival = 0.0
        self._wake = anyio.Event()
        self._followed: set[str] = set()
        """Names of the batches that this teacher follows."""
        self._under_way: set[str] = set()
        """Keys in them whose outcome is not known."""
        self._elsewhere: set[str] = set()
        """Keys in batches that other living processes follow."""
        self._told_elsewhere = False
        self._answered = 0
        self._failed: dict[str, Exception] = {}
        """Failures for good that nobody awaited when they came."""
        self._course = Course(self._service, settings, say, lambda: len(self._followed) > 1)
        self._running: asyncio.Task[None] | None = None

    async def ask(self, request: Request) -> Reply:
        """Answer one request, when the batch that it is in has been answered."""
        key = key_of(request, self.model, self._options)
        question = self._questions.get(key)
        if question is None:
            if (failed := self._failed.pop(key, None)) is not None:
                raise failed
            question = self._questions[key] = _Question(request)
            self._gather(key)
        if self._running is None or self._running.done():
            self._running = asyncio.get_running_loop().create_task(self._run())
        question.askers += 1
        try:
            await question.done.wait()
        finally:
            question.askers -= 1
            if not question.askers and self._questions.get(key) is question:
                del self._questions[key]
        if isinstance(question.outcome, Reply):
            return replace(question.outcome, unusable=question.unusable)
        assert question.outcome is not None
        raise its_own(question.outcome, question.unusable)

    async def close(self) -> None:
        """Leave the batches under way to the next process that asks, and close the connections."""
        running, self._running = self._running, None
        if running is not None:
            running.cancel()
            with anyio.CancelScope(shield=True):
                await asyncio.wait([running])
        await self._service.close()

    async def _run(self) -> None:
        """Gather, submit and follow, until the teacher is closed; an error goes to everybody who waits."""
        error: BaseException = TeacherUnavailable(f"{self.model} was closed before its batches were answered")
        try:
            async with anyio.create_task_group() as group:
                sweep(self._folder)
                self._adopt(group)
                group.start_soon(self._watch, group)
                while True:
                    await self._due()
                    await self._submit_gathered(group)
        except BaseExceptionGroup as errors:
            error = first_error(errors)
            if not isinstance(error, Exception):
                raise
        finally:
            said = error if isinstance(error, Exception) else TeacherUnavailable(str(error))
            for key in list(self._questions):
                self._settle(key, said)
            self._gathered.clear()

    def _gather(self, key: str) -> None:
        first = not self._gathered
        self._gathered[key] = None
        self._last_arrival = time.monotonic()
        if first or len(self._gathered) >= self._settings.requests_per_file:
            self._wake.set()

    async def _due(self) -> None:
        """Wait until no request has come for a while, or as many as one file holds are there."""
        settings = self._settings
        while True:
            for key in list(self._gathered):
                # Nobody asks any more, or a batch under way will answer.
                if key not in self._questions or key in self._under_way or key in self._elsewhere:
                    del self._gathered[key]
            rest = self._last_arrival + settings.gather - time.monotonic()
            if len(self._gathered) >= settings.requests_per_file or (self._gathered and rest <= 0):
                return
            self._wake = anyio.Event()
            with anyio.move_on_after(rest if self._gathered else None):
                await self._wake.wait()

    async def _submit_gathered(self, group: TaskGroup) -> None:
        """One batch of what has gathered, without what other processes have asked meanwhile."""
        self._ledger.refresh()
        self._adopt(group)
        for key in list(self._gathered):
            if key in self._under_way or key in self._elsewhere:
                del self._gathered[key]
            elif (known := self._known(key)) is not None:
                self._settle(key, known)
        first = list(self._gathered)[: self._settings.requests_per_file]
        chosen = {key: self._questions[key] for key in first}
        lines = await anyio.to_thread.run_sync(self._lines, {key: one.request for key, one in chosen.items()})
        items = {key: Item(chosen[key].request.template, chosen[key].submission) for key in lines}
        for key in items:
            self._gathered.pop(key, None)
        if items:
            record, claim = await anyio.to_thread.run_sync(new_batch, self._folder, lines, items)
            self._begin(group, record, claim)

    def _lines(self, requests: Mapping[str, Request]) -> dict[str, bytes]:
        """As many requests as fit into one file, at least one."""
        lines: dict[str, bytes] = {}
        room = self._settings.bytes_per_file
        for key, request in requests.items():
            lines[key] = line(key, request, self._settings)
            room -= len(lines[key])
            if room < 0 and len(lines) > 1:
                del lines[key]
                break
        return lines

    def _adopt(self, group: TaskGroup) -> None:
        """Follow the batches of processes that are gone; learn what living ones await."""
        elsewhere: set[str] = set()
        for folder in batches(self._folder):
            if folder.name in self._followed:
                continue
            claim = claim_on(folder)
            taken = claim.take()
            # Read after the claim: whoever held it before may have gone on until then.
            record = read_batch(folder)
            if record is not None and taken:
                self._say(f"{named(record)}: goes on, {record.name or 'not known to be created'}")
                self._begin(group, record, claim)
            elif record is not None:
                elsewhere.update(record.items)
            elif taken:
                claim.release()
        self._elsewhere = elsewhere
        if (awaited := len(elsewhere & self._questions.keys())) and not self._told_elsewhere:
            self._say(f"waiting for {answers(awaited)} that another process has submitted in batch")
        self._told_elsewhere = bool(awaited)

    async def _watch(self, group: TaskGroup) -> None:
        """What other processes' batches have come to: in the ledger, or to be asked here after all."""
        while True:
            await anyio.sleep(self._settings.poll)
            before = self._elsewhere
            self._adopt(group)
            if before:
                self._ledger.refresh()
            for key in before & self._questions.keys():
                if (known := self._known(key)) is not None:
                    self._settle(key, known)
                elif key not in self._elsewhere and key not in self._under_way:
                    self._gather(key)

    def _begin(self, group: TaskGroup, record: BatchRecord, claim: Claim) -> None:
        self._followed.add(record.folder.name)
        self._under_way.update(record.items)
        group.start_soon(self._follow, record, claim)

    async def _follow(self, record: BatchRecord, claim: Claim) -> None:
        """One batch from its record to its last answer in the ledger."""
        with claim.held():
            try:
                ended = await self._course.ended(record)
                await self._recorded(ended, await self._delivered(ended))
            finally:
                self._under_way.difference_update(record.items)
                self._followed.discard(record.folder.name)

    async def _delivered(self, record: BatchRecord) -> dict[str, Reply]:
        """Give every request of an ended batch its outcome; the answers that somebody has been given.

        An answer that nobody awaits goes to the ledger. A request whose fault may pass is submitted again,
        where somebody awaits its answer and it has submissions left.
        """
        found: dict[str, Outcome] = {}
        strangers = 0
        if record.results.exists():
            read = partial(list[tuple[str, Outcome]], outcomes(record.results, self._service.gemini))
            for key, outcome in await anyio.to_thread.run_sync(read):
                strangers += key not in record.items
                found.setdefault(key, outcome)
        without = missing(self.model, record)
        answered = {key: one for key in record.items if isinstance(one := found.get(key), Reply)}
        self._answered += len(answered)
        alone = bool(answered) or (self._answered > 0 and succeeded(record))
        again = left = failed = 0
        for key, item in record.items.items():
            outcome, question = found.get(key, without), self._questions.get(key)
            if question is not None and not isinstance(outcome, Reply):
                question.unusable += getattr(outcome, "used", None) or Usage()
            if isinstance(outcome, PassingFault):
                if question is None:
                    left += 1
                    self._under_way.discard(key)
                    continue
                if item.submission < self._settings.submissions:
                    again += 1
                    self._again(key, item)
                    continue
                outcome = given_up(self.model, item, outcome, alone=alone)
            if not isinstance(outcome, Reply):
                failed += 1
                self._finished(key, outcome)
        awaited = {key: reply for key, reply in answered.items() if key in self._questions}
        for key, reply in awaited.items():
            self._finished(key, reply)
        await self._keep(record, {key: reply for key, reply in answered.items() if key not in awaited})
        counts = {
            "answered": len(answered),
            "of them for a later run": len(answered) - len(awaited),
            "to be submitted again": again,
            "failed for now, and nobody asks": left,
            "failed": failed,
            "lines of other requests": strangers,
        }
        self._say(f"{named(record)}: " + ", ".join(f"{n} {what}" for what, n in counts.items() if n))
        return awaited

    def _known(self, key: str) -> Reply | None:
        """The recorded answer."""
        return self._ledger.get(key, self._models)

    def _again(self, key: str, item: Item) -> None:
        """Gather a request once more."""
        self._under_way.discard(key)
        self._questions[key].submission = item.submission + 1
        self._gather(key)

    async def _keep(self, record: BatchRecord, replies: Mapping[str, Reply]) -> None:
        """Record answers that nobody awaits, for whoever asks later."""
        seconds = time.time() - record.created
        # Another process may have recorded some before it was killed.
        self._ledger.refresh()
        new = {key: reply for key, reply in replies.items() if self._known(key) is None}
        await in_order(
            [
                partial(self._ledger.append, key, record.items[key].template, self.model, reply, seconds)
                for key, reply in new.items()
            ]
        )
        for key, reply in replies.items():
            self._finished(key, replace(reply, recorded=True))

    async def _recorded(self, record: BatchRecord, awaited: Mapping[str, Reply]) -> None:
        """Forget a batch when its answers are recorded; those that were given to nobody any more, here."""
        rest = dict(awaited)
        try:
            while rest := {key: reply for key, reply in rest.items() if self._known(key) is None}:
                await anyio.sleep(_GLANCE)
        finally:
            with anyio.CancelScope(shield=True):
                await self._keep(record, rest)
                record.remove()

    def _finished(self, key: str, outcome: Outcome) -> None:
        self._under_way.discard(key)
        if key in self._questions:
            self._settle(key, outcome)
        elif isinstance(outcome, RequestFailed | RequestLost):
            self._failed[key] = outcome

    def _settle(self, key: str, outcome: Outcome) -> None:
        question = self._questions.pop(key)
        self._gathered.pop(key, None)
        question.outcome = outcome
        question.done.set()
