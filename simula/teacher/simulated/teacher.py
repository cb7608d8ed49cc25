"""The simulated teacher as an adapter of the teacher port."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simula.errors import TeacherUnavailable
from simula.teacher.port import Reply, Request, Usage
from simula.teacher.simulated import author, examinee, imitator, judgement, placing, taxonomist
from simula.teacher.simulated.settings import SimulatedTeacher

Answer = Callable[[Request, SimulatedTeacher], dict[str, Any]]

_ANSWERS: Mapping[str, Answer] = {
    answer.__name__: answer
    for answer in (
        taxonomist.propose_factors,
        taxonomist.review_factors,
        taxonomist.propose_children,
        taxonomist.review_children,
        taxonomist.plan_level,
        taxonomist.write_strategies,
        author.write_scenarios,
        author.complexify,
        author.write_sample,
        author.refine,
        author.corrupt_answer,
        imitator.write_like,
        imitator.evolve,
        judgement.judge_requirements,
        judgement.judge_correct,
        judgement.judge_incorrect,
        judgement.score_complexity,
        placing.assign_node,
        examinee.answer_item,
    )
}

_TOKENS_PER_WORD = 1.3


@dataclass(frozen=True)
class Simulated:
    """Answers each request from the request alone; see `SimulatedTeacher` for its traits."""

    traits: SimulatedTeacher

    @cached_property
    def model(self) -> str:
        """The name of these traits."""
        return self.traits.model

    async def ask(self, request: Request) -> Reply:
        """Answer one request.

        Raises:
            TeacherUnavailable: it does not know this prompt, or the domain is not one of number tasks.
        """
        answer = _ANSWERS.get(request.template)
        if answer is None:
            raise TeacherUnavailable(
                f"the simulated teacher does not know the prompt {request.template!r}; "
                f"it knows: {', '.join(_ANSWERS)}"
            )
        text = json.dumps(answer(request, self.traits), ensure_ascii=False)
        words = text.split(" ")
        most = int(request.max_tokens / _TOKENS_PER_WORD)
        usage = Usage(prompt=_tokens(request.system) + _tokens(request.prompt), completion=_tokens(text))
        if len(words) > most:
            cut = " ".join(words[:most])
            return Reply(cut, self.model, "length", Usage(usage.prompt, completion=request.max_tokens))
        return Reply(text, self.model, "stop", usage)

    async def close(self) -> None:
        """Nothing to give back."""


def _tokens(text: str) -> int:
    """About how many tokens a text has."""
    return round(_TOKENS_PER_WORD * len(text.split()))
