"""One batch from its record to its end, and what became of requests that its results do not tell of."""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import copy
from dataclasses import replace

import anyio
import anyio.to_thread

from simula.errors import RequestFailed, RequestLost, TeacherError, TeacherUnavailable
from simula.teacher.batch_records import BatchRecord, Item
from simula.teacher.batch_service import BatchService, GoneError
from simula.teacher.faults import PassingFault
from simula.teacher.port import Usage
from simula.teacher.settings import GeminiBatchTeacher

_FILE_LIFE = 46 * 3600.0
"""Seconds after which an uploaded file is uploaded again: the service keeps it for 48 hours."""
_SUCCEEDED = ("succeeded", "partially_succeeded")
_GONE = "gone"


class Course:
    """Takes batches to their end, from wherever their records say that they are."""

    def __init__(
        self,
        service: BatchService,
        settings: GeminiBatchTeacher,
        say: Callable[[str], None],
        busy: Callable[[], bool],
    ) -> None:
        """Prepare; nothing is sent.

        Args:
            service: the calls.
            settings: the teacher's.
            say: told, in a line, whenever a batch has come further.
            busy: whether more than one batch is under way.
        """
        self._service = service
        self._settings = settings
        self._say = say
        self._busy = busy

    async def ended(self, record: BatchRecord) -> BatchRecord:
        """The record when the service has done what it will, with its file of results, if there is one."""
        if record.state:
            return record
        try:
            if not record.name:
                record = await self._created(record)
            state = ""
            while True:
                job = await self._service.look(record.name)
                if job.state != state:
                    self._say(f"{named(record)}: {job.state}")
                    state = job.state
                if job.done:
                    break
                await anyio.sleep(self._settings.poll)
            if job.file:
                await self._service.download(job.file, record.results)
            return await _saved(replace(record, state=state))
        except GoneError as error:
            self._say(f"{named(record)}: the service does not know it any more ({error})")
            return await _saved(replace(record, state=_GONE))

    async def _created(self, record: BatchRecord) -> BatchRecord:
        """The record with the service's name of the batch."""
        # With a file on record, an earlier process may have told the service to create the batch.
        look_first = bool(record.file)
        if not record.file or time.time() - record.uploaded > _FILE_LIFE:
            file = await self._service.upload(record.requests, record.display_name)
            record = await _saved(replace(record, file=file, uploaded=round(time.time(), 3)))
        try:
            name = await self._service.create(record.file, record.display_name, look_first, self._busy)
        except GoneError as error:
            raise TeacherUnavailable(str(error)) from error
        record = await _saved(replace(record, name=name))
        self._say(f"{named(record)}: submitted as {name}")
        return record


async def _saved(record: BatchRecord) -> BatchRecord:
    """The record, made durable even where the run is being stopped."""
    with anyio.CancelScope(shield=True):
        await anyio.to_thread.run_sync(record.save)
    return record


def named(record: BatchRecord) -> str:
    """A batch, in words."""
    return f"batch {record.display_name} of {len(record.items)} requests"


def succeeded(record: BatchRecord) -> bool:
    """Whether the service came to the end of an ended batch."""
    return record.state in _SUCCEEDED


def its_own(error: Exception, used: Usage) -> Exception:
    """A request's failure with what it used: several may fail by one error."""
    failed = copy(error)
    if isinstance(failed, TeacherError):
        failed.used = used
    return failed


def missing(model: str, record: BatchRecord) -> Exception:
    """What became of a request that the results of an ended batch do not tell of."""
    if succeeded(record):
        return PassingFault(f"{record.name} ended without a result for it")
    if record.state in ("expired", _GONE):
        return PassingFault(f"{record.name} is {record.state}")
    return TeacherUnavailable(
        f"{named(record)} to {model} {record.state} ({record.name}); the provider's page of batches may say "
        "why. The same command submits again what was not answered; the teacher without _batch asks it online"
    )


def given_up(model: str, item: Item, fault: PassingFault, *, alone: bool) -> TeacherError:
    """A request without submissions left: its answer is empty, it is lost alone, or nothing is answered."""
    what = f"{model} gave no answer in {item.submission} submissions, at last: {fault}"
    if fault.empty:
        return RequestFailed(what)
    return RequestLost(what) if alone else TeacherUnavailable(f"{what}; the same command submits it again")
