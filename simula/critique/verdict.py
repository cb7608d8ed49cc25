"""What a critic said of a sample."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

from simula.errors import UnreadableReply
from simula.prompts import Asker, Tally, replies

Critic = Literal["requirements", "correct", "incorrect"]
Decision = Literal["yes", "no", "undecided"]


class Verdict(BaseModel):
    """One judgement; `undecided` where no readable reply came, which is never counted as a no."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    critic: Critic
    verdict: Decision
    explanation: str
    refinement: int = 0
    """How often the sample had been refined when it was judged."""
    model: str = ""
    """The teacher that was asked."""


async def judge(
    critic: Critic, values: Mapping[str, Any], asker: Asker, seed: int, refinement: int, tally: Tally
) -> Verdict:
    """Put one critic's question."""
    template = f"judge_{critic}"
    try:
        reply = await asker.ask(template, replies.judgement(), values, seed=seed, tally=tally)
    except UnreadableReply as error:
        verdict, explanation = "undecided", str(error)
    else:
        verdict, explanation = reply["verdict"], reply["explanation"]
    return Verdict(
        critic=critic,
        verdict=verdict,
        explanation=explanation,
        refinement=refinement,
        model=asker.teacher.model,
    )
