"""The double critic (Section 2.4): two independent calls against sycophancy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from simula.concurrency import in_order
from simula.critique.verdict import Critic, Decision, Verdict, judge
from simula.errors import RequestFailed, RequestLost, TeacherError
from simula.prompts import Asker, Tally


async def double_critic(
    example: Mapping[str, Any], asker: Asker, seed: int, refinement: int, tally: Tally
) -> tuple[Verdict, Verdict]:
    """ "Is it correct?" and "is it incorrect?", which never see each other.

    Raises:
        RequestFailed, RequestLost: one of them is refused or lost; the other is answered and counted all the
            same, so that what the pair cost does not depend on which came first.
    """

    async def answered(critic: Critic) -> Verdict | TeacherError:
        try:
            return await judge(critic, {"example": example}, asker, seed, refinement, tally)
        except (RequestFailed, RequestLost) as error:
            return error

    correct, incorrect = await in_order([partial(answered, "correct"), partial(answered, "incorrect")])
    for verdict in (correct, incorrect):
        if isinstance(verdict, TeacherError):
            raise verdict
    assert isinstance(correct, Verdict)
    assert isinstance(incorrect, Verdict)
    return correct, incorrect


Asked = Literal["correct", "incorrect", "double"]
"""Which critic: one of the two questions alone, or both together."""


@dataclass(frozen=True, slots=True)
class Judged:
    """What the double critic said of one answer, its two questions apart."""

    correct: Decision
    """To "is it correct?"."""
    incorrect: Decision
    """To "is it incorrect?"."""
    reason: str = ""
    """Why there is no answer, where the teacher refused the request; both are undecided then."""

    def accepts(self, critic: Asked) -> bool | None:
        """Whether a critic that asks this accepts the answer; None: undecided, which is neither."""
        said = {
            "correct": self.correct,
            "incorrect": _REVERSED[self.incorrect],
            "double": _both(self.correct, self.incorrect),
        }[critic]
        return None if said == "undecided" else said == "yes"


async def judge_doubly(example: Mapping[str, Any], asker: Asker, seed: int, tally: Tally) -> Judged:
    """The double critic's answers where nothing hangs on them but a measure: a refused request is undecided.

    Raises:
        RequestLost: faults that pass took every attempt of a call.
        TeacherUnavailable: no further call can succeed.
    """
    try:
        correct, incorrect = await double_critic(example, asker, seed, 0, tally)
    except RequestFailed as error:
        return Judged("undecided", "undecided", str(error))
    return Judged(correct.verdict, incorrect.verdict)


def decide(correct: Verdict, incorrect: Verdict) -> Decision:
    """Yes only on yes to the first and no to the second; undecided where either is."""
    return _both(correct.verdict, incorrect.verdict)


_REVERSED: Mapping[Decision, Decision] = {"yes": "no", "no": "yes", "undecided": "undecided"}


def _both(correct: Decision, incorrect: Decision) -> Decision:
    if "undecided" in (correct, incorrect):
        return "undecided"
    return "yes" if correct == "yes" and incorrect == "no" else "no"
