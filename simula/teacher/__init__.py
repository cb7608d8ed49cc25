"""Who answers the mechanism's questions: one port, its adapters, and a ledger of what was answered."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from simula.teacher.budget import Budget, Budgeted, Spending
from simula.teacher.fake import ScriptedTeacher
from simula.teacher.ledger import Ledger, shared_ledger
from simula.teacher.limits import Limited
from simula.teacher.port import Reply, Request, Teacher, Usage
from simula.teacher.price import Price
from simula.teacher.recorded import Recorded
from simula.teacher.settings import (
    GeminiBatchTeacher,
    ReplayTeacher,
    TeacherSettings,
    models,
    options,
)
from simula.teacher.waits import silent

__all__ = [
    "Budget",
    "Ledger",
    "Limited",
    "Price",
    "Recorded",
    "Reply",
    "Request",
    "ScriptedTeacher",
    "Spending",
    "Teacher",
    "TeacherSettings",
    "Usage",
    "connect",
]


def connect(
    settings: TeacherSettings,
    ledger: Path,
    budget: Budget | None = None,
    spending: Spending | None = None,
    say: Callable[[str], None] = silent,
    run: str = "",
) -> Teacher:
    """The teacher that settings describe, recorded in the folder `ledger`; a replay records nothing.

    Args:
        settings: which teacher.
        ledger: what it answers is recorded here, and not paid again.
        budget: what may be paid for; None: no limit.
        spending: the command's account, that all of its teachers share.
        say: told, in a line, what a batch has come to, and what is waited for.
        run: a name under which answers are recorded apart: what other runs were answered is not found.
    """
    if isinstance(settings, ReplayTeacher):
        return settings.connect()
    recorded = shared_ledger(ledger)
    recorded.intents.say = say
    teacher = settings.over(recorded, say) if isinstance(settings, GeminiBatchTeacher) else settings.connect()
    if isinstance(teacher, Limited):
        teacher.traffic.waits.say = say
    if budget is not None and budget.limited:
        teacher = Budgeted(teacher, settings.price, budget, spending or Spending())
    decided = f"{options(settings)} run={run}" if run else options(settings)
    return Recorded(teacher, recorded, decided, models(settings))
