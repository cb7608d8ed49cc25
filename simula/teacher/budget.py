"""What one command may pay for: no call is begun that the rest of the budget would not cover."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from operator import ge, gt
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread

from simula.durable import own_name
from simula.errors import BudgetSpent, TeacherError
from simula.settings import Settings, incidental
from simula.teacher.paid import Amount, PaidFiles
from simula.teacher.port import Reply, Request, Teacher, Usage
from simula.teacher.price import Price

_CHARACTERS_A_TOKEN = 3
"""For the first call of a template only; a low number expects more than is likely."""


class Budget(Settings):
    """What one command may pay for now, over its cells, stages, teachers and embeddings behind a network;
    what is recorded costs nothing. The processes that one command starts share it.

    It decides when a run stops, never what is made: the same command with a larger budget goes on.
    """

    usd: float | None = incidental(None, ge=0)
    """US dollars by the teachers' price lists; null: no limit."""
    tokens: int | None = incidental(None, ge=0)
    """Tokens, read and written, those of answers that were unusable too; null: no limit."""
    calls: int | None = incidental(None, ge=0)
    """Calls begun; one that is sent again while its faults may pass is one, as providers bill the answer.
    0: recorded answers only; null: no limit."""

    @property
    def limited(self) -> bool:
        """Whether there is any limit."""
        return (self.usd, self.tokens, self.calls) != (None, None, None)

    def passed_by(self, amount: Amount, *, reached: bool = False) -> str:
        """The name of the first limit that `amount` is over, such as "usd"; empty where there is none.

        Args:
            amount: what is compared.
            reached: a limit that it equals counts too.
        """
        over = ge if reached else gt
        for name in ("usd", "tokens", "calls"):
            limit = getattr(self, name)
            if limit is not None and over(getattr(amount, name), limit):
                return name
        return ""

    def said(self, name: str) -> str:
        """One limit in words: "$5", "1,000,000 tokens"."""
        limit = getattr(self, name)
        return f"${limit:,.6g}" if name == "usd" else f"{limit:,} {name}"


@dataclass(slots=True)
class Spending:
    """The account of one command: what was paid, what is in flight, what a call of each kind costs.

    One object serves all cells that a process works through; it holds nothing of an event loop between
    them. A copy that is unpickled elsewhere belongs to the same command (`share`).
    """

    paid: Amount = field(default_factory=Amount)
    in_flight: Amount = field(default_factory=Amount)
    """The expected cost of the calls that were begun and are not answered."""
    others: Amount = field(default_factory=Amount)
    """What the other processes of the command had paid when they were last looked at."""
    command: str = field(default_factory=own_name)
    """A name for the command, the same in all of its processes."""
    _copied: bool = False
    """This is a process that the command has started."""
    _files: PaidFiles | None = None
    _known: dict[tuple[str, str], tuple[Amount, float]] = field(default_factory=dict)
    """Model and template to the sum of its answered calls, and of their sizes."""
    _waiting: deque[anyio.Event] = field(default_factory=deque)

    @classmethod
    def of_command(cls, command: str) -> Spending:
        """The account of a process that a command has started elsewhere."""
        return cls(command=command, _copied=True)

    def __getstate__(self) -> dict[str, Any]:
        said = {name: getattr(self, name) for name in self.__slots__}
        return said | {"_copied": True, "_files": None}

    def __setstate__(self, state: dict[str, Any]) -> None:
        for name, value in state.items():
            setattr(self, name, value)

    def share(self, folder: Path) -> None:
        """Tell the command's other processes what this one paid, and learn what they paid.

        They see each other's payments within about a second: together they may pass the budget by what they
        pay in that time and have in flight. Nothing is done where all cells run in one process.

        Args:
            folder: of the files of all commands.

        Raises:
            StoreError: the folder cannot be used.
        """
        if self._copied:
            self._files = self._files or PaidFiles(folder / self.command)
            self.others = self._files.exchange(self.paid)

    def expected(self, model: str, template: str, size: float = 1.0) -> Amount | None:
        """The mean cost of a call of this template so far; None before the first.

        Args:
            model: who is asked.
            template: the kind of call.
            size: what the cost of a call of this kind grows with, in any unit; 1 where calls are alike.
        """
        if (known := self._known.get((model, template))) is None:
            return None
        paid, sizes = known
        return Amount(1, paid.tokens * size / sizes, paid.usd * size / sizes)

    async def begin(
        self, budget: Budget, model: str, template: str, most: Callable[[], Amount], size: float = 1.0
    ) -> Amount:
        """Wait until a call may be begun; what it is expected to cost, for `settle`.

        What is over the budget waits for the calls in flight, which may turn out cheaper; they are
        answered and recorded before the command stops.

        Args:
            budget: what may be paid for.
            model: who is asked.
            template: the kind of call.
            most: what a call may cost of whose kind nothing is known yet.
            size: as in `expected`.

        Raises:
            BudgetSpent: nothing is in flight and what is left does not cover the call.
            StoreError: what the command's other processes paid cannot be seen.
        """
        while True:
            if self._files is not None and self._files.due():
                with anyio.CancelScope(shield=True):
                    self.others = await anyio.to_thread.run_sync(self._files.exchange, self.paid)
            measured = self.expected(model, template, size)
            expected = measured or most()
            paid = self.paid + self.others
            over = budget.passed_by(paid + self.in_flight + expected)
            if over and not self.in_flight.calls and measured is None:
                # Of a first call there is only a bound: alone it may go ahead if anything is left.
                over = budget.passed_by(paid, reached=True)
            if not over:
                self.in_flight += expected
                self._wake()
                return expected
            if not self.in_flight.calls:
                self._wake()
                others = f", and by the command's other processes {self.others}" if self.others.calls else ""
                raise BudgetSpent(
                    f"the budget of {budget.said(over)} does not cover the next call; paid for now and "
                    f"recorded: {self.paid}{others}; the same command with a larger budget.{over} goes on "
                    "from here"
                )
            await self._changed()

    def settle(self, expected: Amount, paid: Amount, model: str, template: str, size: float = 1.0) -> None:
        """A call that was begun is answered, or lost."""
        rest = self.in_flight - expected
        self.in_flight = rest if rest.calls else Amount()
        self.paid += paid
        if paid.calls and paid.tokens:
            before, sizes = self._known.get((model, template), (Amount(), 0.0))
            self._known[model, template] = before + paid, sizes + size
        self._wake()

    async def _changed(self) -> None:
        event = anyio.Event()
        self._waiting.append(event)
        try:
            await event.wait()
        except BaseException:
            if event in self._waiting:
                self._waiting.remove(event)
            else:
                self._wake()
            raise

    def _wake(self) -> None:
        """One waiting call looks again; where it may begin, it wakes the next."""
        if self._waiting:
            self._waiting.popleft().set()


class Budgeted:
    """A teacher that is asked as long as the budget lasts. It stands beneath the ledger."""

    def __init__(self, teacher: Teacher, price: Price, budget: Budget, spending: Spending) -> None:
        """Wrap `teacher`, whose calls cost `price`; `spending` is the whole command's."""
        self.model = teacher.model
        self._teacher = teacher
        self._price = price
        self._budget = budget
        self._spending = spending

    async def ask(self, request: Request) -> Reply:
        """The teacher's answer.

        Raises:
            BudgetSpent: the rest of the budget does not cover it; nothing was sent.
        """
        spending, template = self._spending, request.template
        expected = await spending.begin(
            self._budget, self.model, template, lambda: _most(request, self._price)
        )
        paid = Amount(calls=1)
        try:
            reply = await self._teacher.ask(request)
            # A batch may bring what another process paid for and recorded.
            paid = Amount() if reply.recorded else paid + self._cost(reply.usage)
            paid += self._cost(reply.unusable)
            return reply
        except TeacherError as error:
            paid += self._cost(error.used or Usage())
            raise
        finally:
            spending.settle(expected, paid, self.model, template)

    async def close(self) -> None:
        """Close the teacher."""
        await self._teacher.close()

    def _cost(self, usage: Usage) -> Amount:
        return Amount(0, usage.total, self._price.of(usage))


def _most(request: Request, price: Price) -> Amount:
    """An upper estimate of a call of which nothing is known yet: the longest reply."""
    prompt = (len(request.system) + len(request.prompt)) // _CHARACTERS_A_TOKEN
    usage = Usage(prompt=prompt, completion=request.max_tokens)
    return Amount(1, usage.total, price.of(usage))
