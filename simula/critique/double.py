"""The double critic (Section 2.4): two independent calls against sycophancy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from simula.concurrency import in_order
from simula.critique.verdict import Critic, Decision, Verdict, judge
from simula.errors import RequestFailed
from simula.prompts import Asker, Tally


async def double_critic(
    example: Mapping[str, Any], asker: Asker, seed: int, refinement: int, tally: Tally
) -> tuple[Verdict, Verdict]:
    """ "Is it correct?" and "is it incorrect?", which never see each other.

    Raises:
        RequestFailed: one of them is refused; the other is answered and counted all the same, so that what
            the pair cost does not depend on which came first.
    """

    async def answered(critic: Critic) -> Verdict | RequestFailed:
        try:
            return await judge(critic, {"example": example}, asker, seed, refinement, tally)
        except RequestFailed as error:
            return error

    correct, incorrect = await in_order([partial(answered, "correct"), partial(answered, "incorrect")])
    for verdict in (correct, incorrect):
        if isinstance(verdict, RequestFailed):
            raise verdict
    assert isinstance(correct, Verdict)
    assert isinstance(incorrect, Verdict)
    return correct, incorrect


def decide(correct: Verdict, incorrect: Verdict) -> Decision:
    """Yes only on yes to the first and no to the second; undecided where either is."""
    if "undecided" in (correct.verdict, incorrect.verdict):
        return "undecided"
    return "yes" if correct.verdict == "yes" and incorrect.verdict == "no" else "no"
