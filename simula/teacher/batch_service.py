"""Gemini's batch jobs on the wire: upload, create, find, look, download."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import anyio
from google.genai import errors, types

from simula.errors import TeacherUnavailable
from simula.teacher.faults import PassingFault
from simula.teacher.gemini import Gemini
from simula.teacher.repeats import Repeats
from simula.teacher.settings import GeminiBatchTeacher
from simula.teacher.waits import Waits, silent

T = TypeVar("T")
_PAGE = 100
"""Jobs listed at a time."""


class GoneError(Exception):
    """The service does not know a batch or a file, or no longer."""


@dataclass(frozen=True, slots=True)
class Job:
    """A batch as the service sees it."""

    state: str
    """In small letters: "pending", "running", "succeeded", "failed", "cancelled", "expired", …"""
    done: bool
    file: str
    """The file of results; empty where there is none."""


class BatchService:
    """The calls around a batch; each is repeated while its faults may pass."""

    def __init__(self, settings: GeminiBatchTeacher, say: Callable[[str], None] = silent) -> None:
        """Make the client; nothing is sent. `say` is told of long waits.

        Raises:
            TeacherUnavailable: the key is not set.
        """
        self.gemini = Gemini(settings)
        self._settings = settings
        self._waits = Waits(f"the batches of {settings.model}", say)

    async def upload(self, path: Path, display_name: str) -> str:
        """The service's name of an uploaded file."""

        async def send() -> str:
            config = types.UploadFileConfig(display_name=display_name, mime_type="application/jsonl")
            try:
                file = await self.gemini.client.aio.files.upload(file=path, config=config)
            except (KeyError, ValueError) as error:
                # What the client raises where the service answers out of protocol.
                raise PassingFault(self.gemini.boundary.clean(f"the upload broke off: {error}")) from None
            return _named(file.name)

        return await self._repeated(send)

    async def create(self, file: str, display_name: str, look_first: bool, busy: Callable[[], bool]) -> str:
        """The name of the batch of a file's requests, which is created once.

        An attempt that was not answered may have created it: it is looked for before the next one.

        Args:
            file: the uploaded file.
            display_name: the name that the batch gets from us.
            look_first: an attempt may have been made before.
            busy: whether other batches are under way, whose end makes room under the provider's limits.

        Raises:
            GoneError: the file is not there, or no longer.
        """
        client, doubtful = self.gemini.client.aio, look_first

        async def send() -> str:
            nonlocal doubtful
            if doubtful and (name := await self._find(display_name)):
                return name
            doubtful = True
            job = await client.batches.create(
                model=self.gemini.model,
                src=file,
                config=types.CreateBatchJobConfig(display_name=display_name),
            )
            return _named(job.name)

        while True:
            try:
                return await self._repeated(send)
            except TeacherUnavailable as error:
                # The last attempt's fault is its cause where attempts were used up.
                if not isinstance(last := error.__cause__, PassingFault) or not busy():
                    raise
                await anyio.sleep(max(self._settings.poll, last.wait))

    async def look(self, name: str) -> Job:
        """How far a batch is.

        Raises:
            GoneError: the service does not know it, or no longer.
        """
        job = await self._repeated(lambda: self.gemini.client.aio.batches.get(name=name))
        state = job.state.name.removeprefix("JOB_STATE_").lower() if job.state else "unspecified"
        return Job(state, job.done, (job.dest.file_name if job.dest else "") or "")

    async def download(self, file: str, path: Path) -> None:
        """Write a file of results to `path`, which appears once it is complete.

        Raises:
            GoneError: the service does not have the file, or no longer.
        """
        aside = path.with_suffix(".part")
        config = types.DownloadFileConfig(
            http_options=types.HttpOptions(timeout=round(self._settings.transfer_timeout * 1000))
        )

        async def fetch() -> None:
            await self.gemini.client.aio.files.download(file=file, destination=aside, config=config)

        await self._repeated(fetch)
        aside.replace(path)

    async def close(self) -> None:
        """Close the client's connections."""
        await self.gemini.close()

    async def _find(self, display_name: str) -> str:
        listed = await self.gemini.client.aio.batches.list(config=types.ListBatchJobsConfig(page_size=_PAGE))
        async for job in listed:
            if job.display_name == display_name:
                return _named(job.name)
        return ""

    async def _repeated(self, call: Callable[[], Awaitable[T]]) -> T:
        # Counted for each call by itself: one that stays unanswered is never lost alone, as a request is.
        repeats = Repeats(
            f"the batches of {self.gemini.model}",
            self._settings.attempts,
            self._settings.first_wait,
            self._waits,
        )
        return await repeats(self._once, call)

    async def _once(self, call: Callable[[], Awaitable[T]]) -> T:
        with self.gemini.translated():
            try:
                return await call()
            except errors.APIError as error:
                if error.code == 404:
                    raise GoneError(str(self.gemini.fault(error))) from None
                raise


def _named(name: str | None) -> str:
    if not name:
        raise PassingFault("the service named nothing")
    return name
