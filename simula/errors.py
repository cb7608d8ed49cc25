"""Every error that simula raises on purpose.

::

    SimulaError                     exit 1: one clear sentence
    ├── ConfigurationError          exit 2: every problem at once, before any work
    ├── ShortOfTarget               exit 3: stopped before the target; what was kept is stored
    │   └── BudgetSpent             the command's budget does not cover another call
    ├── StoreError                  an artifact is unreadable, or somebody else holds it too long
    ├── BenchmarkError              a benchmark's file is missing or is not what was expected
    ├── StudentError                weights missing, an empty data set, a template that cannot be used
    ├── TrackingError               W&B does not take what `simula track` sends; no stage ever raises it
    └── TeacherError
        ├── TeacherUnavailable      no call of this run can succeed (key, model, server): stop
        ├── RequestFailed           this one call failed for good (blocked, too long): the slot is refused
        ├── RequestLost             it was never answered, while others were: asked another day it may be
        └── UnreadableReply         the reply is not what the schema asks for, after repair and repeats
"""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any


class SimulaError(Exception):
    """The base of all; its text is one sentence for the user."""

    exit_code = 1


class ConfigurationError(SimulaError, ValueError):
    """The configuration cannot be used; `problems` holds one sentence each."""

    exit_code = 2

    def __init__(self, *problems: str) -> None:
        super().__init__(*problems)
        self.problems: Sequence[str] = problems

    def __str__(self) -> str:
        return "\n".join(self.problems)


class ShortOfTarget(SimulaError):
    """A stage ended before its target (candidate limit, budget); what it made is kept."""

    exit_code = 3


class BudgetSpent(ShortOfTarget):
    """The budget does not cover the next call; everything paid for is recorded."""


class StoreError(SimulaError):
    """An artifact in the store cannot be read, claimed or published."""


class BenchmarkError(SimulaError):
    """A benchmark's file is missing, incomplete, or not in the expected form."""


class TrackingError(SimulaError):
    """W&B's server is not there, refuses, or says what nobody understands."""


class StudentError(SimulaError):
    """A student cannot be loaded, trained or asked."""


class TeacherError(SimulaError):
    """A teacher call did not give a usable answer."""

    used: Any = None
    """What its attempts used, which is billed all the same (`teacher.port.Usage`); None: nothing."""


class TeacherUnavailable(TeacherError):
    """No call can succeed: wrong key, unknown model, server gone. The run stops."""


class RequestFailed(TeacherError):
    """This call failed for good; others may succeed. The slot is refused with this reason."""


class RequestLost(TeacherError):
    """Faults that pass took every attempt of this call: nothing is known of what the teacher would say.

    A data set's slot is refused with this reason; everything else ends, so that nothing is kept with a hole.
    """


class UnreadableReply(TeacherError):
    """The reply could not be read as its schema asks, after one repair and the allowed repeats."""


def unknown(name: str, among: list[str], what: str, listed: list[str] | None = None) -> str:
    """ "there is no … ; did you mean …?", with the nearest valid names; else with all, or those `listed`."""
    near = get_close_matches(name, among, n=3, cutoff=0.6)
    known = ", ".join(among if listed is None else listed) or "none"
    hint = f"did you mean {' or '.join(near)}?" if near else f"known: {known}"
    return f"there is no {what} '{name}'; {hint}"
