"""Answers from a recording, and from nowhere else."""

from __future__ import annotations

from simula.errors import RequestLost, TeacherUnavailable
from simula.teacher.ledger import Ledger
from simula.teacher.port import Reply, Request
from simula.teacher.recorded import key_of
from simula.teacher.settings import ReplayTeacher, models, options


class Replay:
    """Another teacher's recorded answers.

    A call that is not in the recording fails alone where others were found, as it failed when it was
    recorded; where none is found, this is another run's recording.
    """

    def __init__(self, settings: ReplayTeacher) -> None:
        """Read the ledger.

        Raises:
            TeacherUnavailable: there is no recording in the folder.
        """
        self.model = settings.model
        self._options = options(settings.of)
        self._models = models(settings.of)
        self._ledger = Ledger(settings.ledger)
        self._folder = settings.ledger
        self._found = False
        if not len(self._ledger):
            raise TeacherUnavailable(f"there is no recorded call in {settings.ledger} (teacher.ledger)")

    async def ask(self, request: Request) -> Reply:
        """The recorded answer to a request."""
        reply = self._ledger.get(key_of(request, self.model, self._options), self._models)
        if reply is not None:
            self._found = True
            return reply
        missing = f"{self._folder} holds no answer of {self.model} to this {request.template} request"
        if self._found:
            raise RequestLost(missing)
        raise TeacherUnavailable(
            f"{missing}, nor to any before it; "
            "teacher.of, the domain and the prompts must be those of the recording"
        )

    async def close(self) -> None:
        """Nothing is open."""
